"""Words of a text as search counts them: where they stand, and their stems."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

from search.generators.stopwords import STOPWORDS

_UNSPACED = r"\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(
    rf"\d+(?:[.,]\d+)*(?:st|nd|rd|th)?(?!\w)|[{_UNSPACED}]+|(?:(?![{_UNSPACED}])[^\W_])+"
)
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)$")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_LATIN_MARKS = re.compile("([A-Za-z])[\u0300-\u036f]+")
_SNOWBALL = {
    **{"ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek"},
    **{"en": "english", "es": "spanish", "eu": "basque", "fi": "finnish", "fr": "french"},
    **{"ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian"},
    **{"it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch", "no": "norwegian"},
    **{"pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish"},
    **{"ta": "tamil", "tr": "turkish", "yi": "yiddish"},
}


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a text: its place, and the stem under which it is counted."""

    start: int
    end: int
    stem: str


def terms(text: str, language: str = "en") -> list[Term]:
    """Every word of the text, in order. Scripts without spaces give pairs of characters."""
    found: list[Term] = []
    for match in _WORD.finditer(text):
        word = match.group()
        if _IS_UNSPACED.match(word):
            found += _pairs(word, match.start())
        else:
            found.append(Term(match.start(), match.end(), stem(word, language)))
    return found


def content_terms(text: str, language: str = "en") -> list[Term]:
    """The words that say what the text is about: without stop words and single letters."""
    silent = stopwords(language)
    return [
        term
        for term in terms(text, language)
        if (word := text[term.start : term.end].casefold()) not in silent
        and (len(word) > 1 or word.isdigit() or _IS_UNSPACED.match(word))
    ]


def stopwords(language: str) -> frozenset[str]:
    """The stop words of a language; English ones where we have no list."""
    return STOPWORDS.get(language, STOPWORDS["en"])


@lru_cache(maxsize=100_000)
def stem(word: str, language: str = "en") -> str:
    """The word's stem, in lower case, Latin letters without accents, as the index counts it.

    Numbers lose grouping commas and ordinal endings.
    """
    folded = unicodedata.normalize("NFKD", word.casefold())
    folded = unicodedata.normalize("NFC", _LATIN_MARKS.sub(r"\1", folded))
    if folded[0].isdigit():
        number = _ORDINAL.sub("", folded)
        return number.replace(",", "") if _GROUPED.fullmatch(number) else number
    stemmed: str = _stemmer(_SNOWBALL.get(language, "english")).stemWord(folded)
    return stemmed


def guess_language(text: str, among: Sequence[str] = tuple(STOPWORDS)) -> str:
    """The language whose stop words the text uses most; English when none stands out."""
    words = [match.group().casefold() for match in _WORD.finditer(text)]
    counts = {code: sum(w in STOPWORDS[code] for w in words) for code in among}
    best = max(counts, key=lambda code: (counts[code], code == "en"))
    return best if counts[best] > counts.get("en", 0) else "en"


def stems(found: Iterable[Term]) -> frozenset[str]:
    """The stems alone."""
    return frozenset(term.stem for term in found)


@lru_cache(maxsize=len(_SNOWBALL))
def _stemmer(name: str) -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer(name)


def _pairs(run: str, offset: int) -> list[Term]:
    if len(run) == 1:
        return [Term(offset, offset + 1, run)]
    return [
        Term(offset + at, offset + at + 2, run[at : at + 2].casefold())
        for at in range(len(run) - 1)
    ]
