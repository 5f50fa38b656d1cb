"""The embedded server, through everything that happens to servers."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from mmsearch_site.embedded import places
from mmsearch_site.embedded.ballast import BALLAST_BYTES, trim_ballast
from mmsearch_site.embedded.cluster import Cluster
from mmsearch_site.embedded.errors import DatabaseStartError
from mmsearch_site.embedded.leftovers import postmaster_pid
from mmsearch_site.embedded.tuning import SERVER_SETTINGS, machine_memory, memory_settings
from tests.mmsearch_site.conftest import QUICK


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def kill(cluster: Cluster) -> int:
    pid = postmaster_pid(cluster.places)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


def test_a_killed_server_comes_back_with_everything_committed(own_cluster: Cluster) -> None:
    own_cluster.start()
    with own_cluster.access.role() as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number")
        kill(own_cluster)

    assert own_cluster.start()
    with own_cluster.access.role() as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_a_start_beside_a_running_server_changes_nothing(own_cluster: Cluster) -> None:
    assert own_cluster.start()
    pid = postmaster_pid(own_cluster.places)

    assert not Cluster(own_cluster.data_dir).start()
    assert postmaster_pid(own_cluster.places) == pid


def test_a_pid_file_that_names_a_stranger_is_not_believed(own_cluster: Cluster) -> None:
    own_cluster.start()
    kill(own_cluster)
    own_cluster.stop()
    pid_file = own_cluster.places.cluster / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    # A stranger of the same account: PostgreSQL itself would refuse to start beside it.
    stranger = subprocess.Popen(["sleep", "60"], **own_cluster.places.account.popen_options())
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")

        assert own_cluster.start()
        assert own_cluster.is_ready()
    finally:
        stranger.kill()
        stranger.wait()


def test_an_interrupted_first_start_is_begun_again(data_dir: Path) -> None:
    cluster = Cluster(data_dir, QUICK)
    draft = cluster.places.home / "cluster.draft"
    draft.mkdir(parents=True)
    (draft / "half").write_text("written")

    cluster.init()
    assert not draft.exists()
    assert (cluster.places.cluster / "PG_VERSION").is_file()


def test_the_role_is_no_superuser_and_its_new_databases_have_vectors(own_cluster: Cluster) -> None:
    own_cluster.start()
    with own_cluster.access.role() as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, current_setting('data_checksums'),"
            " current_setting('listen_addresses')"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        connection.execute("CREATE DATABASE another")
    with own_cluster.access.role("another") as connection:
        distance = connection.execute("SELECT '[0,3]'::vector <-> '[4,0]'::vector").fetchone()

    assert row == (False, False, False, "on", "")
    assert distance == (5.0,)


def test_nothing_acknowledged_may_be_lost_by_default() -> None:
    kept = ("fsync", "full_page_writes", "synchronous_commit")

    assert {SERVER_SETTINGS[name] for name in kept} == {"on"}


@pytest.mark.parametrize(
    ("memory_gb", "buffers"), [(1, "192MB"), (8, "1024MB"), (24, "3072MB"), (256, "4096MB")]
)
def test_the_server_keeps_an_eighth_of_the_memory_within_bounds(
    memory_gb: int, buffers: str
) -> None:
    assert memory_settings(memory_gb * 1024**3)["shared_buffers"] == buffers


def test_the_memory_of_a_container_is_what_it_was_given(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    whole = machine_memory(limit)  # there is no such file
    limit.write_text("max\n")
    assert machine_memory(limit) == whole > 0
    limit.write_text("536870912\n")
    assert machine_memory(limit) == 536870912


def test_a_connection_without_the_password_is_refused(own_cluster: Cluster) -> None:
    own_cluster.start()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(
            host=str(own_cluster.places.socket), user="postgres", dbname="postgres", password="x"
        )


def test_its_folders_are_closed_and_the_folders_above_keep_their_modes(data_dir: Path) -> None:
    before = {parent: mode(parent) for parent in [data_dir, *data_dir.parents]}
    cluster = Cluster(data_dir, QUICK)
    cluster.start()
    try:
        here = cluster.places
        assert [mode(folder) for folder in (here.cluster, here.socket, here.log)] == [0o700] * 3
        assert mode(data_dir / "secrets") == 0o700
        assert {mode(secret) for secret in (data_dir / "secrets").iterdir()} == {0o600}
        assert {parent: mode(parent) for parent in before} == before
    finally:
        cluster.stop()


def test_a_folder_too_deep_for_a_socket_works(data_dir: Path) -> None:
    deep = data_dir / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True, mode=0o711)
    cluster = Cluster(deep, QUICK)
    try:
        assert cluster.start()
        assert mode(cluster.places.socket) == 0o700
        assert len(os.fsencode(cluster.places.socket)) <= places.SOCKET_FOLDER_BYTES
    finally:
        cluster.stop()
        cluster.places.socket.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run the server as somebody else")
def test_a_data_folder_closed_to_the_servers_account_keeps_the_database_elsewhere(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data_dir / "services").mkdir(mode=0o711)
    monkeypatch.setattr(places, "SERVICE_HOME", data_dir / "services")
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    cluster = Cluster(closed / "var", QUICK)
    try:
        assert cluster.start()
        assert mode(closed) == 0o700
        assert cluster.places.home.parent == data_dir / "services"
        assert Cluster(closed / "var").places == cluster.places
    finally:
        cluster.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run the server as somebody else")
def test_binaries_the_account_cannot_run_are_copied_to_where_it_can(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data_dir / "services").mkdir(mode=0o711)
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    bundled = places.bundled_binaries()
    for folder in (bundled.parent, bundled.parent.with_name(f"{bundled.parent.name}.libs")):
        (closed / folder.name).symlink_to(folder)
    within = closed / bundled.parent.name / bundled.name
    monkeypatch.setattr(places, "SERVICE_HOME", data_dir / "services")
    monkeypatch.setattr(places, "bundled_binaries", lambda: within)
    cluster = Cluster(data_dir / "var", QUICK)
    try:
        assert cluster.places.binaries.is_relative_to(data_dir / "services")
        assert cluster.start()
    finally:
        cluster.stop()


def test_secrets_of_another_folder_are_named_as_the_reason(own_cluster: Cluster) -> None:
    own_cluster.start()
    secret = own_cluster.data_dir / "secrets" / "postgres-superuser-password"
    right = secret.read_text()
    secret.write_text("another")
    try:
        with pytest.raises(DatabaseStartError, match="refuses the password kept in"):
            own_cluster.start()
    finally:
        secret.write_text(right)


def test_a_server_that_cannot_start_says_why(data_dir: Path) -> None:
    cluster = Cluster(data_dir, QUICK | {"shared_buffers": "many"})

    with pytest.raises(DatabaseStartError, match="shared_buffers"):
        cluster.start()


def test_the_log_keeps_neither_queries_nor_values(own_cluster: Cluster) -> None:
    own_cluster.start()
    with own_cluster.access.role() as connection:
        connection.execute("CREATE TABLE once (word text PRIMARY KEY)")
        connection.execute("INSERT INTO once VALUES ('needle-value')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO once VALUES ('needle-value')")
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT 'needle-query' FROM nowhere")
    own_cluster.stop()

    written = "".join(log.read_text() for log in own_cluster.places.log.glob("*.log"))
    assert "duplicate key" in written
    assert "needle" not in written


def test_the_ballast_is_given_back_when_the_disk_is_full(tmp_path: Path) -> None:
    trim_ballast(tmp_path, plenty=0)
    assert (tmp_path / "ballast").stat().st_blocks * 512 >= BALLAST_BYTES

    trim_ballast(tmp_path, full=2**62)
    assert not (tmp_path / "ballast").exists()


USER = """
import sys, time
from pathlib import Path
from mmsearch_site.embedded.cluster import Cluster
from mmsearch_site.embedded.lease import running
with running(Cluster(Path(sys.argv[1]))):
    print("inside", flush=True)
    sys.stdin.readline()
"""


class User:
    """Another process that uses the cluster until told to leave."""

    def __init__(self, data_dir: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", USER, str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "inside\n"

    def leave(self) -> None:
        self._process.communicate("\n", timeout=20)

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


def test_the_server_stays_until_its_last_user_leaves(own_cluster: Cluster) -> None:
    first, second = User(own_cluster.data_dir), User(own_cluster.data_dir)
    first.leave()
    assert own_cluster.is_ready()

    second.leave()
    assert not own_cluster.is_alive()


def test_a_killed_user_does_not_keep_the_server_for_ever(own_cluster: Cluster) -> None:
    killed = User(own_cluster.data_dir)
    killed.kill()
    assert own_cluster.is_ready()

    User(own_cluster.data_dir).leave()
    assert not own_cluster.is_alive()


def test_users_who_come_and_go_at_once_never_meet_a_stopping_server(own_cluster: Cluster) -> None:
    own_cluster.init()
    for _ in range(2):
        users = [User(own_cluster.data_dir) for _ in range(3)]
        for user in users:
            user.leave()
    deadline = time.monotonic() + 5
    while own_cluster.is_alive() and time.monotonic() < deadline:
        time.sleep(0.05)

    assert not own_cluster.is_alive()
