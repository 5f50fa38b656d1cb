"""Make a token for a program that uses the API as a person."""

import json
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from search.models import Token


class Command(BaseCommand):
    """``create_token USER``: prints the token once; only its hash is kept."""

    help = "Make a bearer token for a user and print it, this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="whose rights the token has, at the time it is used")
        parser.add_argument("--name", default="", help="what it is for, as lists show it")
        parser.add_argument("--days", type=int, help="end its life after so many days")
        parser.add_argument("--json", action="store_true", help="one JSON document on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["days"]
        if days is not None and not 1 <= days <= 36_500:
            raise CommandError(f"--days is {days}; write 1 to 36500.", returncode=2)
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}.", returncode=2)
        if not user.is_active:
            raise CommandError(
                f"{options['user']} is deactivated: the token would open nothing.", returncode=2
            )
        token, text = Token.mint(user.pk, name=options["name"][:100])
        if days:
            token.expires_at = timezone.now() + timedelta(days=days)
            token.save(update_fields=["expires_at"])
        if not options["json"]:
            self.stdout.write(text)
            self.stderr.write("Keep it: it cannot be shown again.")
            return
        expires = token.expires_at.isoformat() if token.expires_at else None
        body = {"user": user.get_username(), "name": token.name, "token": text}
        self.stdout.write(json.dumps({**body, "id": str(token.pk), "expires_at": expires}))
