"""PostgreSQL settings for a few statements."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import connection, transaction

# One core for each statement, and no compiling: a query is done before either pays.
ALONE = {"max_parallel_workers_per_gather": "0", "jit": "off"}


@contextmanager
def local_settings(**settings: str) -> Iterator[None]:
    """Settings that hold inside the block only, also when a transaction goes on around it.

    An error inside rolls back what the block did and leaves the surrounding transaction usable.
    """
    with transaction.atomic():
        before = _read(list(settings)) if connection.savepoint_ids else {}  # else commit forgets
        _write(settings)
        yield
        _write({name: value for name, value in before.items() if value is not None})
        for name in (name for name, value in before.items() if value is None):
            with connection.cursor() as cursor:  # an extension's, that was not loaded before
                cursor.execute(f"SET LOCAL {name} TO DEFAULT")


def _read(names: list[str]) -> dict[str, str | None]:
    with connection.cursor() as cursor:
        read = ", ".join(["current_setting(%s, true)"] * len(names))
        cursor.execute(f"SELECT {read}", names)
        return {name: value or None for name, value in zip(names, cursor.fetchone(), strict=True)}


def _write(settings: Mapping[str, str]) -> None:
    if not settings:
        return
    with connection.cursor() as cursor:
        change = ", ".join(["set_config(%s, %s, true)"] * len(settings))
        cursor.execute(f"SELECT {change}", [word for pair in settings.items() for word in pair])
