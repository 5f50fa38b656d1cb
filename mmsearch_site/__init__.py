"""Settings, plumbing and start-up of one MMSearch site."""

from mmsearch_site.celery import app as celery_app

__all__ = ["celery_app"]
