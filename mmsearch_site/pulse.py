"""The pulse of a worker: seen by everybody in the database, and what rings for forgotten jobs.

A worker holds one connection whose application name says which queues it serves, and uses it every
few seconds. So the living workers can be counted from any process and any machine: a worker that
dies disappears with its connection, one that hangs falls silent.
"""

import logging
import os
import socket
import threading
from dataclasses import dataclass

import psycopg
from celery import current_app
from django.conf import settings
from django.db import close_old_connections, connection

from mmsearch_site.postgres import connection_string

log = logging.getLogger("mmsearch.pulse")

BEAT_S = 5.0
SILENT_S = 25.0
SWEEP_EVERY_BEATS = 2
SWEEP_TASK = "ingestion.tasks.sweep"
_NAME = "mmsearch-worker"


@dataclass(frozen=True)
class LivingWorker:
    """A worker process that gave a sign of life lately."""

    name: str
    queues: frozenset[str]


def living_workers() -> list[LivingWorker]:
    """The workers of this database, on whatever machine."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT application_name FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name LIKE %s AND state_change > now() - %s * interval '1 second'"
            " ORDER BY application_name",
            [f"{_NAME}|%", SILENT_S],
        )
        names = [row[0].split("|") for row in cursor.fetchall()]
    return [LivingWorker(parts[-1], frozenset(parts[1].split(","))) for parts in names]


class Pulse(threading.Thread):
    """Beats until stopped; a database that is away for a while is waited for."""

    def __init__(self, queues: list[str]) -> None:
        super().__init__(name="pulse", daemon=True)
        place = f"{socket.gethostname()[:24]}:{os.getpid()}"
        self.queues = frozenset(queues)
        self._application = f"{_NAME}|{','.join(queues)}|{place}"[:63]
        self._stopped = threading.Event()
        self._connection: psycopg.Connection | None = None

    def run(self) -> None:
        beats = 0
        while not self._stopped.is_set():
            self._beat()
            if beats % SWEEP_EVERY_BEATS == 0:
                self._sweep()
            beats += 1
            self._stopped.wait(BEAT_S)

    def stop(self) -> None:
        self._stopped.set()
        if self._connection is not None:
            self._connection.close()

    def _beat(self) -> None:
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(
                    connection_string(settings.DATABASES["default"]),
                    application_name=self._application,
                    autocommit=True,
                    connect_timeout=5,
                )
            self._connection.execute("SELECT 1")
        except psycopg.Error as error:
            self._connection = None
            log.warning("The database does not answer the worker's pulse: %s", error)

    def _sweep(self) -> None:
        task = current_app.tasks.get(SWEEP_TASK)
        if task is None:
            return
        try:
            close_old_connections()
            task()
        except Exception:
            log.exception("Looking for forgotten jobs failed; tried again in a moment.")
        finally:
            connection.close()
