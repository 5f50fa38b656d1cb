"""The Celery application. Two queues: cpu for parsing, gpu for encoders and rerankers."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_ready, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsearch_site.settings")

app = Celery("mmsearch")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["search", "ingestion"])


@worker_ready.connect
def _start_pulse(sender: Any, **_: object) -> None:
    from mmsearch_site.pulse import Pulse

    queues = sorted(sender.app.amqp.queues.consume_from)
    app.pulse = Pulse(queues)
    app.pulse.start()


@worker_shutting_down.connect
def _stop_pulse(**_: object) -> None:
    if getattr(app, "pulse", None) is not None:
        app.pulse.stop()
