import json
import logging
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction

from search import pipeline, services
from search.errors import NotVisibleError, QueryError
from search.forgetting import REMOVED
from search.generators.extractive import Extractive
from search.models import Answer, Corpus, Document, Feedback, Membership, Passage, Role, Search
from search.types import Candidate, Filters, Hit, Query, Viewer
from tests.people import viewer
from tests.search.library import add

SECRET = "The zephyrine lamp of Skerryvore was built by Marguerite Delacroix in 1844."
OPEN = (
    "The lighthouse at Cordouan was first lit with a lens of rings in July 1823.",
    "Keepers polished the lens every morning and trimmed the wicks at midnight.",
)
QUESTION = "Who built the zephyrine lamp of Skerryvore?"


@pytest.fixture
def secret(hashing: Any, private_corpus: Corpus) -> int:
    """A document of ada's that bob may read and carol may not; gives its passage's id."""
    (key,) = add(private_corpus, SECRET, title="Skerryvore", authors=["M. Delacroix"])
    return key


@pytest.fixture
def shared(hashing: Any, public_corpus: Corpus) -> list[int]:
    """A document for everybody."""
    return add(public_corpus, *OPEN, title="Cordouan")


def query(person: Viewer, text: str = QUESTION, **fields: Any) -> Query:
    return Query(text=text, corpora=services.visible_corpora(person), **fields)


def test_a_viewer_sees_public_corpora_and_those_shared_with_them(
    ada: User, bob: User, carol: User, private_corpus: Corpus, public_corpus: Corpus
) -> None:
    both = {private_corpus.pk, public_corpus.pk}
    assert set(services.visible_corpora(viewer(ada))) == both
    assert set(services.visible_corpora(viewer(bob))) == both
    assert set(services.visible_corpora(viewer(carol))) == {public_corpus.pk}
    assert set(services.visible_corpora(Viewer())) == {public_corpus.pk}
    assert set(services.visible_corpora(Viewer(unrestricted=True))) == both
    assert services.visible_corpora(viewer(bob), ["field-notes"]) == (private_corpus.pk,)


@pytest.mark.parametrize("slug", ["field-notes", "no-such-corpus"])
def test_a_hidden_corpus_and_a_missing_one_look_the_same(
    carol: User, private_corpus: Corpus, slug: str
) -> None:
    with pytest.raises(NotVisibleError, match=f"There is no corpus '{slug}' that you may read."):
        services.visible_corpora(viewer(carol), [slug])


def test_a_search_is_kept_with_what_it_showed(bob: User, secret: int, shared: list[int]) -> None:
    row = services.open_search(query(viewer(bob)), viewer(bob))
    kept = Search.objects.get(pk=row.pk)
    assert kept.user == bob
    assert kept.passages[0] == secret
    body = kept.body
    assert json.loads(json.dumps(body)) == body
    assert body["id"] == str(row.pk)
    assert body["query"]["text"] == QUESTION
    assert body["query"]["corpora"] == ["field-notes", "lighthouses"]
    assert body["total"] >= 1
    assert {"lexical", "hydrate"} <= set(body["timings"])
    assert body["facets"]["author"] == [{"value": "M. Delacroix", "count": 1}]


def test_a_hit_has_every_field_of_the_contract(bob: User, secret: int) -> None:
    hit = services.open_search(query(viewer(bob)), viewer(bob)).body["hits"][0]
    document = Document.objects.get(passages=secret)
    assert hit["passage"] == str(secret)
    assert hit["rank"] == 1
    assert hit["kind"] == "text"
    assert "<mark>zephyrine</mark> <mark>lamp</mark>" in hit["snippet"]
    assert hit["view_url"] == f"/documents/{document.pk}/?passage={secret}"
    assert hit["thumbnail_url"] is None
    assert hit["locator"] == {}
    assert hit["document"]["title"] == "Skerryvore"
    assert hit["document"]["corpus"] == "field-notes"
    assert hit["document"]["authors"] == ["M. Delacroix"]
    assert 0 < hit["confidence"] <= 1
    assert sum(signal["share"] for signal in hit["signals"].values()) == pytest.approx(1)
    assert sum(hit["modality_shares"].values()) == pytest.approx(1)
    assert {"built", "zephyrine", "lamp", "skerryvore"} == set(hit["why"])


def test_a_locator_says_only_what_applies(bob: User, secret: int) -> None:
    Passage.objects.filter(pk=secret).update(
        page=4, page_label="iv", boxes=[[0.1, 0.2, 0.3, 0.4]], char_start=10, char_end=85,
        picture="a" * 64,
    )  # fmt: skip
    hit = services.open_search(query(viewer(bob)), viewer(bob)).body["hits"][0]
    assert hit["locator"] == {
        "page": 4,
        "page_label": "iv",
        "boxes": [[0.1, 0.2, 0.3, 0.4]],
        "chars": [10, 85],
    }
    assert hit["thumbnail_url"].endswith(f"/assets/{'a' * 64}")


