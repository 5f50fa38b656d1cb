"""Single values from outside, read strictly: each refusal names the value and the remedy."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from math import isfinite
from typing import Any

MAX_ID = 2**63 - 1
_DATE = re.compile(r"(\d{4})(-\d{2})?(-\d{2})?")
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


class FieldError(ValueError):
    """A sentence for whoever sent the value."""


class InvalidQuery(Exception):  # noqa: N818  the word the rooms agreed on
    """A query that cannot be asked like this, with sentences by field."""

    def __init__(self, errors: Mapping[str, Sequence[str]], status: int = 400) -> None:
        self.errors = {name: list(sentences) for name, sentences in errors.items()}
        self.status = status
        super().__init__(" ".join(sentence for found in self.errors.values() for sentence in found))


class Reading:
    """Values taken out of a request one by one; refusals are gathered by field."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self.errors: dict[str, list[str]] = {}

    def take[T, D](self, name: str, read: Callable[[Any], T], default: D) -> T | D:
        """The value of a field, or the default when it is absent, empty or refused."""
        value = self.values.get(name)
        if value is None or value in ("", [], {}):
            return default
        try:
            return read(value)
        except FieldError as error:
            self.refuse(name, str(error))
            return default

    def refuse(self, name: str, sentence: str) -> None:
        """Note what is wrong with a field."""
        self.errors.setdefault(name, []).append(sentence)


def shown(value: object) -> str:
    """The value as an error may repeat it: quoted, printable and short."""
    text = clean(value if isinstance(value, str) else repr(value))
    return repr(text if len(text) <= 80 else f"{text[:77]}…")


def clean(text: str) -> str:
    """The text without what a database cannot hold: NUL goes, lone surrogates are replaced; NFC."""
    safe = _NOT_TEXT.sub(lambda found: "" if found[0] == "\0" else "\ufffd", text)
    return unicodedata.normalize("NFC", safe)


def text_of(most: int) -> Callable[[Any], str]:
    """A reader of text with at most so many characters."""

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise FieldError(f"{shown(value)} is not text; write it in quotes.")
        found = clean(value).strip()
        if len(found) > most:
            raise FieldError(
                f"The text has {len(found):,} characters; shorten it to at most {most:,}."
            )
        return found

    return read


def identifier(value: Any) -> int:
    """A 63-bit id, from a string or a number."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_ID:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return identifier(int(value))
    raise FieldError(f"{shown(value)} is not an id; ids are positive whole numbers.")


def whole_number(least: int, most: int) -> Callable[[Any], int]:
    """A reader of whole numbers in a range."""

    def read(value: Any) -> int:
        number = value
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value.strip()):
            number = int(value)
        if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
            raise FieldError(f"{shown(value)} is not a whole number from {least} to {most}.")
        return number

    return read


def number(value: Any, least: float, most: float) -> float:
    """A finite number in a range."""
    try:
        found = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = float("nan")
    if not isfinite(found) or not least <= found <= most:
        raise FieldError(f"{shown(value)} is not a number from {least:g} to {most:g}.")
    return found


def list_of[T](read: Callable[[Any], T], *, most: int = 100) -> Callable[[Any], tuple[T, ...]]:
    """A reader of lists; one value alone is a list of one."""

    def read_all(value: Any) -> tuple[T, ...]:
        entries = value if isinstance(value, list | tuple) else [value]
        if len(entries) > most:
            raise FieldError(f"{len(entries)} values; name at most {most}.")
        return tuple(dict.fromkeys(read(entry) for entry in entries))

    return read_all


def one_of(words: Iterable[str]) -> Callable[[Any], str]:
    """A reader of words from a closed list."""
    known = tuple(words)

    def read(value: Any) -> str:
        if value not in known:
            raise FieldError(f"{shown(value)} is not known; write one of {', '.join(known)}.")
        return str(value)

    return read


def date_text(value: Any) -> str:
    """A year, a month or a day in ISO form, as it came."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    found = _DATE.fullmatch(text) if isinstance(text, str) else None
    if found:
        try:
            date.fromisoformat(f"{found[1]}{found[2] or '-01'}{found[3] or '-01'}")
        except ValueError:
            found = None
    if not found:
        raise FieldError(f"{shown(value)} is not a date; write 2009, 2009-06 or 2009-06-15.")
    return str(text)


def json_of(value: Any) -> Any:
    """A value that a form carries as JSON text; what is no text stays as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise FieldError(f"{shown(value)} is not JSON: {error}.") from error


def mapping(value: Any, known: Iterable[str]) -> dict[str, Any]:
    """An object whose names are all known."""
    found = json_of(value)
    if not isinstance(found, dict):
        raise FieldError(f"{shown(value)} is not an object with names and values.")
    names = tuple(known)
    for name in found:
        if name not in names:
            raise FieldError(f"{shown(name)} is not known here; write {', '.join(names)}.")
    return found
