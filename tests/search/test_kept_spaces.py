"""A model is replaced beside the old one, and the way back stays open until somebody closes it."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from search import pipeline
from search.kept_spaces import kept_spaces
from search.models import Corpus, Vector, VectorSpace
from search.types import Query
from tests.search.library import HASHING, add, with_hashing

pytestmark = pytest.mark.django_db
WIDER = HASHING | {"OPTIONS": {"dim": 96}}


def _listed(*words: str) -> dict[str, Any]:
    out = StringIO()
    call_command("spaces", *words, "--json", stdout=out)
    return dict(json.loads(out.getvalue()))


def _use(settings: Any, **model: Any) -> None:
    settings.MMSEARCH = with_hashing(ENCODERS={"hashing": model})


def _by_meaning(corpus: Corpus) -> int:
    query = Query(text="heron", corpora=(corpus.pk,), recipe="dense")
    return len(pipeline.find(query).candidates)


def test_a_new_model_is_filled_beside_the_old_one_asked_and_left_again(
    corpus: Corpus, settings: Any
) -> None:
    add(corpus, "A heron by the lake", "An owl in the wood")
    _use(settings, **WIDER)
    call_command("build_space", "hashing", "--json", stdout=StringIO())
    new, old = kept_spaces()
    assert (new.dim, new.held, new.lacking) == (96, 2, 0)
    assert (old.dim, old.held, old.is_used) == (64, 2, False)
    assert _by_meaning(corpus) == 2
    _use(settings, **HASHING)  # the way back
    assert [one.dim for one in kept_spaces()] == [64, 96]
    assert _by_meaning(corpus) == 2


def test_what_a_model_has_still_to_read_is_told(corpus: Corpus, settings: Any) -> None:
    add(corpus, "A heron by the lake", "An owl in the wood")
    _use(settings, **WIDER)
    add(corpus, "A finch")
    (new, *_) = kept_spaces()
    assert (new.held, new.lacking) == (1, 2)
    out = StringIO()
    call_command("spaces", stdout=out)
    assert "asked, lacks 2: manage.py build_space hashing" in out.getvalue()
    assert "not asked; no setting names its model" in out.getvalue()


def test_a_space_that_nobody_asks_is_removed_and_the_other_stays(
    corpus: Corpus, settings: Any
) -> None:
    add(corpus, "A heron by the lake", "An owl in the wood")
    (old,) = VectorSpace.objects.values_list("fingerprint", flat=True)
    _use(settings, **WIDER)
    call_command("build_space", "hashing", "--json", stdout=StringIO())
    body = _listed("--remove", old)
    assert body["removed"] == 2
    assert [one["used"] for one in body["spaces"]] == [True]
    assert Vector.objects.count() == 2
    assert _by_meaning(corpus) == 2


def test_a_space_in_use_is_not_removed(corpus: Corpus) -> None:
    add(corpus, "A heron by the lake")
    (own,) = VectorSpace.objects.values_list("fingerprint", flat=True)
    with pytest.raises(CommandError, match=r"is in use: .* \(hashing\)"):
        _listed("--remove", own)
    assert Vector.objects.count() == 1


def test_a_space_that_is_not_there_is_named_with_those_that_are(corpus: Corpus) -> None:
    add(corpus, "A heron")
    with pytest.raises(CommandError, match="no space 'nothing'; known: hashing"):
        _listed("--remove", "nothing")