def test_an_answer_quotes_and_cites_and_keeps_its_hits(bob: User, secret: int) -> None:
    row = services.open_answer(query(viewer(bob)), viewer(bob))
    body = row.body
    assert body["text"] == f"{SECRET} [1]"
    assert body["sentences"] == [{"text": SECRET, "citations": [1], "support": "quoted"}]
    (citation,) = body["citations"]
    assert (citation["marker"], citation["passage"]) == (1, str(secret))
    assert citation["quote"] == SECRET
    place = f"?passage={secret}&chars=0-{len(SECRET)}"
    assert citation["view_url"] == f"/documents/{row.documents[0]}/{place}"
    assert body["refused"] is False
    assert 0 < body["confidence"] <= 1
    assert body["generator"] == "extractive"
    assert body["hits"][0]["passage"] == str(secret)
    assert [step["action"] for step in body["steps"]] == ["search", "answer"]
    assert row.search.body["hits"] == body["hits"]


def test_what_the_library_does_not_hold_is_refused_with_the_nearest(
    carol: User, shared: list[int]
) -> None:
    asked = query(viewer(carol), "Which lens do surgeons use in Mongolia for cataracts?")
    body = services.open_answer(asked, viewer(carol)).body
    assert body["refused"] is True
    assert body["text"] == "Nothing in the library answers this question."
    assert body["sentences"] == body["citations"] == []
    assert {hit["passage"] for hit in body["hits"]} <= {str(key) for key in shared}
    assert body["hits"]


def test_carol_gets_nothing_of_the_private_corpus(
    carol: User, secret: int, shared: list[int]
) -> None:
    for body in (
        services.open_search(query(viewer(carol)), viewer(carol)).body,
        services.open_answer(query(viewer(carol)), viewer(carol)).body,
    ):
        words = json.dumps(body | {"query": {}, "steps": []})
        assert "zephyrine" not in words.lower()
        assert "Delacroix" not in words
        assert str(secret) not in words


def test_a_passage_that_slipped_through_is_dropped_and_reported(
    carol: User,
    private_corpus: Corpus,
    secret: int,
    shared: list[int],
    caplog: pytest.LogCaptureFixture,
) -> None:
    leaky = replace(query(viewer(carol)), corpora=(private_corpus.pk,))
    with caplog.at_level(logging.ERROR, "search.services"):
        body = services.open_answer(leaky, viewer(carol)).body
    assert body["refused"] is True
    assert body["hits"] == []
    assert f"Passage {secret}" in caplog.text
    assert "zephyrine" not in caplog.text


