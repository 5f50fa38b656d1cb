"""What a server that died left behind: pid files of nobody, children that are still going."""

import time
from pathlib import Path

import psutil

from mmsearch_site.embedded.places import Places


def postmaster_pid(places: Places) -> int | None:
    """The pid of this cluster's living postmaster; None when the pid file is missing or stale."""
    try:
        pid = int((places.cluster / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if _serves(pid, places.cluster) else None


def clear_leftovers(places: Places, *, wait_s: float = 30.0) -> None:
    """Wait until no process works on the cluster, then remove pid and socket files of the dead.

    A killed postmaster's children hold its shared memory for a moment: starting beside them fails,
    and starting without them noticing would be worse.
    """
    if postmaster_pid(places) is not None:
        return
    deadline = time.monotonic() + wait_s
    while _at_work(places.cluster) and time.monotonic() < deadline:
        time.sleep(0.1)
    if _at_work(places.cluster):
        return
    (places.cluster / "postmaster.pid").unlink(missing_ok=True)
    for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
        (places.socket / name).unlink(missing_ok=True)


def _serves(pid: int, cluster: Path) -> bool:
    """Whether this process is a living server process of the cluster (a zombie is not)."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return process.name().startswith("postgres") and Path(process.cwd()) == cluster.resolve()
    except psutil.AccessDenied:
        return True
    except (psutil.NoSuchProcess, FileNotFoundError):
        return False


def _at_work(cluster: Path) -> bool:
    named = (process for process in psutil.process_iter(["name"]))
    return any(
        (process.info["name"] or "").startswith("postgres") and _works_on(process, cluster)
        for process in named
    )


def _works_on(process: psutil.Process, cluster: Path) -> bool:
    try:
        alive = process.status() != psutil.STATUS_ZOMBIE
        return alive and Path(process.cwd()) == cluster.resolve()
    except (psutil.Error, FileNotFoundError):
        return False
