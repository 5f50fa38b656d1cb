"""What a document says about itself: title, authors, date, identifiers, language."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import PurePosixPath

import idutils

from ingestion.parsers.cleaning import one_line

_DOI = re.compile(r"\b10\.\d{4,9}/[-._;()/:A-Za-z0-9]+[A-Za-z0-9]")
_ARXIV = re.compile(r"\barxiv\s*:\s*(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(v\d+)?", re.I)
_PROGRAM_TITLE = re.compile(
    r"^(microsoft (word|powerpoint|excel)\s*-.*|untitled.*|unbenannt.*|document\d*|dokument\d*|"
    r"presentation\d*|powerpoint[- ]pr[äe]sentation|slide \d+|folie \d+|title|titel|no title|"
    r"layout \d+|print|scan\w*|img_?\d+.*|binder\d+.*|full page fax print|adobe photoshop pdf|"
    r".*\.(docx?|pptx?|xlsx?|tex|dvi|ps|eps|indd|qxd|rtf|odt|pages|pdf|png|jpe?g|tiff?|html?))$",
    re.I,
)
_PDF_DATE = re.compile(r"^(?:D:)?(\d{4})(\d\d)?(\d\d)?")
_ISO_DATE = re.compile(r"\b(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?![\d])")
_WRITTEN_DATE = re.compile(
    r"\b(?:(?P<d1>\d{1,2})(?:st|nd|rd|th)?\.?\s+)?(?P<month>[A-Z][a-zä]{2,8})\.?,?\s+"
    r"(?:(?P<d2>\d{1,2})(?:st|nd|rd|th)?(?:\s?[-–]\s?\d{1,2})?,?\s+)?(?P<year>(?:19|20)\d\d)\b"
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar", "february feb februar", "march mar märz", "april apr",
            "may mai", "june jun juni", "july jul juli", "august aug", "september sep sept",
            "october oct oktober okt", "november nov", "december dec dezember dez",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MARKS = re.compile(r"[\d*∗†‡§¶#+⋆✝◦⊥♮♯♭∥|‖⁎]+|(?<=\w)\s[a-e](?=,|$)")
_NAME_WORD = re.compile(r"^[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’`´.-]*$")
_PARTICLES = frozenset(
    {"van", "von", "de", "der", "den", "del", "della", "da", "di", "la", "le", "du", "dos", "das"}
    | {"bin", "ibn", "al", "el", "ten", "ter"}
)
_NO_NAME = re.compile(
    r"universit|institut|department|school|college|laborator|research|center|centre|abstract|"
    r"introduction|corporation|inc\.|google|microsoft|gmbh|proceedings|journal|copyright|"
    r"conference|technology|science|@|http|www\.",
    re.I,
)
_SAMPLE = 6000


def find_doi(text: str) -> str:
    """The first DOI in the text, normalised; "" if there is none."""
    for match in _DOI.finditer(text):
        candidate = match.group(0)
        if candidate.count("(") < candidate.count(")"):
            candidate = candidate.rstrip(")")
        if idutils.is_doi(candidate):
            return str(idutils.normalize_doi(candidate)).lower()
    return ""


def find_arxiv(text: str) -> str:
    """The first arXiv number that announces itself ("arXiv:1706.03762v5"), without version."""
    match = _ARXIV.search(text)
    return match.group(1) if match else ""


def identifiers(text: str) -> tuple[str, str]:
    """(DOI, URL) of a paper from its first page; an arXiv paper has a DOI of its own."""
    doi, arxiv = find_doi(text), find_arxiv(text)
    if arxiv:
        return doi or f"10.48550/arxiv.{arxiv.lower()}", f"https://arxiv.org/abs/{arxiv}"
    return doi, f"https://doi.org/{doi}" if doi else ""


def title_from_name(filename: str) -> str:
    """The file name without its folder and ending, underscores as blanks."""
    name = PurePosixPath(filename.replace("\\", "/")).name
    stem = PurePosixPath(name).stem or name
    return one_line(stem.replace("_", " ")) or "Untitled"


def is_title(text: str) -> bool:
    """Whether somebody meant this as a title: not a program's default, a file name or a code."""
    title = one_line(text)
    if len(title) < 3 or len(title) > 400 or _PROGRAM_TITLE.match(title):
        return False
    letters = sum(character.isalpha() for character in title)
    code = " " not in title and any(c.isdigit() for c in title) and title.upper() == title
    return letters >= 3 and not code and letters >= len(title) / 3


