"""What bodies may look like on their way in and out."""

import codecs
import json
from typing import Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import NotAcceptable, ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer

from ingestion.errors import TooLargeError


class StrictJSONParser(BaseParser):
    """JSON of a bounded size; a mistake is answered with its line and column."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """The value in the body."""
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(most + 1)
        if len(body) > most:
            raise TooLargeError(
                f"A JSON body may have {most:,} bytes; send files as multipart/form-data."
            )
        try:
            return json.loads(codecs.decode(body, "utf-8-sig"), parse_constant=_no_constant)
        except UnicodeDecodeError as error:
            raise ParseError(
                f"The body is not UTF-8: byte {error.start} cannot be read."
            ) from error
        except json.JSONDecodeError as error:
            raise ParseError(
                f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
            ) from error
        except RecursionError as error:
            raise ParseError("The body is nested too deeply to be read.") from error
        except ValueError as error:
            raise ParseError(f"The body is not JSON: {error}") from error


class EventStreamRenderer(BaseRenderer):
    """Lets ``Accept: text/event-stream`` choose the stream; the stream renders itself."""

    media_type = "text/event-stream"
    format = "events"
    charset = "utf-8"

    def render(self, data: Any, media_type: Any = None, renderer_context: Any = None) -> bytes:
        """JSON, for a view that answers without a stream after all."""
        return JSONRenderer().render(data)


class ForgivingNegotiation(DefaultContentNegotiation):
    """JSON for whoever asks for something we do not speak."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        """The renderer and media type that fit ``Accept`` best."""
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except NotAcceptable:
            return renderers[0], renderers[0].media_type


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number.")
