"""Bearer tokens of programs, beside the session of a browser."""

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from search.models import Token

_NOTED_EVERY = timedelta(minutes=1)


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer mms_…``: the token can do what its owner can, at use time."""

    def authenticate(self, request: Any) -> tuple[Any, Token] | None:
        """The owner and the token; None when the header speaks of something else."""
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        token = _presented(words[1]) if len(words) == 2 else None
        if token is None:
            raise AuthenticationFailed(
                "This token is unknown, expired or revoked; make one with manage.py create_token."
            )
        _note_use(token)
        return token.user, token

    def authenticate_header(self, request: Any) -> str:
        """What ``WWW-Authenticate`` says to those who are not signed in."""
        return 'Bearer realm="MMSearch"'


class BearerScheme(OpenApiAuthenticationExtension):
    """The token in the OpenAPI schema."""

    target_class = "frontend.api.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """The security scheme object."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "mms_…",
            "description": "Printed once by `manage.py create_token USER`.",
        }


def _presented(word: bytes) -> Token | None:
    try:
        return Token.objects.presented(word.decode("ascii"))
    except UnicodeDecodeError:
        return None


def _note_use(token: Token) -> None:
    """Remember when it was last used, at most once a minute."""
    long_ago = Q(used_at__isnull=True) | Q(used_at__lt=Now() - _NOTED_EVERY)
    Token.objects.filter(long_ago, pk=token.pk).update(used_at=Now())
