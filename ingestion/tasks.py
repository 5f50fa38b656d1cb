"""Celery wrappers. A message is a doorbell: it carries a job's id and nothing else."""

import logging

from celery import Task, shared_task
from django.db import OperationalError
from django.db.models.functions import Now

from ingestion import leases
from ingestion.errors import TransientError
from ingestion.models import Job
from ingestion.walk import WALK, take_steps
from search import indexing, seeing
from search.tasks import maintain_indexes

log = logging.getLogger(__name__)

RING_AT_ONCE = 200  # waiting jobs that one sweep rings for


def ring(*jobs: Job) -> None:
    """Tell workers that jobs wait. A broker that is away costs time, never a job."""
    waiting = [job for job in jobs if not job.is_finished]
    Job.objects.filter(pk__in=[job.pk for job in waiting]).update(rung_at=Now())
    for job in waiting:
        _send(advance, (job.pk,), queue=WALK[job.state].queue)


@shared_task(bind=True, ignore_result=True)
def advance(self: Task, job_id: int) -> None:
    """Take steps as long as this worker serves their queue, then ring for the next one."""
    try:
        job = take_steps(job_id, queues=set(self.app.amqp.queues.consume_from))
    except (TransientError, OperationalError) as error:
        log.warning("Job %s waits for the sweep: %s", job_id, error)
        return
    if job is not None:
        ring(job)


@shared_task(ignore_result=True)
def sweep() -> None:
    """Ring for every job that nobody holds: lost messages, dead workers, brokers that forgot."""
    leases.free_the_dead()
    seeing.forget_asked()
    ring(*Job.objects.unheard().order_by("created_at")[:RING_AT_ONCE])
    if indexing.needs_maintenance():  # a corpus has grown over the limit of exact scans
        _send(maintain_indexes, (), queue="gpu")


def _send(task: Task, arguments: tuple[int, ...], *, queue: str) -> None:
    try:
        task.apply_async(arguments, queue=queue, retry=False)
    except Exception as error:  # whatever a broker raises; the sweep rings again
        log.warning("The broker is away (%s); %s waits for the sweep.", error, task.name)
