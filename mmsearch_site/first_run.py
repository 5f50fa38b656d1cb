"""What a site needs before it opens: tables, queues, somebody who may sign in, something to ask."""

import logging
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from mmsearch_site.embedded.roles import install_queues
from mmsearch_site.env import env_secret
from mmsearch_site.postgres import connection_string

log = logging.getLogger("mmsearch.first_run")

SAMPLE_FOLDER = "sample/library"
SAMPLE_CORPUS = "sample"
_LOADED = "sample-library-loaded"
_PREPARING = 0x6D6D736561726368  # the key of an advisory lock


def prepare_database() -> None:
    """Tables as the code wants them, and the queues when the broker lives in the database.

    Several processes may come at once: one works, the others wait for it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_PREPARING])
        try:
            require_vectors()
            call_command("migrate", verbosity=0, interactive=False)
            ensure_queues()
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_PREPARING])


def ensure_tables() -> None:
    """The embedded database gets what it lacks; for a server of somebody's own it is said.

    Raises:
        ImproperlyConfigured: the server of DATABASE_URL has not been migrated.
    """
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    if not settings.EMBEDDED_DATABASE:
        raise ImproperlyConfigured(
            "The database of DATABASE_URL lacks tables that this version needs. "
            "Run manage.py migrate."
        )
    prepare_database()


def ensure_queues() -> None:
    """PGMQ in the database, when it is the broker."""
    if settings.CELERY_BROKER_URL.startswith("pgmq"):
        dsn = connection_string(settings.DATABASES["default"])
        with psycopg.connect(dsn, autocommit=True) as own:
            install_queues(own)


def require_vectors() -> None:
    """A database without pgvector is refused with the remedy; one that has it on offer gets it."""
    with connection.cursor() as cursor:
        try:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS vector")
        except Exception as error:
            raise ImproperlyConfigured(
                f"The database of DATABASE_URL has no pgvector ({' '.join(str(error).split())}). "
                "As its superuser: CREATE EXTENSION vector."
            ) from error


def ensure_administrator() -> tuple[str, str] | None:
    """Name and new password of the first administrator; None when there is one already."""
    users = get_user_model()._default_manager
    if users.filter(is_superuser=True).exists():
        return None
    password = env_secret("MMSEARCH_ADMIN_PASSWORD") or secrets.token_urlsafe(12)
    name = "admin"
    users.create_superuser(username=name, email="", password=password)  # type: ignore[attr-defined]
    return name, password


def ensure_sample_corpus() -> None:
    """The public corpus that the sample library goes into; the administrator owns it."""
    from search.models import Corpus, Membership, Role

    corpus, created = Corpus.objects.get_or_create(
        slug=SAMPLE_CORPUS,
        defaults={
            "name": "Sample library",
            "description": "A few documents to try questions on. Remove it when you like.",
            "visibility": "public",
        },
    )
    owner = get_user_model().objects.filter(is_superuser=True).order_by("pk").first()
    if created and owner is not None:
        Membership.objects.create(corpus=corpus, user=owner, role=Role.OWNER)


def begin_sample_library(
    environment: Mapping[str, str], say: Callable[[str], None]
) -> subprocess.Popen[bytes] | None:
    """Put the sample library into the queue, once in the life of a data folder."""
    mark = settings.DATA_DIR / "run" / _LOADED
    folder = settings.BASE_DIR / SAMPLE_FOLDER
    if mark.exists() or not folder.is_dir():
        return None
    ensure_sample_corpus()
    connections.close_all()
    say("Loading the sample library in the background …")
    with (settings.DATA_DIR / "log" / "sample.log").open("ab") as book:
        return subprocess.Popen(  # noqa: S603
            [
                *(sys.executable, "manage.py", "ingest", str(folder)),
                *("--corpus", SAMPLE_CORPUS, "--create", "--json"),
            ],
            env=dict(environment),
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=book,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def note_sample_library(status: int, say: Callable[[str], None]) -> None:
    """Remember that the sample library was handed over, or say that some of it was not."""
    if status == 0:
        Path(settings.DATA_DIR / "run" / _LOADED).touch(mode=0o600)
        return
    say(
        f"The sample library was not loaded completely; the reasons are in "
        f"{settings.DATA_DIR / 'log' / 'sample.log'}. It is tried again at the next start."
    )
