"""The table of the walk, and the one function that takes a step."""

import logging
from dataclasses import dataclass

from django.db import OperationalError, transaction
from django.db.models.functions import Now

from ingestion import leases, steps
from ingestion.errors import ChildDiedError, IngestError, TransientError
from ingestion.models import Job, State

log = logging.getLogger(__name__)

CRASHES_ALLOWED = 3  # the file brought its step down: a poison file fails alone
TRIES_ALLOWED = 15  # the worker or the database went away under it: nobody's fault, but not forever


@dataclass(frozen=True, slots=True)
class Stage:
    """How a job leaves a state: by which step, to which state, on which queue, how far along."""

    step: steps.Step
    reached: str
    queue: str
    progress: float


WALK: dict[str, Stage] = {
    State.RECEIVED: Stage(steps.Parse(), State.PARSED, "cpu", 0.5),
    State.PARSED: Stage(steps.Chunk(), State.CHUNKED, "cpu", 0.55),
    State.CHUNKED: Stage(steps.Encode(), State.ENCODED, "gpu", 0.95),
    State.ENCODED: Stage(steps.Publish(), State.SEARCHABLE, "cpu", 1.0),
}


def take_step(job_id: int) -> Job | None:
    """Carry a job over its next stage and give it back; None if it could not be claimed or moved.

    The slow part touches no row. The row moves only if nobody else claimed it in between.
    """
    job = leases.claim(job_id)
    if job is None or _gave_up(job):
        return None
    stage = WALK[job.state]
    try:
        with leases.kept_alive(job):
            product = stage.step.compute(job)  # slow: no transaction is open
        return job if _store(job, stage, product) else None
    except IngestError as error:
        _fail(job, str(error))
    except ChildDiedError as error:
        _count_crash(job, str(error))
    except (TransientError, OperationalError):
        leases.release(job, after=leases.BACK_OFF)
        raise
    except Exception:  # a bug of ours must not take the worker along, nor loop for ever
        log.exception("Job %s, state %s", job.pk, job.state)
        _count_crash(job, "Something went wrong while reading this file; the log has the details.")
    return None


def _store(job: Job, stage: Stage, product: object) -> bool:
    with transaction.atomic():
        here = Job.objects.filter(
            pk=job.pk, state=job.state, epoch=job.epoch, failed_at__isnull=True
        )
        moved = here.update(
            state=stage.reached, progress=stage.progress, tries=0, crashes=0,
            lease_until=None, holder="", error="", updated_at=Now(),
        )  # fmt: skip
        if not moved:
            return False
        stage.step.store(job, product)
    job.refresh_from_db()
    if job.is_finished:
        stage.step.clean_up(job)
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
