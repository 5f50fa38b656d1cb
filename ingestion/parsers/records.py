"""References: BibTeX, CSL-JSON and RIS. Each record becomes one readable block."""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import bibtexparser
from bibtexparser.middlewares import LatexDecodingMiddleware

from ingestion.errors import IngestError
from ingestion.parsers import metadata
from ingestion.parsers.base import Parser, capped, read_bytes
from ingestion.parsers.cleaning import one_line, shown
from ingestion.parsers.text import decode
from ingestion.types import Block, Limits, Parsed, ParseRequest

_RIS_LINE = re.compile(r"^([A-Z][A-Z0-9])  -\s?(.*)$")
_BRACES = re.compile(r"[{}]")


@dataclass(frozen=True, slots=True)
class Reference:
    """One record, whatever its format."""

    key: str = ""
    authors: tuple[str, ...] = ()
    year: str = ""
    title: str = ""
    venue: str = ""
    doi: str = ""
    url: str = ""
    abstract: str = ""
    keywords: str = ""

    def block(self) -> Block:
        """ "Authors (year). Title. Venue. doi", then abstract and keywords."""
        people = "; ".join(self.authors)
        head = f"{people} ({self.year})" if self.year else people
        where = f"doi:{self.doi}" if self.doi else self.url
        parts = (part.strip().rstrip(".") for part in (head, self.title, self.venue, where))
        lines = [". ".join(filter(None, parts))]
        lines += [self.abstract] if self.abstract else []
        lines += [f"Keywords: {self.keywords}"] if self.keywords else []
        return Block("\n".join(lines), kind="record", section=self.key)


class RecordsParser(Parser):
    """A reference list; its title is the file name, since it has many titles."""

    accepts = frozenset(
        {
            "application/x-bibtex",
            "application/x-research-info-systems",
            "application/vnd.citationstyles.csl+json",
        }
    )

    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        """One block of kind ``record`` for each reference.

        Raises:
            IngestError: no record can be read.
        """
        text = decode(read_bytes(request, limits))
        notices: list[str] = []
        readers = {
            "application/x-bibtex": _bibtex,
            "application/x-research-info-systems": _ris,
            "application/vnd.citationstyles.csl+json": _csl,
        }
        found = readers[request.media_type](text, notices)
        blocks = capped((reference.block() for reference in found), limits, notices)
        if not blocks:
            raise IngestError(f"{shown(request.filename)} holds no reference that can be read.")
        return Parsed(
            media_type=request.media_type,
            title=metadata.title_from_name(request.filename),
            blocks=blocks,
            language=metadata.detect_language("\n".join(block.text for block in blocks[:50])),
            notices=tuple(notices),
        )


def _bibtex(text: str, notices: list[str]) -> Iterator[Reference]:
    logging.getLogger("bibtexparser").setLevel(logging.ERROR)
    library = bibtexparser.parse_string(text, append_middleware=[LatexDecodingMiddleware()])
    if library.failed_blocks:
        notices.append(f"{len(library.failed_blocks)} records are broken and were left out.")
    for entry in library.entries:
        fields = {key.lower(): _plain(field.value) for key, field in entry.fields_dict.items()}
        yield Reference(
            key=entry.key,
            authors=_bibtex_names(fields.get("author") or fields.get("editor", "")),
            year=metadata.iso_date(fields.get("year") or fields.get("date", ""))[:4],
            title=fields.get("title", ""),
            venue=_first(fields, "journal", "journaltitle", "booktitle", "publisher", "school",
                         "institution", "howpublished"),
            doi=metadata.find_doi(fields.get("doi", "")),
            url=fields.get("url", ""),
            abstract=fields.get("abstract", ""),
            keywords=fields.get("keywords", ""),
        )  # fmt: skip


def _plain(value: object) -> str:
    return one_line(_BRACES.sub("", str(value)))


def _bibtex_names(text: str) -> tuple[str, ...]:
    names = []
    for name in re.split(r"\s+and\s+", text):
        family, comma, given = name.partition(",")
        names.append(f"{given.strip()} {family.strip()}" if comma else name.strip())
    return tuple(name for name in names if name)


def _first(fields: Mapping[str, str], *names: str) -> str:
    return next((fields[name] for name in names if fields.get(name)), "")


def _ris(text: str, notices: list[str]) -> Iterator[Reference]:
    fields: dict[str, list[str]] = {}
    last = ""
    for line in text.splitlines():
        match = _RIS_LINE.match(line)
        if match is None:
            if last and line.strip():
                fields[last][-1] += f" {line.strip()}"
            continue
        last, value = match.groups()
        if last == "ER":
            yield _ris_reference(fields)
            fields, last = {}, ""
            continue
        fields.setdefault(last, []).append(one_line(value))
    if fields.keys() - {"TY"}:
        notices.append("The last record has no end; what is there was kept.")
        yield _ris_reference(fields)


def _ris_reference(fields: dict[str, list[str]]) -> Reference:
    one = {key: values[0] for key, values in fields.items()}
    names = fields.get("AU") or fields.get("A1") or []
    return Reference(
        key=one.get("ID", ""),
        authors=tuple(" ".join(reversed(name.split(", ", 1))) for name in names),
        year=metadata.iso_date(_first(one, "PY", "Y1", "DA"))[:4],
        title=_first(one, "TI", "T1", "CT"),
        venue=_first(one, "JO", "JF", "T2", "BT", "PB"),
        doi=metadata.find_doi(one.get("DO", "")),
        url=one.get("UR", ""),
        abstract=_first(one, "AB", "N2"),
        keywords="; ".join(fields.get("KW", [])),
    )


def _csl(text: str, notices: list[str]) -> Iterator[Reference]:
    try:
        loaded = json.loads(text)
    except ValueError as error:
        raise IngestError(f"The reference list is no valid JSON ({error}).") from error
    items = loaded if isinstance(loaded, list) else loaded.get("items", [loaded])
    for item in items:
        if not isinstance(item, dict):
            notices.append("An entry that is no reference was left out.")
            continue
        yield Reference(
            key=str(item.get("id", "")),
            authors=_csl_names(item.get("author") or item.get("editor")),
            year=_csl_year(item.get("issued")),
            title=_plain(item.get("title", "")),
            venue=_plain(item.get("container-title") or item.get("publisher") or ""),
            doi=metadata.find_doi(str(item.get("DOI", ""))),
            url=_plain(item.get("URL", "")),
            abstract=_plain(item.get("abstract", "")),
            keywords=_plain(item.get("keyword", "")),
        )


def _csl_names(people: object) -> tuple[str, ...]:
    names = []
    for person in people if isinstance(people, list) else []:
        if isinstance(person, dict):
            parts = (person.get("given"), person.get("non-dropping-particle"), person.get("family"))
            names.append(person.get("literal") or " ".join(str(part) for part in parts if part))
    return tuple(one_line(str(name)) for name in names if name)


def _csl_year(issued: object) -> str:
    if not isinstance(issued, dict):
        return ""
    parts = issued.get("date-parts")
    if isinstance(parts, list) and parts and isinstance(parts[0], list) and parts[0]:
        return metadata.iso_date(str(parts[0][0]))[:4]
    return metadata.iso_date(str(issued.get("raw") or issued.get("literal") or ""))[:4]
