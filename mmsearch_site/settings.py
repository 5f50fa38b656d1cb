"""One settings file for every deployment; differences are environment variables."""

import os
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from frontend.api.settings import SPECTACULAR, rest_framework_settings
from mmsearch_site import plugins, postgres
from mmsearch_site.env import (
    env_bool,
    env_choice,
    env_int,
    env_list,
    env_secret,
    env_str,
    load_dotenv,
)

BASE_DIR = Path(__file__).resolve().parent.parent
load_dotenv(BASE_DIR / env_str("MMSEARCH_ENV_FILE", ".env"))

DATA_DIR = Path(env_str("MMSEARCH_DATA_DIR", "var"))
if not DATA_DIR.is_absolute():
    DATA_DIR = BASE_DIR / DATA_DIR

HOST = env_str("MMSEARCH_HOST", "127.0.0.1")
PORT = env_int("PORT", 8000, least=1, most=65535)
ON_LOOPBACK = HOST in {"127.0.0.1", "localhost", "::1"}
HTTPS = env_bool("MMSEARCH_HTTPS", default=False)
DEBUG = False
CORES = os.cpu_count() or 1
WORKER_PROCESSES = env_int("MMSEARCH_WORKER_PROCESSES", min(2, CORES), least=1, most=256)
WEB_PROCESSES = env_int("MMSEARCH_WEB_PROCESSES", 1 if CORES < 4 else 2, least=1, most=64)
WEB_THREADS = env_int("MMSEARCH_WEB_THREADS", 16, least=1, most=256)
MIN_FREE_BYTES = env_int("MMSEARCH_MIN_FREE_MB", 1000) * 1_000_000  # below: no uploads

SECRET_KEY = env_secret("MMSEARCH_SECRET_KEY") or postgres.kept_secret(
    DATA_DIR, "django-secret-key"
)
LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"]  # always allowed: the site asks itself
ALLOWED_HOSTS = [*env_list("MMSEARCH_ALLOWED_HOSTS"), *LOOPBACK_NAMES]
CSRF_TRUSTED_ORIGINS = env_list("MMSEARCH_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "search",
    "ingestion",
    "frontend",
]

_ENTRIES = env_int("MMSEARCH_CACHE_ENTRIES", 200, least=0)
_CACHE_URL = env_str("MMSEARCH_CACHE_URL")
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},  # throttles
    "search": {  # see search/cache.py
        "BACKEND": "django.core.cache.backends."
        + (
            "redis.RedisCache"
            if _CACHE_URL
            else "locmem.LocMemCache"
            if _ENTRIES
            else "dummy.DummyCache"
        ),
        "LOCATION": _CACHE_URL or "search",
        "TIMEOUT": 900,  # a removed document's words leave the memory of every process with it
        **({} if _CACHE_URL else {"OPTIONS": {"MAX_ENTRIES": _ENTRIES}}),
    },
}

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "frontend.middleware.ProblemDetails",
    "frontend.middleware.Unavailable",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "mmsearch_site.urls"
WSGI_APPLICATION = "mmsearch_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASE_URL = env_secret("DATABASE_URL")
EMBEDDED_DATABASE = not DATABASE_URL
PROCESS = env_choice("MMSEARCH_PROCESS", ("command", "web", "worker"))  # set by what starts it
DATABASES = {
    "default": postgres.database_settings(
        DATABASE_URL, DATA_DIR, process=PROCESS, threads=WEB_THREADS
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "frontend:login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = DATA_DIR / "store"

# Security. No data:, no https:, no preview proxy: nothing a page shows comes from elsewhere.
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "media-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
}
# "no-referrer" would make browsers hide the Origin of our own forms, which CSRF protection needs.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
if HTTPS:  # behind a proxy that ends TLS; on plain loopback HTTP these cookies would not be sent
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

MAX_UPLOAD_BYTES = env_int("MMSEARCH_MAX_UPLOAD_MB", 2048, least=1) * 1_000_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 200
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = ["frontend.uploads.CountedUpload"]  # stops while streaming
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "incoming"

REST_FRAMEWORK = rest_framework_settings()
SPECTACULAR_SETTINGS = SPECTACULAR

# Celery. The message is a doorbell; the job row is the truth.
CELERY_BROKER_URL = env_str("CELERY_BROKER_URL") or "pgmq://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    postgres.pgmq_options(DATABASES["default"])
    if CELERY_BROKER_URL.startswith("pgmq")
    else {"visibility_timeout": 120}
)
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_TASK_PUBLISH_RETRY = False  # the sweep rings again; a page does not wait for the broker
CELERY_TASK_TIME_LIMIT = env_int("MMSEARCH_TASK_TIME_LIMIT_S", 3600, least=60)
CELERY_TASK_SOFT_TIME_LIMIT = CELERY_TASK_TIME_LIMIT - 30
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_MAX_MEMORY_PER_CHILD = env_int("MMSEARCH_WORKER_MB", 4000, least=500) * 1000
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "cpu"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