def test_questions_are_not_logged(bob: User, secret: int, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        services.open_answer(query(viewer(bob)), viewer(bob))
    assert "zephyrine" not in caplog.text


def test_an_answer_is_read_by_its_asker_alone(
    ada: User, bob: User, carol: User, secret: int
) -> None:
    row = services.open_answer(query(viewer(bob)), viewer(bob))
    assert services.read_answer(row.pk, viewer(bob)) == row.body
    assert services.read_answer(row.pk, Viewer(unrestricted=True)) == row.body
    for stranger in (viewer(ada), viewer(carol), Viewer()):
        with pytest.raises(NotVisibleError):
            services.read_answer(row.pk, stranger)
    with pytest.raises(NotVisibleError):
        services.read_answer(1, viewer(bob))


def test_an_answer_is_gone_when_its_corpus_is_no_longer_shared(
    bob: User, secret: int, private_corpus: Corpus
) -> None:
    row = services.open_answer(query(viewer(bob)), viewer(bob))
    Membership.objects.filter(corpus=private_corpus, user=bob).delete()
    with pytest.raises(NotVisibleError):
        services.read_answer(row.pk, viewer(bob))


def test_an_answer_stays_as_it_was_when_the_passage_changes(bob: User, secret: int) -> None:
    row = services.open_answer(query(viewer(bob)), viewer(bob))
    Passage.objects.filter(pk=secret).update(text="Something else.")
    assert services.read_answer(row.pk, viewer(bob))["citations"][0]["quote"] == SECRET


def test_results_come_in_pages_without_repeats(carol: User, public_corpus: Corpus) -> None:
    for number in range(7):
        add(
            public_corpus, f"Heron number {number} stood in pond {number * 13}.", title=f"n{number}"
        )
    seen: list[str] = []
    asked = query(viewer(carol), "heron pond", k=3)
    for offset in (0, 3, 6):
        body = services.open_search(replace(asked, offset=offset), viewer(carol)).body
        assert [hit["rank"] for hit in body["hits"]] == [
            offset + n for n in range(1, len(body["hits"]) + 1)
        ]
        assert (body["next_cursor"] is None) == (len(body["hits"]) < 3)
        seen += [hit["passage"] for hit in body["hits"]]
    assert len(seen) == len(set(seen)) == 7


def test_a_long_document_takes_three_places_and_lists_the_rest(
    carol: User, public_corpus: Corpus
) -> None:
    add(public_corpus, *[f"Heron {n} ate eel {n * 17} at dusk." for n in range(6)], title="Long")
    add(public_corpus, "A heron flew away.", title="Short")
    asked = query(viewer(carol), "heron eel")
    hits = services.open_search(asked, viewer(carol)).body["hits"]
    assert sorted(hit["document"]["title"] for hit in hits) == ["Long"] * 3 + ["Short"]
    assert len(hits[0]["more"]) == 3
    assert {"passage", "snippet", "locator", "view_url"} <= set(hits[0]["more"][0])
    long = Document.objects.get(title="Long")
    alone = replace(asked, filters=Filters(document=(long.pk,)))
    assert len(services.open_search(alone, viewer(carol)).body["hits"]) == 6


def test_passages_like_one_are_found_for_those_who_see_it(
    bob: User, carol: User, secret: int, shared: list[int], private_corpus: Corpus
) -> None:
    (near,) = add(private_corpus, "Another zephyrine lamp was built for Skerryvore in 1850.")
    found = services.similar_to(secret, viewer(bob))
    assert found.passages[0] == near
    assert secret not in found.passages
    with pytest.raises(NotVisibleError):
        services.similar_to(secret, viewer(carol))


def test_the_same_voter_again_replaces_the_vote(bob: User, secret: int) -> None:
    answer = services.open_answer(query(viewer(bob)), viewer(bob))
    first = services.give_feedback(viewer(bob), answer=answer.pk, value=1)
    again = services.give_feedback(viewer(bob), answer=answer.pk, value=-1, comment="No.\x00")
    assert first.pk == again.pk
    assert Feedback.objects.get().value == -1
    hit = services.give_feedback(
        viewer(bob), search=answer.search_id, passage=secret, value=1, reason="exact"
    )
    assert (hit.passage_id, hit.reason) == (secret, "exact")


def test_one_votes_only_on_what_one_was_shown(
    bob: User, carol: User, secret: int, shared: list[int]
) -> None:
    answer = services.open_answer(query(viewer(bob)), viewer(bob))
    with pytest.raises(NotVisibleError):
        services.give_feedback(viewer(carol), answer=answer.pk, value=1)
    with pytest.raises(NotVisibleError):
        services.give_feedback(viewer(bob), search=answer.search_id, passage=7, value=1)


@pytest.mark.parametrize(
    "vote",
    [
        {"answer": 1, "value": 0},
        {"answer": 1, "search": 1, "passage": 1, "value": 1},
        {"search": 1, "value": 1},
        {"value": 1},
    ],
)
def test_a_vote_that_makes_no_sense_is_refused(bob: User, vote: dict[str, int]) -> None:
    with pytest.raises(QueryError):
        services.give_feedback(viewer(bob), **vote)  # type: ignore[arg-type]


def test_strangers_do_not_vote(db: None) -> None:
    with pytest.raises(QueryError, match="Sign in"):
        services.give_feedback(Viewer(), answer=1, value=1)


def test_removed_documents_leave_no_word_in_stored_answers(
    bob: User, secret: int, shared: list[int]
) -> None:
    both = services.open_answer(
        query(viewer(bob), f"{QUESTION} When was the lighthouse at Cordouan first lit?"),
        viewer(bob),
    )
    assert len(both.documents) == 2
    untouched = services.open_search(query(viewer(bob), "wicks at midnight", k=1), viewer(bob))
    document = Document.objects.get(passages=secret)
    with transaction.atomic():
        assert services.forget_documents([document.pk]) == {"search": 1, "answer": 1}
    body = services.read_answer(both.pk, viewer(bob))
    stored = json.dumps([body | {"query": {}, "steps": []}, both.search.body["hits"][:0]])
    assert "zephyrine" not in stored
    assert "Delacroix" not in stored
    assert REMOVED in body["text"]
    assert "July 1823" in body["text"]
    assert {c["quote"] for c in body["citations"]} >= {REMOVED}
    markers = {c["marker"] for c in body["citations"]}
    assert all(set(s["citations"]) <= markers for s in body["sentences"])
    kept = Search.objects.get(pk=both.search_id)
    assert "Delacroix" not in json.dumps(kept.body["hits"]) + json.dumps(kept.body["facets"])
    assert Search.objects.get(pk=untouched.pk).body == untouched.body


def test_a_document_removed_while_it_was_found_is_not_stored(
    bob: User, secret: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = services._checked

    def removed_after(candidates: Sequence[Candidate], who: Viewer) -> tuple[Candidate, ...]:
        found = checked(candidates, who)
        Document.objects.all().delete()
        return found

    monkeypatch.setattr(services, "_checked", removed_after)
    row = services.open_answer(query(viewer(bob)), viewer(bob))
    assert "Delacroix" not in json.dumps([row.body, row.search.body])
    assert REMOVED in row.body["text"]


def test_one_forgets_ones_own_questions(ada: User, bob: User, secret: int) -> None:
    services.open_answer(query(viewer(bob)), viewer(bob))
    services.open_search(query(viewer(bob)), viewer(bob))
    services.open_answer(query(viewer(ada)), viewer(ada))
    assert services.forget_searches(viewer(bob)) == 2
    assert Search.objects.get().user == ada
    assert Answer.objects.get().user == ada
    assert services.forget_searches(Viewer()) == 0


def test_a_configured_language_model_is_said_to_be_unused(
    bob: User, secret: int, settings: Any
) -> None:
    llm = {"URL": "http://127.0.0.1:9", "MODEL": "m", "API_KEY": ""}
    settings.MMSEARCH = settings.MMSEARCH | {"LLM": llm}
    body = services.open_answer(query(viewer(bob)), viewer(bob)).body
    assert body["generator"] == "extractive"
    assert services.LLM_UNUSED in body["degraded"]


@pytest.mark.parametrize(
    ("recipe", "by_meaning"),
    [("default", True), ("narrow", True), ("binary_float", True), ("bm25", False)],
)
def test_an_answer_compares_meanings_where_the_search_did(
    bob: User, secret: int, recipe: str, by_meaning: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[bool] = []
    write = Extractive.write

    def noted(self: Extractive, *args: Any, embed: Any = None, **more: Any) -> Any:
        given.append(embed is not None)
        return write(self, *args, embed=embed, **more)

    monkeypatch.setattr(Extractive, "write", noted)
    services.open_answer(query(viewer(bob), recipe=recipe), viewer(bob))
    assert given == [by_meaning]


@pytest.mark.django_db(transaction=True)
def test_answers_that_show_one_document_do_not_wait_for_each_other_and_removal_does(
    bob: User, secret: int
) -> None:
    document = Passage.objects.get(pk=secret).document_id

    def hold_too(found: list[object]) -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '300ms'")
                found.append(Document.objects.hold([document, 1]))
                cursor.execute("DELETE FROM search_document WHERE id = %s", [document])
        except OperationalError as error:
            found.append(error)
        finally:
            connection.close()

    found: list[object] = []
    with transaction.atomic():
        assert Document.objects.hold([document]) == {document}
        other = threading.Thread(target=hold_too, args=[found])
        other.start()
        other.join()
    assert found[0] == {document}
    assert "lock timeout" in str(found[1])
    assert Document.objects.filter(pk=document).exists()


def test_words_alone_answer_when_meaning_is_not_asked_for(bob: User, secret: int) -> None:
    body = services.open_answer(query(viewer(bob), recipe="bm25"), viewer(bob)).body
    assert body["citations"][0]["quote"] == SECRET
    assert list(body["hits"][0]["signals"]) == ["bm25"]


def test_odd_text_reaches_the_database_clean(bob: User, secret: int) -> None:
    row = services.open_answer(query(viewer(bob), "lamp\x00 \ud800 Skerryvore"), viewer(bob))
    assert "\x00" not in Search.objects.get(pk=row.search_id).text


def test_nothing_visible_gives_an_empty_list(db: None, hashing: Any) -> None:
    row = services.open_answer(Query(text="heron"), Viewer())
    assert row.body["refused"] is True
    assert row.body["hits"] == []
    assert row.search.body["total"] == 0


def test_a_hit_without_content_is_not_listed(bob: User, secret: int) -> None:
    found = pipeline.hydrate([Hit(12345, 1.0)], services.visible_corpora(viewer(bob)))
    assert found == ()


def test_roles_do_not_matter_for_reading(bob: User, secret: int, private_corpus: Corpus) -> None:
    Membership.objects.filter(user=bob).update(role=Role.CURATOR)
    assert services.open_search(query(viewer(bob)), viewer(bob)).passages[0] == secret
