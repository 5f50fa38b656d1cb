"""Lists by cursor: the next page begins where this one ended, whatever is added meanwhile."""

import re
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import Cursor, CursorPagination

from frontend.fields import FieldError, whole_number

_MOST = 100
_CURSOR = re.compile(r"[A-Za-z0-9+/_=-]{4,200}")


class ByCursor(CursorPagination):
    """``limit`` (1 to 100) and an opaque ``cursor`` from ``next`` or ``previous``.

    Orders by one column of whole numbers that no two rows of a list share.
    """

    page_size = 25
    page_size_query_param = "limit"
    max_page_size = _MOST
    ordering = "-id"

    def get_page_size(self, request: Any) -> int:
        """The ``limit`` of the address."""
        text = request.query_params.get("limit")
        if not text:
            return self.page_size
        try:
            return whole_number(1, _MOST)(text)
        except FieldError as error:
            raise ValidationError({"limit": [str(error)]}) from error

    def decode_cursor(self, request: Any) -> Cursor | None:
        """The cursor of the address; refused unless we made it."""
        text = request.query_params.get("cursor")
        if not text:
            return None
        if not _CURSOR.fullmatch(text):
            raise _not_ours()
        try:
            cursor = super().decode_cursor(request)
        except Exception as error:  # whatever a forged cursor does to its decoder
            raise _not_ours() from error
        if cursor is None or not _is_position(cursor.position):
            raise _not_ours()
        return cursor


class ByOrdinal(ByCursor):
    """Passages in the order of their document."""

    ordering = "ordinal"


def _is_position(position: Any) -> bool:
    if position is None:
        return True
    text = str(position)
    return text.isascii() and text.isdigit() and len(text) < 20


def _not_ours() -> ValidationError:
    return ValidationError({"cursor": ["Not a cursor of ours; take it from next or previous."]})
