"""The Celery application. Two queues: cpu for parsing, gpu for encoders and rerankers."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsearch_site.settings")

app = Celery("mmsearch")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["search", "ingestion"])
