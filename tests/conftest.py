"""What all tests share: the database, a worker, a browser."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, sync_playwright
from psycopg import sql

from mmsearch_site.embedded.cluster import Cluster
from mmsearch_site.embedded.lease import running
from mmsearch_site.embedded.roles import install_queues
from mmsearch_site.env import child_environment
from mmsearch_site.postgres import database_url
from tests.people import ada, bob, carol, private_corpus, public_corpus  # noqa: F401
from tests.settings import CLUSTER_DIR, TEST_DATABASE

QUICK = {"fsync": "off", "synchronous_commit": "off", "max_connections": "200"}


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The embedded PostgreSQL of the tests, shared with other runs on this checkout."""
    with running(Cluster(CLUSTER_DIR, QUICK)) as server:
        _sweep_up(server)
        yield server


@pytest.fixture(scope="session")
def django_db_modify_db_settings(cluster: Cluster) -> None:
    """The server is up before the test database is made."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, cluster: Cluster) -> Iterator[None]:
    """The test database also carries the queues; at the end nobody stays connected to it."""
    with cluster.access.role(TEST_DATABASE) as connection:
        install_queues(connection)
    yield
    with cluster.access.superuser() as connection:
        statement = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false")
        connection.execute(statement.format(sql.Identifier(TEST_DATABASE)))
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            [TEST_DATABASE],
        )


@pytest.fixture(scope="session", autouse=True)
def own_data_dir() -> Iterator[Path]:
    """The data folder of this run, removed at its end."""
    folder = Path(os.environ["MMSEARCH_DATA_DIR"])
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def worker_process(django_db_setup: None, cluster: Cluster) -> Iterator[subprocess.Popen[bytes]]:
    """One Celery worker for the tests of a module, on the test database and its queues.

    It goes with the module: a worker that lived on would take the jobs of tests that walk alone.
    """
    database = database_url(settings.DATABASES["default"], TEST_DATABASE)
    log = settings.DATA_DIR / "log" / "worker.log"
    with log.open("wb") as book:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "-A", "mmsearch_site", "worker"),
                *("--queues", "cpu,gpu", "--concurrency", "1", "--loglevel", "INFO"),
                *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            ],
            env=child_environment(DATABASE_URL=database, MMSEARCH_PROCESS="worker"),
            cwd=settings.BASE_DIR,
            stdout=book,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _await_pulse(cluster, process, log)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)


@pytest.fixture
def worker(
    worker_process: subprocess.Popen[bytes], transactional_db: None, cluster: Cluster
) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker. What the test commits it sees; waiting messages of other tests are gone."""
    assert worker_process.poll() is None, "the worker died in an earlier test"
    _empty_queues(cluster)
    yield worker_process
    _empty_queues(cluster)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium, the one of the operating system."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((path for name in names if (path := shutil.which(name))), None)
    if program is None:
        pytest.skip("Chromium is not installed (make test installs it where it may)")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the driver keeps an event loop going
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty tab that knows nothing of other tests."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def _await_pulse(cluster: Cluster, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    with cluster.access.role(TEST_DATABASE) as connection:
        while time.monotonic() < deadline and process.poll() is None:
            found = connection.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name LIKE 'mmsearch-worker|%'"
            ).fetchone()
            if found:
                return
            time.sleep(0.1)
    pytest.fail(f"the worker did not start: {log.read_text(errors='replace')[-3000:]}")


def _empty_queues(cluster: Cluster) -> None:
    with cluster.access.role(TEST_DATABASE) as connection:
        connection.execute("SELECT pgmq.purge_queue(queue_name) FROM pgmq.meta")


def _sweep_up(server: Cluster) -> None:
    """Remove what runs that were killed left behind."""
    for folder in CLUSTER_DIR.glob("run-*"):
        if not _is_running(folder.name.removeprefix("run-")):
            shutil.rmtree(folder, ignore_errors=True)
    with server.access.superuser() as connection:
        names = connection.execute(
            r"SELECT datname FROM pg_database WHERE datname LIKE 'test\_mmsearch\_%'"
        ).fetchall()
        for (name,) in names:
            if not _is_running(name.rpartition("_")[2]):
                _drop(connection, name)


def _drop(connection: psycopg.Connection, name: str) -> None:
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    connection.execute(statement.format(sql.Identifier(name)))


def _is_running(pid: str) -> bool:
    return pid.isdigit() and Path(f"/proc/{pid}").exists()
