"""The WSGI application that the web server imports."""

import os
import threading

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsearch_site.settings")
application = get_wsgi_application()


def _warm_up() -> None:
    """Load the encoder now, so that the first question does not wait for it."""
    from search.registry import prepare_models

    prepare_models()


threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
