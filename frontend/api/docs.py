"""The schema, and a page to read it on: rendered here, no script, nothing from elsewhere."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer2, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView

_ERRORS = (
    (400, "The request cannot be read as it is; `errors` says which field and why."),
    (401, "Not signed in, or the token is unknown, expired or revoked."),
    (403, "Signed in, and not allowed: ask an owner of the corpus for another role."),
    (404, "Not there, or not for you to see: the two look the same."),
    (405, "This address does not know that method."),
    (409, "It does not fit the state of things: a slug that is taken, a corpus without an owner."),
    (413, "Too large; send less at a time."),
    (415, "Not a format that is read here, or not a kind of body that this address takes."),
    (422, "Well-formed and unusable: a picture that does not decode, an empty file."),
    (429, "Too many requests; try again after `Retry-After` seconds."),
    (500, "A fault on our side; the server's log has the details."),
    (503, "A part is down; try again after `Retry-After` seconds."),
    (507, "The disk is nearly full; nothing was stored."),
)
_METHODS = ("get", "post", "put", "patch", "delete")
_DEPTH = 3


class SchemaView(SpectacularAPIView):
    """OpenAPI 3.1: JSON, or YAML for `Accept: application/vnd.oai.openapi`."""

    renderer_classes = [OpenApiJsonRenderer2, OpenApiYamlRenderer]
    authentication_classes = ()

    @extend_schema(operation_id="readSchema", summary="This schema", responses={200: dict})
    def get(self, request: Any, *args: object, **options: object) -> Any:
        """The OpenAPI document of this API."""
        return super().get(request, *args, **options)


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Every operation with its fields and answers, on one page."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    subjects: dict[str, list[dict[str, Any]]] = {}
    for operation in _operations(schema):
        subjects.setdefault(operation["subject"], []).append(operation)
    page = {
        "info": schema["info"],
        "schema_url": reverse("api:schema"),
        "subjects": subjects,
        "bodies": _bodies(schema),
        "errors": _ERRORS,
    }
    return render(request, "api/docs.html", page)


def _operations(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path, methods in schema["paths"].items():
        for method in _METHODS:
            if found := methods.get(method):
                yield {
                    "id": found["operationId"],
                    "subject": found["tags"][0],
                    "method": method.upper(),
                    "path": path,
                    "summary": found.get("summary", ""),
                    "description": _plain(found),
                    "parameters": found.get("parameters", []),
                    "accepts": list(_contents(found.get("requestBody", {}))),
                    "answers": _answers(found),
                }


def _answers(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """What comes back; statuses with the same body stand together."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for status, response in operation["responses"].items():
        contents = list(_contents(response)) or [{"media_type": "", "body": "", "word": ""}]
        for content in contents:
            same = found.setdefault(
                (content["media_type"], content["body"]),
                {"statuses": [], "description": _plain(response), **content},
            )
            same["statuses"].append(status)
    return list(found.values())


def _contents(holder: dict[str, Any]) -> Iterator[dict[str, str]]:
    for media_type, content in holder.get("content", {}).items():
        schema = content["schema"]
        yield {"media_type": media_type, "body": _name(schema), "word": _word(schema)}


def _bodies(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The named bodies with their fields."""
    found = []
    for name, body in schema["components"]["schemas"].items():
        required = body.get("required", ())
        fields = [
            {
                "name": field,
                "word": _word(shape),
                "body": _name(shape),
                "required": field in required,
                "note": _plain(shape),
            }
            for field, shape in body.get("properties", {}).items()
        ]
        found.append({"name": name, "note": _plain(body), "fields": fields,
                      "values": body.get("enum", ())})  # fmt: skip
    return found


def _plain(described: dict[str, Any]) -> str:
    """A description without the marks of Markdown."""
    return str(described.get("description", "")).replace("`", "")


def _name(shape: dict[str, Any]) -> str:
    """The named body that a shape is, holds or lists; "" if none."""
    inner = shape
    for _ in range(_DEPTH):
        if "$ref" in inner:
            return str(inner["$ref"]).rpartition("/")[2]
        inner = _inside(inner)
    return ""


def _inside(shape: dict[str, Any]) -> dict[str, Any]:
    options = [one for key in ("oneOf", "anyOf", "allOf") for one in shape.get(key, ())]
    extra = shape.get("additionalProperties")
    for inner in (shape.get("items"), extra, *options):
        if isinstance(inner, dict) and inner != {"type": "null"}:
            return inner
    return {}


def _word(shape: dict[str, Any]) -> str:
    """A shape in words: "list of text"."""
    kind = shape.get("type", "")
    if isinstance(kind, list):
        return " or ".join(_word({**shape, "type": one}) for one in kind)
    if kind == "array":
        return f"list of {_word(shape.get('items', {}))}"
    if shape.get("enum"):
        return " | ".join(str(value) for value in shape["enum"])
    words = {"string": "text", "integer": "whole number", "boolean": "true or false"}
    if shape.get("format") == "binary":
        return "file"
    return words.get(kind, kind) or _name(shape) or "any"
