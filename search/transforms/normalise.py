"""What a question is made of: phrases, operators, identifiers, times and dates."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import idutils

from search.transforms.base import NOTHING_KNOWN, Context, SubQuery, Transform

_UNSEEN = re.compile(r"[\u0000-\u0008\u000e-\u001f\u007f\u00ad\u200b\u2060\ufeff]")
_PHRASE = re.compile(r'"([^"]+)"|“([^”]+)”|„([^“”]+)[“”]|«\s*([^»]+?)\s*»')
_OPERATOR = re.compile(
    r"(?:(?<=\s)|^)(?P<sign>[+\-−])(?:\"(?P<phrase>[^\"]+)\"|(?P<word>[^\W\d_][\w\-]*))(?!\S)"
)
_TITLE = re.compile(r"(?<!\S)title:(?:\"(?P<phrase>[^\"]+)\"|(?P<word>[^\s\"]+))", re.IGNORECASE)

_MONTHS = (
    ("jan", "january"),
    ("feb", "february"),
    ("mar", "march"),
    ("apr", "april"),
    ("may", "may"),
    ("jun", "june"),
    ("jul", "july"),
    ("aug", "august"),
    ("sep", "september"),
    ("oct", "october"),
    ("nov", "november"),
    ("dec", "december"),
)
_MONTH_NUMBER = {name: place for place, names in enumerate(_MONTHS, start=1) for name in names}
_MONTH_NUMBER["sept"] = 9
_MONTH = "(?P<month>" + "|".join(sorted(_MONTH_NUMBER, key=len, reverse=True)) + r")\.?"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>1\d{3}|20\d{2})"

_ARXIV = r"(?:\d{4}\.\d{4,5}|[a-z\-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?"
_ISBN = r"(?:97[89][- ]?)?\d(?:[- ]?\d){8}[- ]?[\dxX]"
_NOON = r"(?:\s?[ap]\.?m\b\.?)"
_CLOCK = rf"(?<![\w:.])\d{{1,2}}:[0-5]\d(?::[0-5]\d)?(?:\.\d+)?{_NOON}?(?![\w:])"
_SPAN = r"\b\d+\s?min(?:utes?)?(?:\s(?:and\s)?\d+\s?s(?:ec(?:onds?)?)?)\b"
_PATTERNS = (  # in this order; what one has taken, the later ones do not see
    ("url", r"\bhttps?://[^\s<>\"]+"),
    ("doi", r"\b(?:doi:\s*)?10\.\d{4,9}/[^\s\"<>]+"),
    ("arxiv", rf"\barxiv:\s*{_ARXIV}"),
    ("arxiv", r"(?<![\w.])\d{4}\.\d{4,5}(?:v\d+)?(?![\w.]*\d)"),
    ("isbn", rf"\b(?:isbn(?:-1[03])?:?\s*)?{_ISBN}\b"),
    ("date", rf"(?<![\w\-]){_YEAR}-(?P<month>\d{{2}})-(?P<day>\d{{2}})(?![\w\-])"),
    ("date", rf"\b{_DAY}\s+(?:of\s+)?{_MONTH},?\s+{_YEAR}\b"),
    ("date", rf"\b{_MONTH}\s+{_DAY},?\s+{_YEAR}\b"),
    ("date", rf"\b{_MONTH}\s+{_YEAR}\b"),
    ("date", r"(?<![\w.,/\-$€£])(?:1[5-9]\d{2}|20\d{2})s?(?![\w%]|[.,/\-:]\w)"),
    ("time", rf"{_CLOCK}|\b\d{{1,2}}{_NOON}|{_SPAN}"),
    ("part", r"(?<![\w\-./])[a-z0-9]+(?:[\-./_][a-z0-9]+)*(?!\w)"),
)
_KINDS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _PATTERNS)
_TRAILING = ".,;:!?'\"”»"
_AMOUNT = re.compile(r"\d[\d.,]*[a-zµ]{1,6}|\d+(?:[A-Z]?Hz|[kKMGT]i?B|[kMG]?W|V|A|°?[CFK])")
_HEXADECIMAL = re.compile(r"0x[0-9a-f]{3,}", re.I)
_PLAIN_JOINED = re.compile(r"[A-Za-z]+[\-/]\d{1,2}|\d{1,2}[\-/][A-Za-z]+")  # "COVID-19" is a word


@dataclass(frozen=True, slots=True)
class Identifier:
    """Characters ``start:end`` of the text; ``value`` is the plain form: ISO date, bare DOI.

    ``kind``: "url", "doi", "arxiv", "isbn", "part", "date" or "time".
    """

    kind: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Understood:
    """A question and what was recognised in it. ``text`` keeps every word as it was typed.

    ``asked`` is the question without its operators and without what it excludes.
    """

    text: str
    asked: str = ""
    phrases: tuple[str, ...] = ()
    required: tuple[str, ...] = ()  # typed with a plus
    excluded: tuple[str, ...] = ()  # typed with a minus
    titles: tuple[str, ...] = ()  # typed after "title:"
    identifiers: tuple[Identifier, ...] = ()
    dates: tuple[Identifier, ...] = ()
    times: tuple[Identifier, ...] = ()


class Normalise(Transform):
    """The question in Unicode's composed form, without what cannot be seen."""

    name = "normalise"

    def apply(self, query_text: str, context: Context = NOTHING_KNOWN) -> tuple[SubQuery, ...]:
        return (SubQuery(plain(query_text)),)


