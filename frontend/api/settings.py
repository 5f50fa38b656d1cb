"""The API's part of the settings: ``mmsearch_site.settings`` takes it in."""

from typing import Any

from mmsearch_site.env import env_int

_PER_MINUTE = {
    "api": ("MMSEARCH_REQUESTS_PER_MINUTE", 12_000),
    "search": ("MMSEARCH_SEARCHES_PER_MINUTE", 3_000),
    "answer": ("MMSEARCH_ANSWERS_PER_MINUTE", 600),
    "upload": ("MMSEARCH_UPLOADS_PER_MINUTE", 1_200),
    "unsigned": ("MMSEARCH_UNSIGNED_PER_MINUTE", 600),
}

_REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "frontend.api.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": [
        "frontend.api.content.StrictJSONParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "frontend.api.content.ForgivingNegotiation",
    "DEFAULT_METADATA_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_THROTTLE_CLASSES": ["frontend.api.throttles.PerUser"],
    "NUM_PROXIES": 0,
    "EXCEPTION_HANDLER": "frontend.problems.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "frontend.api.schema.ProblemSchema",
}

SPECTACULAR: dict[str, Any] = {
    "TITLE": "MMSearch",
    "DESCRIPTION": (
        "The private library one can question. Sign in with `Authorization: Bearer TOKEN` "
        "(`manage.py create_token USER`) or with a session. Ids are strings of digits."
    ),
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "PREPROCESSING_HOOKS": ["frontend.api.schema.only_versioned"],
    "SERVE_INCLUDE_SCHEMA": True,
    "COMPONENT_SPLIT_REQUEST": False,
    "ENUM_NAME_OVERRIDES": {
        "RoleEnum": "search.models.Role",
        "VisibilityEnum": "search.models.Visibility",
    },
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SORT_OPERATIONS": False,
}


def rest_framework_settings() -> dict[str, Any]:
    """``REST_FRAMEWORK``, with the rates of the environment."""
    rates = {
        scope: f"{env_int(name, default, least=1)}/minute"
        for scope, (name, default) in _PER_MINUTE.items()
    }
    return {**_REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
