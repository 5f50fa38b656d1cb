"""Questions, answers, streams, votes and recipes."""

import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFont
from rest_framework.test import APIClient

from search.models import Answer, Feedback
from tests.frontend.api.conftest import CANARY, Shelf, problem
from tests.search.library import add

SEARCH, ANSWERS = "/api/v1/search/", "/api/v1/answers/"
HIT = {
    "passage", "rank", "score", "confidence", "kind", "snippet", "locator", "thumbnail_url",
    "document", "view_url", "signals", "modality_shares",
}  # fmt: skip
ANSWER = {
    "id", "query", "text", "sentences", "citations", "refused", "confidence", "generator", "recipe",
    "took_ms", "timings", "degraded", "followups", "steps", "hits",
}  # fmt: skip


def _ask(client: APIClient, address: str, body: Any, **headers: str) -> Any:
    return client.post(address, body, format="json", headers=headers)


def test_a_search_answers_as_the_contract_says(as_bob: APIClient, secret: Shelf) -> None:
    body = _ask(as_bob, SEARCH, {"text": f"where does the {CANARY} nest"}).json()
    assert body.keys() >= {
        "id", "query", "recipe", "took_ms", "total", "hits", "facets", "degraded", "timings",
    }  # fmt: skip
    hit = body["hits"][0]
    assert hit.keys() >= HIT
    assert hit["passage"] == str(secret.passages[0].pk)
    assert "<mark>" in hit["snippet"]
    assert hit["document"]["corpus"] == "field-notes"
    assert abs(sum(signal["share"] for signal in hit["signals"].values()) - 1) < 1e-6


def test_one_can_ask_for_more_like_a_passage(as_bob: APIClient, secret: Shelf) -> None:
    like = str(secret.passages[0].pk)
    body = _ask(as_bob, SEARCH, {"passage": like}).json()
    assert [hit["passage"] for hit in body["hits"]] == [str(secret.passages[1].pk)]


def test_a_passage_one_may_not_see_cannot_be_asked_with(
    as_carol: APIClient, secret: Shelf, open_shelf: Shelf
) -> None:
    problem(_ask(as_carol, SEARCH, {"passage": str(secret.passages[0].pk)}), 404)


@pytest.mark.parametrize("slug", ["field-notes", "no-such-corpus"])
def test_a_corpus_one_may_not_see_does_not_exist(
    slug: str, as_carol: APIClient, secret: Shelf
) -> None:
    for address in (SEARCH, ANSWERS):
        problem(_ask(as_carol, address, {"text": CANARY, "corpora": [slug]}), 404)


def test_what_one_may_not_see_changes_nothing_in_the_answer(
    as_carol: APIClient, open_shelf: Shelf, request: Any
) -> None:
    question = {"text": "Who lights the lamp of the north cliff at dusk?"}

    def body() -> Any:
        found = _ask(as_carol, SEARCH, question).json()
        return {
            name: found[name] for name in ("total", "hits", "facets", "degraded", "next_cursor")
        }

    before = body()
    request.getfixturevalue("secret")
    assert body() == before


