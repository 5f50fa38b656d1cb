"""Start-up checks: what settings name can be imported and fits together."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError, connection

from search import planning, registry
from search.conf import conf
from search.errors import SearchError

OLDEST_POSTGRESQL = 16_00_00
OLDEST_PGVECTOR = (0, 8)


@register("search")
def check_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Aliases are known, classes import, recipes are made of what exists."""
    try:
        conf()
        planning.known_recipes()
    except (SearchError, KeyError, TypeError, ValueError) as error:
        return [Error(f"settings.MMSEARCH cannot work: {error}", id="search.E001")]
    # What is chosen; the rest is on offer.
    wanted = {("encoder", alias) for alias in (conf().text_encoder, *conf().spaces)}
    wanted.add(("transcriber", conf().transcriber))
    return [
        Warning(state.detail, hint=state.remedy or None, id="search.W001", obj=state.alias)
        for state in registry.describe_models()
        if not state.present and (state.kind, state.alias) in wanted
    ]


@register(Tags.database)
def check_database(databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """PostgreSQL and pgvector are recent enough."""
    if not databases or "default" not in databases:
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version_num')::int, "
                "(SELECT default_version FROM pg_available_extensions WHERE name = 'vector')"
            )
            server, vector = cursor.fetchone()
    except DatabaseError as error:
        return [Error(f"The database does not answer: {error}", id="search.E002")]
    return [*_old_server(server), *_old_vector(vector)]


def _old_server(version: int) -> list[CheckMessage]:
    if version >= OLDEST_POSTGRESQL:
        return []
    hint = "Use PostgreSQL 16 or newer, or the embedded one."
    return [Error(f"PostgreSQL is {version // 10_000}.", hint=hint, id="search.E003")]


def _old_vector(version: str | None) -> list[CheckMessage]:
    if version and tuple(int(part) for part in version.split(".")[:2]) >= OLDEST_PGVECTOR:
        return []
    hint = "Install pgvector 0.8 or newer on the database server."
    return [Error(f"The extension vector is {version or 'missing'}.", hint=hint, id="search.E004")]
