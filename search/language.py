"""From text to what PostgreSQL counts as terms: one way for passages and for questions.

Only letters and digits reach the parser. PostgreSQL's own reading of punctuation would make one
term of "TCP/IP", drop "<0.05 and x>" as a tag, and depend on the locale of the server.
"""

import re
import unicodedata

# PostgreSQL's Snowball configurations by ISO 639-1; every other language is taken as it is.
_CONFIGURATIONS = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
CONFIGURATIONS = ("simple", *sorted(set(_CONFIGURATIONS.values())))
LONGEST_TEXT = 200_000  # characters of a passage that are counted; a tsvector ends at 1 MB

# Scripts written without spaces: Thai to Myanmar, Khmer, kana, Han, Hangul.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_UNSPACED += "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")
_ASCII_MARKS = re.compile("[\x00-/:-@\\[-`{-\x7f]+")
_BEYOND_ASCII = re.compile(r"[^\w\s]")
_LATIN_MARKS = re.compile("([A-Za-z])[\u0300-\u036f]+")


def configuration(language: str) -> str:
    """The text search configuration for an ISO 639-1 code, region ignored ("pt-BR")."""
    return _CONFIGURATIONS.get(re.split("[-_]", language.lower(), maxsplit=1)[0], "simple")


def storable(text: str) -> str:
    """The text with what PostgreSQL cannot keep replaced, character for character."""
    text = text.replace("\x00", "\ufffd")
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def fold(text: str) -> str:
    """The text as words apart by spaces: lower case, Latin letters without accents.

    Runs of a script without spaces become their characters and their pairs of neighbours.
    """
    text = unicodedata.normalize("NFKD", storable(text[:LONGEST_TEXT]))
    text = unicodedata.normalize("NFC", _LATIN_MARKS.sub(r"\1", text))
    text = _BEYOND_ASCII.sub(_mark_or_space, _ASCII_MARKS.sub(" ", text))
    return " ".join(_UNSPACED_RUN.sub(_with_pairs, text.lower()).split())


def _mark_or_space(match: re.Match[str]) -> str:
    """Vowel signs and the like belong to their word; everything else parts words."""
    return match[0] if unicodedata.category(match[0]) in {"Mn", "Mc"} else " "


def _with_pairs(match: re.Match[str]) -> str:
    run = match[0]
    pairs = [run[i : i + 2] for i in range(len(run) - 1)]
    return f" {' '.join([*run, *pairs])} "


def language_marker(name: str) -> str:
    """The row of TermFrequency that counts a corpus's passages of one configuration.

    The space keeps it apart from every term: a lexeme never begins with one.
    """
    return f" {name}"


LANGUAGE_MARKERS = tuple(language_marker(name) for name in CONFIGURATIONS)
