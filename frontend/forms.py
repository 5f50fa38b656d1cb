"""Requests turned into queries, for the API and the pages alike."""

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, QueryDict

from frontend.asked_files import MEDIA, AskedFileError, read_files
from frontend.fields import (
    FieldError,
    InvalidQuery,
    Reading,
    date_text,
    identifier,
    json_of,
    list_of,
    mapping,
    number,
    one_of,
    shown,
    text_of,
    whole_number,
)
from search import planning, services
from search.errors import NotVisibleError
from search.models import Passage
from search.types import Asked, Box, Filters, Modality, Query, Viewer

__all__ = ["InvalidQuery", "goes_on", "query_from_request", "viewer_of"]

MAX_TEXT = 2_000  # characters of a question
MAX_DEPTH = 1_000  # how far a cursor may walk
DEFAULT_LIMIT = 10

# What forms and shared addresses call the fields; the API's own names work as well.
_SHORT_NAMES = {"text": "q", "corpora": "corpus"}
_LISTS = ("kind", "media_type", "author", "language", "document")
_MODALITIES = tuple(modality.value for modality in Modality)


def viewer_of(request: HttpRequest) -> Viewer:
    """Who asks: the signed-in person, or a stranger who sees what is public."""
    user = getattr(request, "user", None)
    return Viewer(user_id=user.pk) if user is not None and user.is_authenticated else Viewer()


def query_from_request(data: Mapping[str, Any], files: Mapping[str, Any], viewer: Viewer) -> Query:
    """The question in a JSON body, a multipart form or an address.

    Forms may carry lists as repeated fields or as JSON, objects as JSON, and short names: ``q``,
    ``corpus``, ``kind``, ``media_type``, ``author``, ``language``, ``document``, ``from``, ``to``.

    Raises:
        InvalidQuery: with sentences by field, and status 400, 413, 415 or 422.
        NotVisibleError: a corpus or passage that this viewer may not see.
    """
    reading = Reading(_flattened(data) if isinstance(data, QueryDict) else _checked_object(data))
    text = reading.take("text", text_of(MAX_TEXT), "")
    slugs = reading.take("corpora", list_of(text_of(100)), ())
    filters = _filters(reading)
    weights: dict[str, float] = reading.take("weights", _weights, {})
    recipe = reading.take("recipe", _recipe, "default")
    limit = reading.take("limit", whole_number(1, 100), DEFAULT_LIMIT)
    offset = reading.take("cursor", _offset, 0)
    if offset + limit > MAX_DEPTH:
        reading.refuse("cursor", f"Results end after {MAX_DEPTH:,}; narrow the question down.")
    passage = reading.take("passage", identifier, None)
    crop = _check_parts(reading, text, passage, files)
    if reading.errors:
        raise InvalidQuery(reading.errors)
    corpora = services.visible_corpora(viewer, slugs)
    _check_passage(passage, viewer)
    media, notes = _media(files, crop)
    return Query(
        text=text, corpora=corpora, filters=filters, weights=weights, recipe=recipe,
        k=limit, offset=offset, like_passage=passage, notes=notes, media=media,
    )  # fmt: skip


def goes_on(query: Query) -> bool:
    """Whether there may be a page after this one: lists end after a thousand hits."""
    return query.offset + 2 * query.k <= MAX_DEPTH


def _flattened(data: QueryDict) -> dict[str, Any]:
    """A form's fields in the shape of the JSON body."""
    values: dict[str, Any] = {name: data.get(name) for name in data}
    for name, short in _SHORT_NAMES.items():
        values[name] = values.get(name) or values.get(short)
    slugs = [slug for slug in data.getlist("corpora") or data.getlist("corpus") if slug]
    values["corpora"] = slugs if not (slugs and slugs[0].startswith("[")) else slugs[0]
    if not values.get("filters"):
        filters: dict[str, Any] = {
            name: [entry for entry in data.getlist(name) if entry] for name in _LISTS
        }
        filters["published"] = {"from": data.get("from"), "to": data.get("to")}
        values["filters"] = filters
    return values


