"""Words from outside as one plain line."""

import unicodedata

_KEPT_FORMATS = {"\u200c", "\u200d"}  # joiners that scripts and emoji need
_DROPPED = {"Cc", "Cf", "Cs", "Cn"}


def plain_line(text: str) -> str:
    """Unicode form NFC, white space as single blanks, without controls and invisible marks."""
    blanks = "".join(" " if letter.isspace() else letter for letter in text)
    kept = "".join(
        letter
        for letter in unicodedata.normalize("NFC", blanks)
        if letter in _KEPT_FORMATS or unicodedata.category(letter) not in _DROPPED
    )
    return " ".join(kept.split())
