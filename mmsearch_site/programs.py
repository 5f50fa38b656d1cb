"""The programs of a site: worker and web server, with their arguments."""

import resource
import sys

from django.conf import settings

from mmsearch_site.child import Program
from mmsearch_site.env import child_environment

WEB_CONNECTIONS = 4000


def worker() -> Program:
    """The Celery worker, for both queues."""
    return Program(
        name="worker",
        command=[
            *(sys.executable, "-m", "celery", "-A", "mmsearch_site", "worker"),
            *("--queues", "cpu,gpu", "--pool", "prefork", "--hostname", "main@%h"),
            *("--concurrency", str(settings.WORKER_PROCESSES), "--loglevel", "INFO"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        environment=_environment("worker"),
        folder=settings.BASE_DIR,
        log=settings.DATA_DIR / "log" / "worker.log",
    )


def web_server() -> Program:
    """Granian: requests wait in it, not in a thread, until they have come in completely."""
    return Program(
        name="web server",
        command=[
            *(sys.executable, "-m", "granian", "--interface", "wsgi"),
            *("--host", settings.HOST, "--port", str(settings.PORT)),
            *("--workers", str(settings.WEB_PROCESSES), "--http", "1", "--no-ws"),
            *("--blocking-threads", str(settings.WEB_THREADS), "--backlog", "2048"),
            # Connections, idle ones too: with few, idle browsers would lock others out.
            *("--backpressure", str(WEB_CONNECTIONS)),
            *("--http1-header-read-timeout", "30000", "--respawn-failed-workers"),
            *("--workers-kill-timeout", "3", "--no-access-log", "mmsearch_site.wsgi:application"),
        ],
        environment=_environment("web"),
        folder=settings.BASE_DIR,
        log=settings.DATA_DIR / "log" / "web.log",
    )


def _environment(process: str) -> dict[str, str]:
    """Few heaps: glibc would give each thread its own, and none of them ever shrinks."""
    heaps = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "131072"}
    return child_environment(MMSEARCH_PROCESS=process, PYTHONUNBUFFERED="1", **heaps)


def allow_many_files() -> None:
    """Room for every connection, as far as this account may ask for it; children inherit it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = (
        4 * WEB_CONNECTIONS if most == resource.RLIM_INFINITY else min(4 * WEB_CONNECTIONS, most)
    )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
