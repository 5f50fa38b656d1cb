"""A person's preferences and bearer tokens.

Of a token only the hash is kept; it can do what its owner can, at use time.
"""

import hashlib
import secrets
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from search.ids import new_id

PREFIX = "mms_"


class Preference(models.Model):
    """How a person wants to search where a question names no recipe."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="preference"
    )
    recipe = models.CharField(max_length=100, blank=True)  # empty: as the library says

    def __str__(self) -> str:
        return f"{self.user} searches by {self.recipe or 'what the library says'}"


class TokenQuerySet(models.QuerySet["Token"]):
    def presented(self, text: str) -> "Token | None":
        """The live token with this text, or None."""
        live = Q(expires_at__isnull=True) | Q(expires_at__gt=Now())
        found = self.filter(live, digest=_digest(text), user__is_active=True)
        return found.select_related("user").first()


class Token(models.Model):
    """A key for programs."""

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar = TokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name or 'token'} of {self.user}"

    @classmethod
    def mint(cls, user_id: int, *, name: str = "") -> tuple["Token", str]:
        """A new token and its text, which is shown this once."""
        text = PREFIX + secrets.token_urlsafe(32)
        return cls.objects.create(user_id=user_id, name=name, digest=_digest(text)), text


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