def plain(text: str) -> str:
    """The text in form NFC, single spaces, without control and zero-width characters."""
    return " ".join(_UNSEEN.sub("", unicodedata.normalize("NFC", text)).split())


def understand(text: str) -> Understood:
    """What the question holds that is more than words."""
    text = plain(text)
    found = tuple(sorted(_identifiers(text), key=lambda one: one.start))
    free = _TITLE.sub(" ", _OPERATOR.sub(" ", text))
    phrases = (next(filter(None, match.groups())).strip() for match in _PHRASE.finditer(free))
    return Understood(
        text=text,
        asked=_asked(text),
        phrases=tuple(dict.fromkeys(phrase for phrase in phrases if phrase)),
        required=_operands(text, "+"),
        excluded=_operands(text, "-−"),
        titles=tuple(_operand(match) for match in _TITLE.finditer(text)),
        identifiers=tuple(one for one in found if one.kind not in {"date", "time"}),
        dates=tuple(one for one in found if one.kind == "date"),
        times=tuple(one for one in found if one.kind == "time"),
    )


def _operands(text: str, signs: str) -> tuple[str, ...]:
    matches = (match for match in _OPERATOR.finditer(text) if match["sign"] in signs)
    return tuple(_operand(match) for match in matches)


def _operand(match: re.Match[str]) -> str:
    return match["phrase"] or match["word"]


def _asked(text: str) -> str:
    """The words to look for."""
    text = _OPERATOR.sub(lambda m: _operand(m) if m["sign"] == "+" else "", text)
    return " ".join(_TITLE.sub(_operand, text).split())


def _identifiers(text: str) -> Iterator[Identifier]:
    free = text
    for kind, pattern in _KINDS:
        for match in pattern.finditer(free):
            end = match.start() + len(_trimmed(match.group()))
            value = _value(kind, match, text[match.start() : end])
            if not value:
                continue
            yield Identifier(kind, value, match.start(), end)
            free = f"{free[: match.start()]}{' ' * (end - match.start())}{free[end:]}"


def _trimmed(found: str) -> str:
    """Without the punctuation of the sentence, and without a bracket that was opened before."""
    while found and (
        found[-1] in _TRAILING or (found[-1] == ")" and found.count(")") > found.count("("))
    ):
        found = found[:-1]
    return found


def _value(kind: str, match: re.Match[str], found: str) -> str:
    """The plain form; empty when it is none of this kind after all."""
    match kind:
        case "doi":
            return str(idutils.normalize_doi(found)).lower() if idutils.is_doi(found) else ""
        case "arxiv":
            return re.sub(r"^arxiv:\s*", "", found, flags=re.I) if _is_arxiv(found) else ""
        case "isbn":
            number = re.sub(r"(?i)^isbn(?:-1[03])?:?|[\s\-]", "", found)
            return number.upper() if idutils.is_isbn(number) else ""
        case "date":
            return _iso(match, found)
        case "part":
            return found if _is_part(found) else ""
    return found


def _is_arxiv(found: str) -> bool:
    number = re.sub(r"^arxiv:\s*", "", found, flags=re.I)
    if number == found and not 1 <= int(found[2:4]) <= 12:  # bare: YYMM.number
        return False
    return bool(idutils.is_arxiv(f"arXiv:{number}"))


def _is_part(found: str) -> bool:
    """Letters and digits in one word, with a capital ("LM-317T", "RFC2616"), or a hexadecimal."""
    if _HEXADECIMAL.fullmatch(found):
        return True
    has_digit = any(sign.isdigit() for sign in found)
    has_capital = any(sign.isupper() for sign in found)
    if not has_digit or not has_capital or len(found) < 3:
        return False
    return not _AMOUNT.fullmatch(found) and not _PLAIN_JOINED.fullmatch(found)


def _iso(match: re.Match[str], found: str) -> str:
    """2023-05-01, 2023-05, 2023 or, for a decade, 1980s; empty for a day there cannot be."""
    parts = match.groupdict()
    if "year" not in parts:
        return found
    month = parts["month"]
    number = int(month) if month.isdigit() else _MONTH_NUMBER[month.lower()]
    day = int(parts.get("day") or 1)
    if not (1 <= number <= 12 and 1 <= day <= 31):
        return ""
    return f"{parts['year']}-{number:02}" + (f"-{day:02}" if parts.get("day") else "")