def best_title(candidates: Iterable[str], filename: str) -> str:
    """The first candidate that is a title, else the file name."""
    titles = (one_line(candidate) for candidate in candidates)
    return next((title for title in titles if is_title(title)), title_from_name(filename))


def iso_date(text: str) -> str:
    """The first date in the text as 2009, 2009-06 or 2009-06-15; "" if none is plausible."""
    value = text.strip()
    bare = value.startswith("D:") or value.isdigit()
    match = _PDF_DATE.match(value) if bare else _ISO_DATE.search(value)
    written = "" if bare else written_date(value)
    if written or not match:
        return written
    return _dated(*(int(part) if part else 0 for part in match.groups()))


def written_date(text: str) -> str:
    """The first date with a month in words, as 2009-06 or 2009-06-15; "" if there is none."""
    for written in _WRITTEN_DATE.finditer(text):
        month = _MONTHS.get(written["month"].lower(), 0)
        if month:
            return _dated(int(written["year"]), month, int(written["d1"] or written["d2"] or 0))
    return ""


def _dated(year: int, month: int = 0, day: int = 0) -> str:
    if not 1400 <= year <= datetime.now(UTC).year + 1:
        return ""
    if not 1 <= month <= 12:
        return f"{year:04d}"
    try:
        return datetime(year, month, day, tzinfo=UTC).date().isoformat()
    except ValueError:
        return f"{year:04d}-{month:02d}"


def split_authors(text: str) -> tuple[str, ...]:
    """Names out of "A; B", "A, B and C" or "A and B"; one "Family, Given" stays one name."""
    value = one_line(text)
    if not value or re.fullmatch(
        r"(?i)(user|admin\w*|unknown|author|owner|root|windows.*|python-docx|openpyxl)", value
    ):
        return ()
    if ";" in value:
        names = value.split(";")
    else:
        names = re.split(r"\s+(?:and|und|et|&)\s+|\s&\s", value)
        comma = [part for name in names for part in name.split(",")]
        if len(names) > 1 or len(comma) > 2 or all(" " in part.strip() for part in comma):
            names = comma
    cleaned = (name.strip(" ,.") if len(name) > 3 else name.strip(" ,") for name in names)
    return tuple(dict.fromkeys(name for name in cleaned if len(name) > 1))


def authors_below_title(lines: Sequence[str]) -> tuple[str, ...]:
    """Names out of the printed lines that follow a title; stops where no names are."""
    found: list[str] = []
    carried = ""  # a name that goes on in the next line
    for line in lines[:10]:
        if _NO_NAME.search(line):
            break
        parts = re.split(r",|;|·|•|\band\b|&", f"{carried} {_MARKS.sub(' ', line)}")
        names = [one_line(part) for part in parts if one_line(part)]
        carried = names.pop() if len(names) > 1 and " " not in names[-1] else ""
        good = [name for name in names if _is_name(name)]
        if not good or len(good) < 0.6 * len(names):
            break
        found += good
    return tuple(dict.fromkeys(found))


def _is_name(text: str) -> bool:
    words = text.split()
    if not 2 <= len(words) <= 5:
        return False
    upper = [word for word in words if _NAME_WORD.match(word)]
    rest = [word for word in words if word not in upper]
    return len(upper) >= 2 and all(word.lower() in _PARTICLES for word in rest)


def detect_language(text: str) -> str:
    """ISO 639-1 code of the text's language; "" when it is too short or unclear."""
    sample = one_line(text[: 3 * _SAMPLE])[:_SAMPLE]
    letters = sum(unicodedata.category(character)[0] == "L" for character in sample)
    if letters < 20 or letters < 0.4 * len(sample):
        return ""
    code, sure = _identifier().classify(sample)
    return str(code) if sure > 0.8 else ""


@cache
def _identifier():  # type: ignore[no-untyped-def]
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([label for label in identifier.labels if len(label) == 2])
    return identifier
