"""``manage.py create_token``."""

import io
import json
from typing import Any

import pytest
from django.core import serializers
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from search.models import Token


def _run(*words: str) -> str:
    out = io.StringIO()
    call_command("create_token", *words, stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


def test_the_token_it_prints_opens_the_api(ada: Any, nobody: APIClient) -> None:
    text = _run("ada")
    assert text.startswith("mms_")
    response = nobody.get("/api/v1/corpora/", headers={"Authorization": f"Bearer {text}"})
    assert response.status_code == 200


def test_json_holds_the_token_and_its_end(ada: Any) -> None:
    body = json.loads(_run("ada", "--json", "--name", "laptop", "--days", "7"))
    assert body.items() >= {"user": "ada", "name": "laptop"}.items()
    token = Token.objects.get(pk=int(body["id"]))
    assert 6 < (token.expires_at - timezone.now()).total_seconds() / 86400 < 7


def test_the_token_is_never_stored_in_clear(ada: Any) -> None:
    text = _run("ada")
    stored = serializers.serialize("json", Token.objects.all())
    assert text not in stored
    assert text.removeprefix("mms_") not in stored


def test_an_expired_token_opens_nothing(ada: Any, nobody: APIClient) -> None:
    text = _run("ada", "--days", "1")
    Token.objects.update(expires_at=timezone.now())
    response = nobody.get("/api/v1/corpora/", headers={"Authorization": f"Bearer {text}"})
    assert response.status_code == 401


@pytest.mark.parametrize("words", [["nobody-here"], ["ada", "--days", "0"]])
def test_wrong_usage_exits_with_two(words: list[str], ada: Any) -> None:
    with pytest.raises(CommandError) as raised:
        _run(*words)
    assert raised.value.returncode == 2


def test_a_deactivated_user_gets_no_token(ada: Any) -> None:
    ada.is_active = False
    ada.save()
    with pytest.raises(CommandError):
        _run("ada")
    assert not Token.objects.exists()