def test_the_cursor_of_a_search_walks_on(as_ada: APIClient, public_corpus: Any) -> None:
    sizes = ("red", "old", "tall", "new", "wet", "dry", "low")
    texts = [f"The {size} stork of house {place} and its nest" for place, size in enumerate(sizes)]
    keys = {str(add(public_corpus, text, title=f"House {text[:9]}")[0]) for text in texts}
    seen: list[str] = []
    cursor = None
    for _ in range(4):
        body = _ask(as_ada, SEARCH, {"text": "stork nest", "limit": 3, "cursor": cursor}).json()
        seen += [hit["passage"] for hit in body["hits"]]
        if not (cursor := body["next_cursor"]):
            break
    assert len(seen) == len(set(seen))
    assert set(seen) == keys


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": 5}, "text"),
        ({"text": "a" * 2001}, "text"),
        ({"text": "a", "limit": 0}, "limit"),
        ({"text": "a", "limit": 101}, "limit"),
        ({"text": "a", "limit": True}, "limit"),
        ({"text": "a", "limit": "ten"}, "limit"),
        ({"text": "a", "cursor": "xyz"}, "cursor"),
        ({"text": "a", "recipe": "magic"}, "recipe"),
        ({"text": "a", "passage": "abc"}, "passage"),
        ({"text": "a", "passage": 2**64}, "passage"),
        ({"text": "a", "weights": {"smell": 1}}, "weights"),
        ({"text": "a", "weights": {"text": "loud"}}, "weights"),
        ({"text": "a", "weights": {"text": -1}}, "weights"),
        ({"text": "a", "weights": {"text": 10**400}}, "weights"),
        ({"text": "a", "filters": {"colour": ["red"]}}, "filters"),
        ({"text": "a", "filters": []}, ""),
        ({"text": "a", "filters": [1]}, "filters"),
        ({"text": "a", "filters": {"kind": ["smell"]}}, "filters.kind"),
        ({"text": "a", "filters": {"published": {"from": "yesterday"}}}, "filters.published"),
        (
            {"text": "a", "filters": {"published": {"from": "2010", "to": "2009"}}},
            "filters.published",
        ),
        ({"text": "a", "filters": {"document": ["x"]}}, "filters.document"),
        ({"text": "a", "corpora": [["x"]]}, "corpora"),
    ],
)
def test_a_wrong_field_of_a_query_is_named_with_a_remedy(
    body: dict[str, Any], field: str, as_ada: APIClient, open_shelf: Shelf
) -> None:
    response = _ask(as_ada, SEARCH, body)
    if not field:
        assert response.status_code == 200
        return
    assert list(problem(response, 400)["errors"]) == [field]


def test_an_unknown_recipe_is_answered_with_those_there_are(
    as_ada: APIClient, open_shelf: Shelf
) -> None:
    errors = problem(_ask(as_ada, SEARCH, {"text": "a", "recipe": "magic"}), 400)["errors"]
    assert "bm25" in errors["recipe"][0]
    assert "'magic'" in errors["recipe"][0]


def test_a_form_asks_the_same_as_json(as_ada: APIClient, open_shelf: Shelf) -> None:
    asked = {"text": "heron", "limit": 1, "corpora": ["lighthouses"], "filters": {"kind": ["text"]}}
    form = asked | {"filters": json.dumps(asked["filters"])}
    by_json = _ask(as_ada, SEARCH, asked).json()
    by_form = as_ada.post(SEARCH, form, format="multipart").json()
    assert by_form["hits"] == by_json["hits"] != []


def test_a_picture_is_searched_by_the_words_in_it(as_ada: APIClient, open_shelf: Shelf) -> None:
    picture = Image.new("RGB", (900, 160), "white")
    font = ImageFont.load_default(size=60)
    ImageDraw.Draw(picture).text((30, 40), "grey heron stands still", "black", font=font)
    body = as_ada.post(SEARCH, {"image": _png(picture)}, format="multipart").json()
    assert body["hits"][0]["passage"] == str(open_shelf.passages[1].pk)
    assert "heron" in body["query"]["media"][0]["words"]


def test_a_picture_that_does_not_decode_is_unprocessable(
    as_ada: APIClient, open_shelf: Shelf
) -> None:
    half = _png(Image.effect_noise((300, 300), 90)).read()[:200]
    broken = SimpleUploadedFile("broken.png", half)
    found = problem(as_ada.post(SEARCH, {"image": broken}, format="multipart"), 422)
    assert list(found["errors"]) == ["image"]


def test_a_picture_of_nothing_in_the_library_finds_nothing(
    as_ada: APIClient, open_shelf: Shelf
) -> None:
    blank = Image.new("RGB", (200, 200), "navy")
    body = as_ada.post(SEARCH, {"image": _png(blank)}, format="multipart").json()
    assert (body["hits"], body["nothing_matches"]) == ([], True)
    assert any("shows what the picture shows" in sentence for sentence in body["degraded"])
    answer = as_ada.post(ANSWERS, {"image": _png(blank)}, format="multipart").json()
    assert (answer["refused"], answer["citations"]) == (True, [])


