"""PostgreSQL settings for a few statements."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

# One core for each statement, and no compiling: a query is done before either pays.
ALONE = {"max_parallel_workers_per_gather": "0", "jit": "off"}


@contextmanager
def local_settings(**settings: str) -> Iterator[None]:
    """Settings that hold inside the block only, also when a transaction goes on around it.

    An error inside rolls back what the block did and leaves the surrounding transaction usable.
    """
    names = list(settings)
    change = f"SELECT {', '.join(['set_config(%s, %s, true)'] * len(names))}"
    with transaction.atomic():
        before = _read(names) if connection.savepoint_ids else {}  # else the commit forgets them
        with connection.cursor() as cursor:
            cursor.execute(change, [word for pair in settings.items() for word in pair])
        yield
        if before:
            with connection.cursor() as cursor:
                cursor.execute(change, [word for pair in before.items() for word in pair])


def _read(names: list[str]) -> dict[str, str]:
    with connection.cursor() as cursor:
        read = ", ".join(["current_setting(%s, true)"] * len(names))
        cursor.execute(f"SELECT {read}", names)
        return {name: value or "" for name, value in zip(names, cursor.fetchone(), strict=True)}
