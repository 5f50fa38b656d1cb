"""Several processes share one embedded server; the last one to leave stops it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmsearch_site.embedded.cluster import Cluster


@contextmanager
def running(cluster: Cluster) -> Iterator[Cluster]:
    """The cluster, up for as long as the block runs; stopped after it when nobody else is inside.

    Being inside is a shared file lock, so a user that is killed leaves with its process. Coming and
    going happens one at a time, so nobody enters a server that is about to stop.
    """
    run = cluster.data_dir / "run"
    inside = os.open(run / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with _one_at_a_time(run):
            fcntl.flock(inside, fcntl.LOCK_SH)
            cluster.start()
        yield cluster
    finally:
        with _one_at_a_time(run):
            if _is_last(inside):
                cluster.stop()
        os.close(inside)


@contextmanager
def _one_at_a_time(run: Path) -> Iterator[None]:
    door = os.open(run / "postgres.door", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(door, fcntl.LOCK_EX)
        yield
    finally:
        os.close(door)


def _is_last(inside: int) -> bool:
    """Give up the shared lock; whether no other process holds it."""
    fcntl.flock(inside, fcntl.LOCK_UN)
    try:
        fcntl.flock(inside, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
