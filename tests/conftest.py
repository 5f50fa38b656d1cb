"""What all tests share: the database, a worker, a browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from mmsearch_site.embedded.cluster import Cluster
from mmsearch_site.embedded.lease import running
from mmsearch_site.embedded.roles import install_queues
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
def django_db_setup(django_db_setup: None, cluster: Cluster) -> None:
    """The test database also carries the queues."""
    with cluster.access.role(TEST_DATABASE) as connection:
        install_queues(connection)


@pytest.fixture(scope="session", autouse=True)
def own_data_dir() -> Iterator[Path]:
    """The data folder of this run, removed at its end."""
    folder = Path(os.environ["MMSEARCH_DATA_DIR"])
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


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