def test_what_is_no_picture_is_no_picture(as_ada: APIClient, open_shelf: Shelf) -> None:
    for content in (b"just words", bytes(range(256)) * 4):
        sent = {"image": SimpleUploadedFile("a.png", content)}
        problem(as_ada.post(SEARCH, sent, format="multipart"), 422)
    problem(_ask(as_ada, SEARCH, {"image": "aGVyb24="}), 415)


@pytest.mark.parametrize(
    ("fields", "name", "word"),
    [
        ({"clip": True}, "clip", "moving picture"),
        ({"audio": True}, "audio", "sound"),
    ],
)
def test_a_file_of_another_kind_than_its_field_is_unprocessable(
    fields: dict[str, Any], name: str, word: str, as_ada: APIClient, open_shelf: Shelf
) -> None:
    sent = {key: _png(Image.new("L", (9, 9))) for key in fields}
    found = problem(as_ada.post(SEARCH, sent, format="multipart"), 422)
    assert word in found["errors"][name][0]


def test_a_crop_without_its_picture_is_refused(as_ada: APIClient, open_shelf: Shelf) -> None:
    sent = {"text": "a", "crop": "0,0,1,1"}
    found = problem(as_ada.post(SEARCH, sent, format="multipart"), 400)
    assert "needs its picture" in found["errors"]["crop"][0]


@pytest.mark.parametrize("crop", ["1,2,3", "0,0,0,0", "0.6,0,0.6,1", "a,b,c,d", "{}", "nan,0,1,1"])
def test_a_crop_outside_the_picture_is_refused(
    crop: str, as_ada: APIClient, open_shelf: Shelf
) -> None:
    sent = {"image": _png(Image.new("L", (9, 9))), "crop": crop}
    found = problem(as_ada.post(SEARCH, sent, format="multipart"), 400)
    assert list(found["errors"]) == ["crop"]


def test_an_answer_is_kept_as_it_was(as_bob: APIClient, secret: Shelf) -> None:
    body = _ask(as_bob, ANSWERS, {"text": f"Where does the {CANARY} nest?"}).json()
    assert body.keys() >= ANSWER
    assert body["conversation"] == body["id"]
    markers = {citation["marker"] for citation in body["citations"]}
    for sentence in body["sentences"]:
        assert sentence["citations"]
        assert set(sentence["citations"]) <= markers
    kept = as_bob.get(f"/api/v1/answers/{body['id']}/").json()
    assert {name: kept[name] for name in ANSWER} == {name: body[name] for name in ANSWER}


def test_an_answer_that_follows_another_joins_its_conversation(
    as_bob: APIClient, as_ada: APIClient, secret: Shelf
) -> None:
    first = _ask(as_bob, ANSWERS, {"text": f"Where does the {CANARY} nest?"}).json()["id"]
    body = {"text": "And where does it feed?", "conversation": first}
    assert _ask(as_bob, ANSWERS, body).json()["conversation"] == first
    problem(_ask(as_ada, ANSWERS, body), 404)
    problem(_ask(as_bob, ANSWERS, body | {"conversation": "x"}), 400)


def _events(response: Any) -> list[tuple[str, Any]]:
    text = b"".join(response.streaming_content).decode()
    found = []
    for block in text.strip().split("\n\n"):
        name, content = block.split("\n", 1)
        found.append((name.removeprefix("event: "), json.loads(content.removeprefix("data: "))))
    return found


@pytest.mark.parametrize(
    ("headers", "more"),
    [({"Accept": "text/event-stream"}, {}), ({"Accept": "*/*"}, {"stream": True})],
)
def test_a_stream_brings_hits_first_and_the_answer_last(
    headers: dict[str, str], more: dict[str, Any], as_bob: APIClient, secret: Shelf
) -> None:
    asked = {"text": f"Where does the {CANARY} nest?", **more}
    response = _ask(as_bob, ANSWERS, asked, **headers)
    assert response["Content-Type"] == "text/event-stream"
    events = _events(response)
    names = [name for name, _ in events]
    assert (names[0], names[-1]) == ("hits", "answer")
    answer = events[-1][1]
    assert answer.keys() >= ANSWER
    assert "".join(part["text"] for name, part in events if name == "token") == answer["text"]
    assert [part for name, part in events if name == "citation"] == answer["citations"]
    assert as_bob.get(f"/api/v1/answers/{answer['id']}/").status_code == 200


