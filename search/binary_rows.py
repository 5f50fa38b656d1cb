"""Rows that travel as bytes: Django's own cursors take megabytes as hexadecimal text.

And numbers that travel by the thousand.
"""

from collections.abc import Iterable, Mapping, Sequence
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


def array(numbers: Iterable[int]) -> str:
    """Whole numbers as PostgreSQL reads an array of them, for a parameter that is cast to one.

    A list would be quoted number by number, which takes five times as long.
    """
    return f"{{{','.join(map(str, numbers))}}}"
