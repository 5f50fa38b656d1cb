"""Workers as the database sees them."""

import subprocess
import time

import pytest

from mmsearch_site.pulse import LivingWorker, Pulse, living_workers

pytestmark = pytest.mark.django_db(transaction=True)


def await_workers(count: int) -> list[LivingWorker]:
    deadline = time.monotonic() + 10
    while len(found := living_workers()) != count and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def test_a_worker_is_seen_with_its_queues_until_it_ends() -> None:
    before = len(living_workers())
    pulse = Pulse(["cpu", "gpu"])
    pulse.start()
    assert pulse.queues in [w.queues for w in await_workers(before + 1)]

    pulse.stop()
    assert len(await_workers(before)) == before


@pytest.mark.worker
def test_a_real_worker_is_seen(worker: subprocess.Popen[bytes]) -> None:
    assert frozenset({"cpu", "gpu"}) in [found.queues for found in living_workers()]
