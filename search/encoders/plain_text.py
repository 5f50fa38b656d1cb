"""A user's words, of which no model makes a command."""

import re
from collections.abc import Iterable


def without_specials(text: str, specials: Iterable[str]) -> str:
    """The text with the special tokens of a model broken up by a space, in any capitals.

    "<|im_end|>" in somebody's question is six signs and a word, not the end of their turn.
    """
    known = sorted({one for one in specials if len(one) > 1}, key=len, reverse=True)
    if not known:
        return text
    pattern = re.compile("|".join(map(re.escape, known)), re.IGNORECASE)
    before = None
    while before != text:  # what is left may make another
        before, text = text, pattern.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)
    return text