LOG_LEVEL = "WARNING" if PROCESS == "command" else "INFO"
# To standard error, where the supervisor or the container keeps it. No queries, no answers.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {"django": {"handlers": [], "level": LOG_LEVEL, "propagate": True}},
}

DEVICE = env_str("MMSEARCH_DEVICE", "cpu")
LLM = {
    "URL": env_str("MMSEARCH_LLM_URL"),
    "MODEL": env_str("MMSEARCH_LLM_MODEL"),
    "API_KEY": env_secret("MMSEARCH_LLM_API_KEY"),
}
# Encoders that look or listen: a checkpoint's folder or hub name each, unset where there is none.
SEEING = plugins.media_encoders(
    {
        "image": env_str("MMSEARCH_IMAGE_MODEL"),
        "pages": env_str("MMSEARCH_PAGE_MODEL"),
        "video": env_str("MMSEARCH_VIDEO_MODEL"),
        "sound": env_str("MMSEARCH_SOUND_MODEL"),
        "unified": env_str("MMSEARCH_UNIFIED_MODEL"),
        "towers": env_str("MMSEARCH_TOWERS"),
    },
    device=DEVICE,
)
SEEING |= plugins.fused_media(env_str("MMSEARCH_FUSED"), SEEING)
# What writes down what is said in recordings without subtitles.
HEARING = plugins.transcribers(
    checkpoint=env_str("MMSEARCH_SPEECH_MODEL"),
    language=env_str("MMSEARCH_SPEECH_LANGUAGE"),
    device=DEVICE,
)
# What each part is made of. An alias names a configured object; a class may live in any package.
MMSEARCH: dict[str, Any] = {
    "ANONYMOUS_READING": env_bool("MMSEARCH_ANONYMOUS_READING", default=ON_LOOPBACK),
    "ALLOW_NONCOMMERCIAL": env_bool("MMSEARCH_ALLOW_NONCOMMERCIAL", default=False),
    "OFFLINE": env_bool("MMSEARCH_OFFLINE", default=False),
    "DATA_DIR": DATA_DIR,
    "MIN_FREE_BYTES": MIN_FREE_BYTES,
    "ENCODERS": {
        "minilm": {
            "BACKEND": "search.encoders.onnx_text.OnnxTextEncoder",
            "OPTIONS": {"checkpoint": env_str("MMSEARCH_TEXT_MODEL", "minilm")},
        },
        "tokens": {
            "BACKEND": "search.encoders.late_interaction.TokenStates",
            "OPTIONS": {"text": "minilm"},
        },
        "fde": {
            "BACKEND": "search.encoders.fde.FixedDimensional",
            "OPTIONS": {"tokens": "tokens"},
        },
        "wordpieces": {"BACKEND": "search.encoders.sparse.WordPieceCounts", "OPTIONS": {}},
        **SEEING,
    },
    "TEXT_ENCODER": "minilm",
    "SPACES": env_list("MMSEARCH_SPACES"),  # more encoders that read every document
    "MEDIA_SPACES": list(SEEING),  # encoders that look or listen
    "CODECS": {},  # further indexes, by encoder: "binary", "matryoshka"
    "GENERATORS": {
        "extractive": {"BACKEND": "search.generators.extractive.Extractive", "OPTIONS": {}},
        **plugins.language_models(
            url=LLM["URL"],
            model=LLM["MODEL"],
            api_key=LLM["API_KEY"],
            checkpoint=env_str("MMSEARCH_LOCAL_LLM"),
            device=DEVICE,
        ),
    },
    "RERANKERS": plugins.rerankers(cross_encoder=env_str("MMSEARCH_CROSS_ENCODER"), device=DEVICE),
    "TRANSCRIBERS": HEARING,
    "TRANSCRIBER": next(iter(HEARING), ""),
    "STAND_INS": env_bool("MMSEARCH_STAND_INS", default=False),
    "PARSERS": [],  # dotted paths tried before the built-in parsers
    "LLM": LLM,
    "URL_INGESTION": env_bool("MMSEARCH_URL_INGESTION", default=False),
    "EXACT_SCAN_LIMIT": env_int("MMSEARCH_EXACT_SCAN_LIMIT", 20_000, least=0),
    "BM25": {"K1": 1.2, "B": 0.75},
}
if LLM["URL"] and not LLM["MODEL"]:
    raise ImproperlyConfigured(
        "MMSEARCH_LLM_URL is set but MMSEARCH_LLM_MODEL is not; name the model."
    )