def _checked_object(data: object) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise InvalidQuery({"query": [f"{shown(data)} is not an object with names and values."]})
    values = dict(data)
    for name in MEDIA:
        if values.get(name) and isinstance(values[name], str):
            sentence = "Files travel as multipart/form-data, not in JSON; send the query as a form."
            raise InvalidQuery({name: [sentence]}, 415)
    return values


def _filters(reading: Reading) -> Filters:
    names = (*_LISTS, "published")
    values: dict[str, Any] = reading.take("filters", lambda value: mapping(value, names), {})
    inner = Reading(values)
    since, until = inner.take("published", _published, ("", ""))
    filters = Filters(
        kind=inner.take("kind", list_of(one_of(_MODALITIES)), ()),
        media_type=inner.take("media_type", list_of(text_of(100)), ()),
        author=inner.take("author", list_of(text_of(200)), ()),
        language=inner.take("language", list_of(text_of(10)), ()),
        document=inner.take("document", list_of(identifier), ()),
        published_from=since,
        published_to=until,
    )
    for name, sentences in inner.errors.items():
        reading.errors[f"filters.{name}"] = sentences
    return filters


def _published(value: Any) -> tuple[str, str]:
    span = mapping(value, ("from", "to"))
    first, last = (date_text(span[edge]) if span.get(edge) else "" for edge in ("from", "to"))
    if first and last and first > last and not first.startswith(last):
        raise FieldError(f"{first} is after {last}; exchange the two.")
    return first, last


def _weights(value: Any) -> dict[str, float]:
    return {name: number(found, 0, 10) for name, found in mapping(value, _MODALITIES).items()}


def _recipe(value: Any) -> str:
    return one_of(planning.known_recipes())(value)


def _offset(value: Any) -> int:
    try:
        padded = str(value).encode("ascii") + b"=" * (-len(str(value)) % 4)
        word, _, reached = urlsafe_b64decode(padded).decode("ascii").partition(" ")
    except (ValueError, binascii.Error):
        word, reached = "", ""
    if word != "from" or not reached.isdigit() or len(reached) > 6:
        raise FieldError(f"{shown(value)} is not a cursor of ours; take it from an answer.")
    return int(reached)


def _crop(value: Any) -> Box:
    plain = isinstance(value, str) and not value.lstrip().startswith("[")
    parts = value.split(",") if plain else json_of(value)
    if not isinstance(parts, list | tuple) or len(parts) != 4:
        raise FieldError(f"{shown(value)} is not a crop; write x, y, width and height.")
    x, y, width, height = (number(part, 0, 1) for part in parts)
    if not width or not height or x + width > 1.000001 or y + height > 1.000001:
        raise FieldError(f"{shown(value)} leaves the picture; fractions count from the top left.")
    return x, y, width, height


def _check_parts(
    reading: Reading, text: str, passage: int | None, files: Mapping[str, Any]
) -> Box | None:
    """There must be something to search for; a crop, which is given back, needs its picture."""
    has_file = any(files.get(name) for name in MEDIA)
    if not reading.errors and not (text or passage or has_file):
        reading.refuse(
            "text",
            "Nothing to search for: give a text, a picture, a clip, a recording or a passage.",
        )
    crop: Box | None = reading.take("crop", _crop, None)
    if crop and not files.get("image"):
        reading.refuse("crop", "A crop needs its picture; send the picture as image.")
    return crop


def _check_passage(passage: int | None, viewer: Viewer) -> None:
    if passage and not Passage.objects.visible_to(viewer).filter(pk=passage).exists():
        raise NotVisibleError(f"There is no passage {passage} that you may see.")


def _media(files: Mapping[str, Any], crop: Box | None) -> tuple[tuple[Asked, ...], tuple[str, ...]]:
    try:
        return read_files(files, crop)
    except AskedFileError as error:
        raise InvalidQuery({error.field: [str(error)]}, error.status) from error
