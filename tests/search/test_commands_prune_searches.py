import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from search.models import Answer, Search

pytestmark = pytest.mark.django_db


def asked(days_ago: int) -> Search:
    search = Search.objects.create(text="heron", recipe="bm25")
    Answer.objects.create(search=search)
    when = timezone.now() - timedelta(days=days_ago)
    Search.objects.filter(pk=search.pk).update(created_at=when)
    return search


def prune(*words: str) -> dict[str, object]:
    out = StringIO()
    call_command("prune_searches", *words, "--json", stdout=out)
    found: dict[str, object] = json.loads(out.getvalue())
    return found


def test_old_questions_go_with_their_answers() -> None:
    asked(40)
    kept = asked(20)
    assert prune() == {"searches": 1, "answers": 1, "deleted": True}
    assert Search.objects.get() == kept
    assert Answer.objects.get().search == kept
    assert prune("--days", "10") == {"searches": 1, "answers": 1, "deleted": True}


def test_a_dry_run_deletes_nothing() -> None:
    asked(40)
    assert prune("--dry-run") == {"searches": 1, "answers": 1, "deleted": False}
    assert Search.objects.count() == 1


def test_days_are_not_negative() -> None:
    with pytest.raises(CommandError) as caught:
        prune("--days", "-1")
    assert caught.value.returncode == 2
