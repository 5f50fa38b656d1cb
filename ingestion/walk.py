"""The table of the walk, and the one function that takes a step."""

import logging
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from time import monotonic

from django.db import OperationalError, transaction
from django.db.models.functions import Now

from ingestion import leases, staging, steps
from ingestion.errors import ChildDiedError, IngestError, PausedError, TransientError
from ingestion.models import Job, State

log = logging.getLogger(__name__)

CRASHES_ALLOWED = 3  # the file brought its step down: a poison file fails alone
TRIES_ALLOWED = 15  # the worker or the database went away under it: nobody's fault, but not forever
WRITE_AFTER_S = 1.0  # younger work is cheaper to do again than to write down


@dataclass(frozen=True, slots=True)
class Stage:
    """How a job leaves a state: by which step, to which state, on which queue, how far along."""

    step: steps.Step
    reached: str
    queue: str
    progress: float

    @property
    def after(self) -> str:
        """The queue of the stage behind this one; none behind the last."""
        return WALK[self.reached].queue if self.reached in WALK else ""


WALK: dict[str, Stage] = {
    State.RECEIVED: Stage(steps.Parse(), State.PARSED, "cpu", 0.5),
    State.PARSED: Stage(steps.Chunk(), State.CHUNKED, "cpu", 0.55),
    State.CHUNKED: Stage(steps.Encode(), State.ENCODED, "gpu", 0.95),
    State.ENCODED: Stage(steps.Publish(), State.SEARCHABLE, "cpu", 1.0),
}
QUEUES = frozenset(stage.queue for stage in WALK.values())


def take_steps(
    job_id: int,
    *,
    queues: Container[str] = (),
    on_step: Callable[[Job], None] | None = None,
) -> Job | None:
    """Carry a job over its next stage, and over those behind it that ``queues`` serve.

    One claim covers them all, and is renewed with every step. Gives back the job as it was left;
    None if it could not be claimed or moved. The slow part of a step touches no row; the row moves
    only if nobody else claimed it in between. A quick step that has no rows to store is written
    down together with the one behind it.
    """
    job = leases.claim(job_id)
    if job is None or _gave_up(job):
        return None
    try:
        with leases.kept_alive(job):
            return _walk_on(job, queues, on_step)
    except IngestError as error:
        _fail(job, str(error))
    except ChildDiedError as error:
        _count_crash(job, str(error))
    except PausedError:
        leases.pause(job)
        raise
    except (TransientError, OperationalError):
        leases.release(job, after=leases.BACK_OFF)
        raise
    except Exception:  # a bug of ours must not take the worker along, nor loop for ever
        log.exception("Job %s, state %s", job.pk, job.state)
        _count_crash(job, "Something went wrong while reading this file; the log has the details.")
    return None


def _walk_on(job: Job, queues: Container[str], on_step: Callable[[Job], None] | None) -> Job | None:
    written = _Written(job.state)
    while True:
        held = WALK[job.state].after in queues
        if not _take(job, written, held=held):
            return None
        if on_step is not None:
            on_step(job)
        if not held:
            return job


@dataclass(slots=True)
class _Written:
    """The state in the job's row, and since when it stands there."""

    state: str
    since: float = field(default_factory=monotonic)

    @property
    def is_young(self) -> bool:
        return monotonic() - self.since < WRITE_AFTER_S


def _take(job: Job, written: _Written, *, held: bool) -> bool:
    """Take one step, and keep the claim or let go; False if another holder overtook this one."""
    stage = WALK[job.state]
    job.error = ""
    product = stage.step.compute(job)  # slow: no transaction is open
    if held and not stage.step.has_rows and written.is_young:
        job.state, job.progress = stage.reached, stage.progress
        return True
    with transaction.atomic():
        reached, progress = stage.reached, stage.progress
        if not leases.move(job, written.state, reached, progress=progress, held=held):
            return False
        stage.step.store(job, product)
    job.state, job.progress, job.crashes = stage.reached, stage.progress, 0
    written.state, written.since = stage.reached, monotonic()
    if job.is_finished:
        staging.clear(job.pk)
    return True


def _gave_up(job: Job) -> bool:
    if job.tries <= TRIES_ALLOWED:
        return False
    _fail(job, job.error or f"Gave up: the worker went away {TRIES_ALLOWED} times in this step.")
    return True


def _count_crash(job: Job, sentence: str) -> None:
    if job.crashes + 1 >= CRASHES_ALLOWED:
        _fail(job, f"{sentence} Gave up after {CRASHES_ALLOWED} tries.")
        return
    Job.objects.filter(pk=job.pk, epoch=job.epoch).update(
        crashes=job.crashes + 1, error=sentence, lease_until=Now() + leases.BACK_OFF, holder=""
    )


def _fail(job: Job, sentence: str) -> None:
    """The state says where it stopped, the error why."""
    Job.objects.filter(pk=job.pk, epoch=job.epoch).update(
        error=sentence, failed_at=Now(), lease_until=None, holder="", updated_at=Now()
    )
