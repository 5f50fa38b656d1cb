"""Rows that travel as bytes: Django's own cursors take megabytes as hexadecimal text."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection


def fetch_binary(
    statement: str, values: Mapping[str, object] | Sequence[object]
) -> list[tuple[Any, ...]]:
    """All rows of a statement, on Django's connection and in its transaction."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, values, binary=True, prepare=False)
        return cursor.fetchall()
