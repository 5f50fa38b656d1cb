"""Does everything work here? The checks of ``doctor``, ``/healthz`` and ``/readyz``."""

import logging
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from kombu.exceptions import OperationalError

from mmsearch_site.plugins import media_slots
from mmsearch_site.pulse import living_workers

log = logging.getLogger("mmsearch.health")

QUEUES = frozenset({"cpu", "gpu"})


@dataclass(frozen=True)
class Check:
    """One finding. What is required must be ok before the site is; the rest only degrades it."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    required: bool = True


def run_checks() -> list[Check]:
    """Every finding, never an exception; the last one names what is degraded."""
    found: list[Check] = []
    for name, look, required in _CHECKS:
        found += [replace(check, required=required) for check in _guarded(name, look)]
    return [*found, _degraded(found)]


def is_healthy(checks: list[Check]) -> bool:
    """Whether everything that is required works."""
    return all(check.ok for check in checks if check.required)


def report(checks: list[Check]) -> dict[str, Any]:
    """``{"ok", "checks"}`` as the command and the HTTP interface give it."""
    return {"ok": is_healthy(checks), "checks": [asdict(check) for check in checks]}


def _guarded(name: str, look: Callable[[], Iterator[Check]]) -> list[Check]:
    try:
        return list(look())
    except Exception as error:
        log.debug("The check %s failed.", name, exc_info=True)
        reason = " ".join(str(error).split()) or type(error).__name__
        return [Check(name, False, reason, "See the log of the process that answered.")]


def _database() -> Iterator[Check]:
    where = "embedded" if settings.EMBEDDED_DATABASE else "named by DATABASE_URL"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            version = cursor.fetchone()[0]
    except Exception as error:
        reason = " ".join(str(error).split())
        remedy = (
            "Start MMSearch with make up; the database's log is under the data folder in "
            "postgres/log."
            if settings.EMBEDDED_DATABASE
            else "Start that server, or correct DATABASE_URL."
        )
        yield Check("database", False, f"PostgreSQL ({where}) does not answer: {reason}", remedy)
        return
    number = int(version.split(".")[0])
    remedy = "" if number >= 16 else "Use PostgreSQL 16 or newer."
    yield Check("database", number >= 16, f"PostgreSQL {version}, {where}", remedy)


def _extensions() -> Iterator[Check]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        row = cursor.fetchone()
    version = row[0] if row else ""
    ok = bool(row) and tuple(int(part) for part in version.split(".")[:2]) >= (0, 8)
    detail = f"pgvector {version}" if row else "pgvector is not installed in this database"
    remedy = "" if ok else "As a superuser: CREATE EXTENSION vector (0.8 or newer)."
    yield Check("extensions", ok, detail, remedy)


def _migrations() -> Iterator[Check]:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        first = f"{waiting[0][0].app_label}.{waiting[0][0].name}"
        yield Check(
            "migrations", False, f"{len(waiting)} not applied, from {first}", "manage.py migrate"
        )
        return
    yield Check("migrations", True, "all applied")


def _broker() -> Iterator[Check]:
    url = settings.CELERY_BROKER_URL
    if url.startswith("pgmq"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regnamespace('pgmq') IS NOT NULL")
            (installed,) = cursor.fetchone()
        detail = "PGMQ in the database" if installed else "PGMQ is not installed in the database"
        yield Check("broker", installed, detail, "" if installed else "Start with make up.")
        return
    from mmsearch_site.celery import app

    with app.connection_for_write() as broker:
        kind = broker.transport.driver_type
        try:
            broker.ensure_connection(max_retries=1, timeout=3)
        except (OperationalError, *broker.connection_errors) as error:
            remedy = "Start that server, or correct CELERY_BROKER_URL."
            yield Check("broker", False, f"{kind} does not answer: {error}", remedy)
            return
    yield Check("broker", True, f"{kind} answers")


def _workers() -> Iterator[Check]:
    workers = living_workers()
    unserved = QUEUES - frozenset().union(*(worker.queues for worker in workers))
    names = ", ".join(f"{w.name} ({', '.join(sorted(w.queues))})" for w in workers) or "none"
    remedy = (
        f"Nobody serves the queue {' and '.join(sorted(unserved))}: start make up, or "
        ".venv/bin/celery -A mmsearch_site worker -Q cpu,gpu."
        if unserved
        else ""
    )
    yield Check("workers", not unserved, f"{len(workers)} alive: {names}", remedy)


def _models() -> Iterator[Check]:
    """Each model, and in one line those that lack the same thing."""
    lacking: dict[tuple[str, str, str], list[str]] = {}
    for model in import_module("search.registry").describe_models():
        if model.kind == "transcriber":
            continue  # has a line of its own
        if model.present:
            yield Check(f"{model.kind} {model.alias}", True, model.detail)
        else:
            lacking.setdefault((model.kind, model.detail, model.remedy), []).append(model.alias)
    for (kind, detail, remedy), aliases in lacking.items():
        yield Check(f"{kind} {', '.join(aliases)}", False, detail, remedy)


def _seeing() -> Iterator[Check]:
    """Which encoders that look or listen are named; what works without them."""
    named = settings.MMSEARCH["MEDIA_SPACES"]
    unset = {a: slot for a, slot in media_slots().items() if a not in named}
    if "unified" in named or "towers" in named:
        unset = {}
    if not unset:
        yield Check("looking and listening", True, f"encoders: {', '.join(named)}")
        return
    lacking = "; ".join(f"{use} ({setting})" for setting, use in unset.values())
    yield Check(
        "looking and listening",
        False,
        f"no encoder finds {lacking}. Photos, crops and clips of what is in the library are known "
        "again by their details, and the words in pictures are read.",
        "manage.py model fetch NAME, or model import FILE without a network, then name the folder "
        "in that setting and run manage.py build_space (docs/models.md).",
    )


def _hearing() -> Iterator[Check]:
    """Whether recordings without subtitles are written down; what works without a model."""
    name = "speech recognition"
    alias = settings.MMSEARCH["TRANSCRIBER"]
    kept = "Subtitles beside a recording, or inside it, are read without a model."
    fetch = "manage.py model fetch NAME, or model import FILE without a network"
    later = "manage.py transcribe for what is there already (docs/models.md)."
    if not alias:
        remedy = f"{fetch}; then name the folder in MMSEARCH_SPEECH_MODEL, and run {later}"
        detail = f"no speech model is set: what is said without subtitles is not found. {kept}"
        yield Check(name, False, detail, remedy)
        return
    model = import_module("search.registry").describe_model("TRANSCRIBERS", alias)
    if model.present:
        yield Check(name, True, model.detail)
        return
    detail = f"{model.detail} What is said without subtitles is not found. {kept}"
    remedy = f"{fetch}, or correct MMSEARCH_SPEECH_MODEL; then run {later}"
    yield Check(name, False, detail, remedy)


def _language_model() -> Iterator[Check]:
    url, model = settings.MMSEARCH["LLM"]["URL"], settings.MMSEARCH["LLM"]["MODEL"]
    if not url:
        yield Check(
            "language model",
            False,
            "none is set: answers quote the best passages instead of being written",
            "Set MMSEARCH_LLM_URL and MMSEARCH_LLM_MODEL to an OpenAI-style server.",
        )
        return
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    try:
        socket.create_connection(address, timeout=2).close()
    except OSError as error:
        yield Check(
            "language model",
            False,
            f"{model} at {parts.hostname} does not answer ({error}): answers are quoted",
            "Start that server, or correct MMSEARCH_LLM_URL.",
        )
        return
    yield Check("language model", True, f"{model} at {parts.hostname}:{address[1]} answers")


def _ocr() -> Iterator[Check]:
    name = import_module("ingestion.media.ocr").ocr_engine()
    if name:
        yield Check("text recognition", True, str(name))
        return
    yield Check(
        "text recognition",
        False,
        "none: words inside scans and pictures are not found",
        "Install tesseract-ocr, or pip install rapidocr.",
    )


def _sandbox() -> Iterator[Check]:
    layers = list(import_module("ingestion.sandbox.layers").active_layers())
    ok = bool(layers)
    detail = f"parsers are confined by {', '.join(layers)}" if ok else "parsers are not confined"
    remedy = "" if ok else "Run on Linux 5.13 or newer, where Landlock and seccomp are available."
    yield Check("sandbox", ok, detail, remedy)


def _disk() -> Iterator[Check]:
    usage = shutil.disk_usage(settings.DATA_DIR)
    least = settings.MIN_FREE_BYTES
    ok = usage.free >= least
    detail = f"{usage.free / 1e9:.1f} GB free of {usage.total / 1e9:.1f} GB for the data folder"
    remedy = (
        ""
        if ok
        else f"Free space: below {least / 1e9:.1f} GB (MMSEARCH_MIN_FREE_MB) no upload is accepted."
    )
    yield Check("disk", ok, detail, remedy)


def _cache() -> Iterator[Check]:
    rates = import_module("search.cache").hit_rates()
    here = ", ".join(f"{layer} {hits} of {asked}" for layer, (hits, asked) in rates.items())
    hits, asked = import_module("search.models").Search.objects.found_in_memory(days=7)
    detail = f"in this process {here}; results of the last 7 days {hits} of {asked}"
    yield Check("found in memory", True, detail)


def _degraded(found: list[Check]) -> Check:
    missing = [check for check in found if not check.ok and not check.required]
    if not missing:
        return Check("degraded", True, "nothing", required=False)
    detail = "; ".join(f"{check.name}: {check.detail}" for check in missing)
    return Check("degraded", False, detail, "See the remedies above.", required=False)


_CHECKS: tuple[tuple[str, Callable[[], Iterator[Check]], bool], ...] = (
    ("database", _database, True),
    ("extensions", _extensions, True),
    ("migrations", _migrations, True),
    ("broker", _broker, True),
    ("workers", _workers, True),
    ("models", _models, False),
    ("looking and listening", _seeing, False),
    ("speech recognition", _hearing, False),
    ("language model", _language_model, False),
    ("text recognition", _ocr, False),
    ("sandbox", _sandbox, False),
    ("found in memory", _cache, False),
    ("disk", _disk, True),
)
