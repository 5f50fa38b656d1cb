"""The settings of a test run: a data folder of its own, on the tests' embedded PostgreSQL."""

import os
from pathlib import Path

from mmsearch_site import postgres

_VAR = Path(__file__).resolve().parent.parent / "var"
CLUSTER_DIR = _VAR / "test"

if "MMSEARCH_TEST_RUN" not in os.environ:  # a worker that a test starts inherits what is set here
    for _name in [name for name in os.environ if name.startswith(("MMSEARCH_", "CELERY_"))]:
        if not _name.startswith(("MMSEARCH_BENCH_", "MMSEARCH_TEST_")):
            del os.environ[_name]
    os.environ |= {
        "MMSEARCH_TEST_RUN": str(os.getpid()),
        "MMSEARCH_ENV_FILE": os.devnull,
        "MMSEARCH_DATA_DIR": str(CLUSTER_DIR / f"run-{os.getpid()}"),
        "MMSEARCH_OFFLINE": "1",
        "MMSEARCH_CACHE_ENTRIES": "0",  # what a test breaks must show; the cache's own turn it on
        "DATABASE_URL": postgres.database_url(postgres.database_settings("", CLUSTER_DIR)),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }

from mmsearch_site.settings import *  # noqa: E402, F403
from mmsearch_site.settings import (  # noqa: E402
    ALLOWED_HOSTS,
    CELERY_BROKER_TRANSPORT_OPTIONS,
    DATABASES,
    MMSEARCH,
)

TEST_DATABASE = f"test_mmsearch_{os.environ['MMSEARCH_TEST_RUN']}"
DATABASES["default"]["TEST"] = {"NAME": TEST_DATABASE}
CELERY_BROKER_TRANSPORT_OPTIONS["conn_string"] = postgres.connection_string(
    DATABASES["default"] | {"NAME": TEST_DATABASE}
)
MMSEARCH["MODELS_DIR"] = CLUSTER_DIR / "models"  # exported once for all runs
ALLOWED_HOSTS.append("testserver")
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick logins
