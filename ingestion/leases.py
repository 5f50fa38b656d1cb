"""Who holds a job: claim, heartbeat, release. All times are the database's own."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest, Now

from ingestion.models import Job

LEASE = timedelta(seconds=30)
BEAT_S = 8.0
BACK_OFF = timedelta(seconds=2)


def holder() -> str:
    """This process, as other processes on this host can check it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def claim(job_id: int) -> Job | None:
    """The job, ours for a lease; None if it is finished or somebody holds it."""
    taken = (
        Job.objects.waiting()
        .filter(pk=job_id)
        .update(
            epoch=F("epoch") + 1, tries=F("tries") + 1, lease_until=Now() + LEASE, holder=holder()
        )
    )
    return Job.objects.select_related("document__corpus").get(pk=job_id) if taken else None


def release(job: Job, *, after: timedelta = timedelta(0)) -> None:
    """Let others claim it, after a while."""
    _ours(job).update(lease_until=Now() + after, holder="")


def pause(job: Job) -> None:
    """Let others claim it in a moment: it came forward, so what was tried before is forgotten."""
    _ours(job).update(lease_until=Now() + BACK_OFF, holder="", tries=0)


def move(job: Job, before: str, state: str, *, progress: float, held: bool) -> bool:
    """Write how far the job has come, and keep the claim or let go; False if it is not ours now.

    Belongs into the transaction that stores what the step made, before anything else there.
    """
    moved = _ours(job).filter(state=before).update(
        state=state, progress=progress, staged=job.staged, error=job.error,
        tries=1 if held else 0, crashes=0,
        lease_until=Now() + LEASE if held else None, holder=holder() if held else "",
        updated_at=Now(),
    )  # fmt: skip
    return bool(moved)


def free_the_dead() -> int:
    """End the leases of this host's processes that are gone. How many there were."""
    freed = 0
    host = socket.gethostname()
    held = Job.objects.unfinished().filter(lease_until__gt=Now(), holder__startswith=f"{host}:")
    for pk, epoch, name in held.values_list("pk", "epoch", "holder"):
        if not _is_alive(int(name.rpartition(":")[2])):
            freed += Job.objects.filter(pk=pk, epoch=epoch).update(lease_until=Now(), holder="")
    return freed


@contextmanager
def kept_alive(job: Job) -> Iterator[threading.Event]:
    """Renew the lease from a thread while the block runs. The event tells that it was lost."""
    lost, done = threading.Event(), threading.Event()
    thread = threading.Thread(target=_beat, args=(job, lost, done), daemon=True)
    thread.start()
    try:
        yield lost
    finally:
        done.set()
        thread.join()


def show_progress(job: Job, fraction: float) -> None:
    """Tell how far the whole walk is; never backwards."""
    with transaction.atomic():
        _ours(job).update(progress=Greatest(F("progress"), Value(fraction)))


def _beat(job: Job, lost: threading.Event, done: threading.Event) -> None:
    if done.wait(BEAT_S):
        return  # most jobs are quick: this thread never opens a connection
    try:
        while _ours(job).update(lease_until=Now() + LEASE):
            if done.wait(BEAT_S):
                return
        lost.set()
    except Exception:
        lost.set()
    finally:
        connection.close()


def _ours(job: Job):  # type: ignore[no-untyped-def]
    return Job.objects.unfinished().filter(pk=job.pk, epoch=job.epoch)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