def test_a_stream_is_one_search_and_one_answer(as_bob: APIClient, secret: Shelf) -> None:
    response = _ask(as_bob, ANSWERS, {"text": CANARY}, Accept="text/event-stream")
    _events(response)
    assert Answer.objects.count() == 1


def test_a_wrong_question_is_no_stream(as_bob: APIClient, secret: Shelf) -> None:
    problem(_ask(as_bob, ANSWERS, {}, Accept="text/event-stream"), 400)


def test_what_breaks_in_a_stream_is_its_last_event(
    as_bob: APIClient, secret: Shelf, monkeypatch: Any
) -> None:
    def broken(*args: object, **options: object) -> None:
        raise RuntimeError("the secret of the house")

    response = _ask(as_bob, ANSWERS, {"text": CANARY}, Accept="text/event-stream")
    monkeypatch.setattr("frontend.api.stream.services.open_answer", broken)
    name, body = _events(response)[-1]
    assert (name, body["status"]) == ("error", 500)
    assert "secret" not in json.dumps(body)


def test_the_same_voter_again_replaces_the_vote(as_bob: APIClient, secret: Shelf) -> None:
    answer = _ask(as_bob, ANSWERS, {"text": CANARY}).json()["id"]
    for value in (1, -1):
        vote = {"answer": answer, "value": value, "reason": "wrong place", "comment": "a\nb"}
        assert _ask(as_bob, "/api/v1/feedback/", vote).status_code == 201
    assert [vote.value for vote in Feedback.objects.all()] == [-1]


def test_a_hit_can_be_voted_on(as_bob: APIClient, secret: Shelf) -> None:
    found = _ask(as_bob, SEARCH, {"text": CANARY}).json()
    vote = {"search": found["id"], "passage": found["hits"][0]["passage"], "value": 1}
    given = _ask(as_bob, "/api/v1/feedback/", vote)
    assert given.status_code == 201
    assert given.json().items() >= {**vote, "answer": None, "reason": "", "comment": ""}.items()


@pytest.mark.parametrize(
    "vote",
    [
        {"value": 1},
        {"answer": "1", "search": "2", "passage": "3", "value": 1},
        {"search": "2", "value": 1},
        {"answer": "1", "value": 0},
        {"answer": "1", "value": 5},
        {"answer": "x", "value": 1},
        {"answer": "1", "value": 1, "comment": "x" * 4001},
        {"answer": "1", "value": 1, "reason": "x" * 101},
    ],
)
def test_a_vote_on_nothing_or_of_nothing_is_refused(vote: Any, as_bob: APIClient) -> None:
    problem(_ask(as_bob, "/api/v1/feedback/", vote), 400)


def test_a_vote_on_what_another_asked_is_not_found(
    as_bob: APIClient, as_ada: APIClient, secret: Shelf
) -> None:
    answer = _ask(as_bob, ANSWERS, {"text": CANARY}).json()["id"]
    problem(_ask(as_ada, "/api/v1/feedback/", {"answer": answer, "value": 1}), 404)


def test_recipes_say_whether_they_can_run(as_bob: APIClient) -> None:
    recipes = {
        recipe["name"]: recipe for recipe in as_bob.get("/api/v1/recipes/").json()["recipes"]
    }
    assert recipes.keys() >= {"bm25", "dense", "hybrid", "default"}
    assert recipes["bm25"]["available"] is True
    assert recipes["bm25"].keys() >= {"stages", "needs", "why_not"}


def _png(picture: Image.Image) -> io.BytesIO:
    file = io.BytesIO()
    picture.save(file, "PNG")
    file.seek(0)
    file.name = "picture.png"
    return file
