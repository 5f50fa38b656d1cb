"""The one door through which text enters: what cannot be stored or shown is dropped."""

import re
import unicodedata

_NEWLINES = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17)
)
# Controls but tab and newline; lone surrogates; noncharacters; invisible marks that reorder or
# hide text (bidirectional overrides, zero width space, word joiner, BOM, soft hyphen, tags).
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff"
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    f"\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff{_NONCHARACTERS}]"
)
_LONGEST_WORD = 1000
_LONG_WORD = re.compile(rf"(\w{{{_LONGEST_WORD}}})(?=\w)")
_COMBINING = {"¨": "\u0308", "´": "\u0301", "ˆ": "\u0302", "˜": "\u0303", "˚": "\u030a"}
_ACCENT = re.compile(r"([¨´ˆ˜˚])(?: (?=[ıȷ]))?([A-Za-zıȷ])")
_SPACES = re.compile(r"[^\S\n]+")


def clean_text(text: str) -> str:
    """Text that is safe to store and to show, in Unicode form NFC.

    NUL and other controls, lone surrogates and characters that hide or reorder text are dropped;
    every line break becomes a newline; a word of more than 1,000 letters is broken. Applying it
    twice changes nothing.
    """
    clean = unicodedata.normalize("NFC", _UNWANTED.sub("", _NEWLINES.sub("\n", text)))
    if any(len(word) > _LONGEST_WORD for word in clean.split()):
        return _LONG_WORD.sub(r"\1 ", clean)
    return clean


def one_line(text: str) -> str:
    """Clean text with every run of white space as one blank."""
    return " ".join(clean_text(text).split())


def tidy_lines(text: str) -> str:
    """Clean text that keeps its line breaks; runs of blanks inside a line become one."""
    lines = (_SPACES.sub(" ", line).strip() for line in clean_text(text).split("\n"))
    return "\n".join(lines).strip("\n")


def shown(filename: str) -> str:
    """A file name that fits into a sentence: one line, at most 80 characters."""
    name = one_line(filename) or "The file"
    return name if len(name) <= 80 else f"{name[:50]}…{name[-25:]}"


def with_accents(text: str) -> str:
    """Accents that TeX prints before their letters, put on them: "na¨ıve" is naïve."""
    return _ACCENT.sub(_put_on, text)


def _put_on(match: re.Match[str]) -> str:
    letter = {"ı": "i", "ȷ": "j"}.get(match[2], match[2])
    whole = unicodedata.normalize("NFC", letter + _COMBINING[match[1]])
    return whole if len(whole) == 1 else match[0]
