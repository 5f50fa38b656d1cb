"""Management commands with the embedded database, and with a server named by DATABASE_URL."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from mmsearch_site.embedded.cluster import Cluster
from mmsearch_site.embedded.secrets import kept_secret
from tests.mmsearch_site.conftest import QUICK


def environment(data_dir: Path, **own: str) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    return {
        **inherited,
        "DJANGO_SETTINGS_MODULE": "mmsearch_site.settings",
        "MMSEARCH_DATA_DIR": str(data_dir),
        **own,
    }


def manage(data_dir: Path, *arguments: str, **own: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env=environment(data_dir, **own),
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_command_starts_the_database_and_stops_it_again(own_cluster: Cluster) -> None:
    done = manage(own_cluster.data_dir, "showmigrations", "search")

    assert done.returncode == 0, done.stderr
    assert "0001_initial" in done.stdout
    assert not own_cluster.is_alive()


def test_a_command_leaves_a_database_alone_that_was_running(own_cluster: Cluster) -> None:
    own_cluster.start()
    lease = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-c", "print('up', flush=True); input()"],
        env=environment(own_cluster.data_dir),
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert lease.stdout is not None
    while "up" not in lease.stdout.readline():
        assert lease.poll() is None
    try:
        assert manage(own_cluster.data_dir, "showmigrations", "search").returncode == 0
        assert own_cluster.is_ready()
    finally:
        lease.communicate("\n", timeout=20)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_an_ended_command_stops_the_database_it_started(
    number: signal.Signals, status: int, own_cluster: Cluster
) -> None:
    # A test run that was started in the background hands down an ignored SIGINT.
    hears = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    process = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-c", f"{hears}; print('up', flush=True); input()"],
        env=environment(own_cluster.data_dir),
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while "up" not in process.stdout.readline():
        assert process.poll() is None
    time.sleep(0.2)
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)

    assert process.returncode == status, errors
    assert "Traceback" not in errors
    assert not own_cluster.is_alive()


def test_the_first_command_of_a_new_data_folder_makes_its_tables(
    own_cluster: Cluster, tmp_path: Path
) -> None:
    note = tmp_path / "heron.md"
    note.write_text("A grey heron stands still for twenty minutes.")
    done = manage(
        own_cluster.data_dir,
        *("ingest", str(note), "--corpus", "notes", "--create", "--wait", "--json"),
    )
    assert done.returncode == 0, done.stderr
    (document,) = json.loads(done.stdout)["documents"]
    assert document["state"] == "searchable"


def test_help_and_checks_need_no_database(data_dir: Path) -> None:
    assert manage(data_dir, "migrate", "--help").returncode == 0
    assert not (data_dir / "postgres" / "cluster").exists()


def test_the_doctor_names_what_is_missing_and_ends_with_one(own_cluster: Cluster) -> None:
    manage(own_cluster.data_dir, "migrate")
    done = manage(own_cluster.data_dir, "doctor", "--json")
    found = json.loads(done.stdout)
    checks = {check["name"]: check for check in found["checks"]}

    assert done.returncode == 1
    assert found["ok"] is False
    assert checks["database"]["ok"] and checks["extensions"]["ok"] and checks["migrations"]["ok"]
    assert not checks["workers"]["ok"]
    assert "make up" in checks["workers"]["remedy"]
    assert "language model" in checks["degraded"]["detail"]


@pytest.fixture
def external(kept_data_dir: Path) -> Iterator[str]:
    """A server that listens on loopback like anybody's, and the URL of an empty database on it."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = str(trial.getsockname()[1])
    folder = kept_data_dir / "external"
    cluster = Cluster(folder, QUICK | {"listen_addresses": "127.0.0.1", "port": port})
    cluster.start()
    with cluster.access.role() as connection:
        connection.execute("DROP DATABASE IF EXISTS library")
        connection.execute("CREATE DATABASE library")
    password = kept_secret(folder, "postgres-password")
    yield f"postgresql://mmsearch:{password}@127.0.0.1:{port}/library"
    cluster.stop()


def test_a_server_of_ones_own_works_and_no_embedded_one_is_made(
    external: str, data_dir: Path
) -> None:
    assert manage(data_dir, "migrate", DATABASE_URL=external).returncode == 0
    done = manage(data_dir, "doctor", "--json", DATABASE_URL=external)
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}

    assert checks["database"]["ok"]
    assert "named by DATABASE_URL" in checks["database"]["detail"]
    assert checks["migrations"]["ok"] and checks["broker"]["ok"]
    assert not (data_dir / "postgres" / "cluster").exists()


def test_a_server_of_ones_own_without_tables_is_named_with_the_remedy(
    external: str, kept_data_dir: Path
) -> None:
    done = manage(kept_data_dir, "search", "heron", DATABASE_URL=external)
    assert done.returncode == 2
    assert "manage.py migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_does_not_answer_is_a_finding_not_a_crash(data_dir: Path) -> None:
    broker = {"CELERY_BROKER_URL": "redis://127.0.0.1:9/0"}
    url = "postgresql://a:b@127.0.0.1:9/c"
    done = manage(data_dir, "doctor", "--json", DATABASE_URL=url, **broker)
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}

    assert done.returncode == 1
    assert "does not answer" in checks["database"]["detail"]
    assert "DATABASE_URL" in checks["database"]["remedy"]
    assert "redis does not answer" in checks["broker"]["detail"]
    assert "CELERY_BROKER_URL" in checks["broker"]["remedy"]
