"""Cut long text where sentences end, at most so many tokens each, at exact offsets."""

from collections.abc import Callable
from functools import lru_cache

from semantic_text_splitter import TextSplitter

CountTokens = Callable[[str], int]


def spans(text: str, *, count_tokens: CountTokens, capacity: int) -> list[tuple[int, int]]:
    """Start and end of each piece, in order, without overlap, each within ``capacity`` tokens.

    Pieces end at paragraph ends if they can, else at sentence ends, else between words.
    Whitespace between two pieces belongs to neither.
    """
    if not text.strip():
        return []
    if len(text) <= capacity:  # a token is at least one character
        return [_trimmed(text, 0, len(text))]
    splitter = _splitter(count_tokens, capacity)
    pieces = ((start, start + len(piece)) for start, piece in splitter.chunk_indices(text))
    return [_trimmed(text, start, end) for start, end in pieces if text[start:end].strip()]


@lru_cache(maxsize=4)
def _splitter(count_tokens: CountTokens, capacity: int) -> TextSplitter:
    return TextSplitter.from_callback(count_tokens, capacity, trim=True)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))
