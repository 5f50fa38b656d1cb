"""Addresses and forms become the same queries as JSON."""

import unicodedata
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from django.test import RequestFactory

from frontend.fields import FieldError, clean, date_text, identifier, shown
from frontend.forms import InvalidQuery, goes_on, query_from_request, viewer_of
from search import services
from search.models import Corpus
from search.types import Query, Viewer


def _asked(address: str, viewer: Viewer = Viewer()) -> Query:  # noqa: B008  frozen
    return query_from_request(QueryDict(address), {}, viewer)


def test_an_address_says_everything_in_short_names(public_corpus: Corpus) -> None:
    query = _asked(
        "q=grey+heron&corpus=lighthouses&kind=text&kind=image&author=Ada&language=en&from=2001"
        "&to=2009-06&limit=5&recipe=bm25"
    )
    assert (query.text, query.corpora, query.k) == ("grey heron", (public_corpus.pk,), 5)
    assert (query.filters.kind, query.filters.author) == (("text", "image"), ("Ada",))
    assert (query.filters.published_from, query.filters.published_to) == ("2001", "2009-06")
    assert query.recipe == "bm25"


def test_empty_fields_of_a_form_ask_for_nothing(public_corpus: Corpus) -> None:
    query = _asked("q=heron&corpus=&kind=&author=&from=&to=&limit=&cursor=&recipe=&weights=")
    assert query == Query(text="heron", corpora=(public_corpus.pk,))


def test_no_corpus_named_means_all_that_one_may_see(
    private_corpus: Corpus, public_corpus: Corpus, bob: Any
) -> None:
    assert _asked("q=heron").corpora == (public_corpus.pk,)
    everything = {private_corpus.pk, public_corpus.pk}
    assert set(_asked("q=heron", Viewer(user_id=bob.pk)).corpora) == everything


def test_every_wrong_field_is_named_at_once(db: None) -> None:
    with pytest.raises(InvalidQuery) as raised:
        _asked("q=heron&limit=x&kind=smell&recipe=magic")
    assert raised.value.errors.keys() == {"limit", "filters.kind", "recipe"}
    assert raised.value.status == 400


def test_a_cursor_of_a_result_list_is_taken_back(public_corpus: Corpus) -> None:
    first = services.open_search(_asked("q=heron&limit=10&recipe=bm25"), Viewer())
    assert first.body["next_cursor"] is None
    cursor = urlsafe_b64encode(b"from 10").decode()
    assert _asked(f"q=heron&limit=10&cursor={cursor}").offset == 10


def test_lists_end_after_a_thousand_hits(db: None) -> None:
    assert goes_on(Query(offset=900, k=50))
    assert not goes_on(Query(offset=900, k=51))
    with pytest.raises(InvalidQuery):
        _asked(f"q=heron&limit=51&cursor={urlsafe_b64encode(b'from 950').decode()}")


def test_a_stranger_is_a_viewer_without_a_name(ada: Any) -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    assert viewer_of(request) == Viewer()
    request.user = ada
    assert viewer_of(request) == Viewer(user_id=ada.pk)


def test_text_is_made_storable() -> None:
    assert clean("a\x00b\ud800") == "ab\ufffd"
    assert clean("e\u0301") == unicodedata.normalize("NFC", "é")


@pytest.mark.parametrize("value", ["0", "-1", "1.0", " 1", "²", "", None, True, 2**63, 1.0])
def test_what_is_no_id_is_refused(value: Any) -> None:
    with pytest.raises(FieldError):
        identifier(value)


@pytest.mark.parametrize("value", ["2009-02-30", "0000", "2009-1", "09", "2009-06-15T00:00", 20090])
def test_what_is_no_date_is_refused(value: Any) -> None:
    with pytest.raises(FieldError):
        date_text(value)


def test_a_value_is_repeated_in_short() -> None:
    assert len(shown("x" * 10_000)) < 90
