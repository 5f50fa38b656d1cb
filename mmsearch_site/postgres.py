"""What the settings say about PostgreSQL: the embedded one, or the one DATABASE_URL names."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from django.core.exceptions import ImproperlyConfigured

from mmsearch_site.embedded.places import find_places
from mmsearch_site.embedded.roles import DATABASE, ROLE
from mmsearch_site.embedded.secrets import kept_secret

__all__ = ["connection_string", "database_settings", "database_url", "kept_secret", "pgmq_options"]

_EXAMPLE = "postgresql://user:password@host:5432/name"
_WEB_LIMITS_MS = {
    "statement_timeout": 15_000,
    "idle_in_transaction_session_timeout": 30_000,
    "lock_timeout": 5_000,
}


def database_settings(
    url: str, data_dir: Path, *, process: str = "command", threads: int = 16
) -> dict[str, Any]:
    """The ``DATABASES`` entry: from the URL, or of the embedded server when the URL is empty.

    The web process gets a pool and time limits; commands and workers hold one plain connection.
    """
    entry = _from_url(url) if url else _embedded(data_dir)
    options: dict[str, Any] = entry.setdefault("OPTIONS", {})
    options["prepare_threshold"] = None  # a kept plan would stay on the wrong route of a search
    options.setdefault("connect_timeout", 10)
    entry["CONN_HEALTH_CHECKS"] = True
    if process == "web":
        limits = " ".join(f"-c {name}={value}" for name, value in _WEB_LIMITS_MS.items())
        options["options"] = f"{options.get('options', '')} {limits}".strip()
        options["pool"] = {"min_size": 1, "max_size": threads, "timeout": 5, "max_idle": 300}
    else:
        entry["CONN_MAX_AGE"] = None
    return entry


def pgmq_options(database: dict[str, Any]) -> dict[str, Any]:
    """Celery's transport options for PGMQ in this database."""
    return {
        "init_extension": False,  # installed from SQL; there is no extension to create
        "conn_string": connection_string(database),
        "use_notify": True,
        "notify_throttle_interval_ms": 0,
        # A notice wakes an idle worker at once; a busy one looks again after this many seconds.
        "polling_interval": 0.1,
        "wait_time_seconds": 0,
        "visibility_timeout": 7200,  # longer than the longest task: no message is given out twice
        "pool_size": 3,
        "pool_timeout": 5,
    }


def connection_string(database: dict[str, Any]) -> str:
    """libpq's ``key=value`` form; the URI form is misread by PGMQ for sockets."""
    options = database.get("OPTIONS", {})
    pairs = {
        "host": database["HOST"],
        "port": database["PORT"] or 5432,
        "dbname": database["NAME"],
        "user": database["USER"],
        "password": database["PASSWORD"],
        **{key: value for key, value in options.items() if key.startswith("ssl")},
    }
    return " ".join(f"{key}={_quoted(str(value))}" for key, value in pairs.items() if value)


def database_url(database: dict[str, Any], name: str = "") -> str:
    """The ``DATABASE_URL`` that leads to this database (or to another one of the same server)."""
    user, password = quote(database["USER"], safe=""), quote(database["PASSWORD"], safe="")
    place = urlencode({"host": database["HOST"], "port": database["PORT"] or 5432})
    return f"postgresql://{user}:{password}@/{quote(name or database['NAME'], safe='')}?{place}"


def _quoted(value: str) -> str:
    if value.isalnum():
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _embedded(data_dir: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": DATABASE,
        "USER": ROLE,
        "PASSWORD": kept_secret(data_dir, "postgres-password"),
        "HOST": str(find_places(data_dir).socket),
        "PORT": "5432",
    }


def _from_url(url: str) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        port = str(parts.port or "")
    except ValueError as error:
        raise ImproperlyConfigured(f"DATABASE_URL: {error}. Write {_EXAMPLE}.") from error
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"DATABASE_URL begins with {parts.scheme!r}; MMSearch needs PostgreSQL. "
            f"Write {_EXAMPLE}."
        )
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = unquote(parts.hostname or "") or options.pop("host", "")
    entry = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": port or options.pop("port", ""),
        "OPTIONS": options,
    }
    missing = [name for name in ("NAME", "USER", "PASSWORD") if not entry[name]]
    if missing:
        raise ImproperlyConfigured(
            f"DATABASE_URL names no {missing[0].lower()}. Write {_EXAMPLE} "
            "(with % codes for special characters in the password)."
        )
    return entry
