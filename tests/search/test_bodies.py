import json
import math
from dataclasses import replace

import pytest

from search.bodies import document_body, hit_body, listed, locator_body, query_body
from search.types import Filters, Locator, Modality, Query, Signal, View
from tests.search.passages import candidate


def test_ids_travel_as_strings_that_a_browser_keeps_whole() -> None:
    body = hit_body(candidate("One heron.", 2**62 + 1), 1, "heron")
    assert body["passage"] == str(2**62 + 1)
    assert body["document"]["id"] == str(2**62 + 1)
    assert body["view_url"] == f"/documents/{2**62 + 1}/?passage={2**62 + 1}"


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_does_not_reach_json(score: float) -> None:
    body = hit_body(candidate("One heron.", score=score), 1, "heron")
    assert body["score"] == 0.0
    json.dumps(body, allow_nan=False)


def test_an_address_that_is_not_of_the_web_is_not_passed_on() -> None:
    source = candidate("x").source
    for url in ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//evil"):
        assert document_body(replace(source, url=url))["url"] is None
    assert document_body(replace(source, url="https://a.example"))["url"] == "https://a.example"


def test_a_locator_of_second_zero_is_not_lost() -> None:
    assert locator_body(Locator(start_s=0.0, end_s=1.5)) == {"start_s": 0.0, "end_s": 1.5}
    assert locator_body(Locator()) == {}


def test_the_question_comes_back_as_it_was_understood() -> None:
    filters = Filters(kind=("page",), document=(7,), published_from="2009")
    body = query_body(Query("heron", filters=filters, k=5, like_passage=9), ["birds"])
    assert body == {
        "text": "heron",
        "media": [],
        "passage": "9",
        "corpora": ["birds"],
        "filters": {"kind": ["page"], "document": ["7"], "published": {"from": "2009"}},
        "weights": {},
        "recipe": "default",
        "limit": 5,
    }


def test_shares_say_whether_words_were_written_read_or_heard() -> None:
    text = "heron heron egret"
    views = (View("text", "source", 0, 5), View("ocr", "derived", 5, 17))
    page = candidate(text, kind=Modality.PAGE, views=views)
    assert hit_body(page, 1, "heron")["modality_shares"] == {"text": 0.5, "image": 0.5}
    talk = candidate(text, views=(View("transcript", "derived", 0, 17),))
    assert hit_body(talk, 1, "heron")["modality_shares"] == {"audio": 1.0}
    silent = candidate("", kind=Modality.IMAGE)
    assert hit_body(silent, 1, "heron")["modality_shares"] == {"image": 1.0}


def test_what_a_retriever_found_for_texts_that_were_added_counts_for_that_retriever() -> None:
    added = {
        "bm25 by expand_passages:terms 1": Signal(9, 2.0, 1.0),
        "dense by expand_passages:terms 1": Signal(3, 0.3, 0.5),
    }
    signals = {"bm25": Signal(1, 7.0, 2.0), **added, "dense": Signal(5, 0.4, 0.5)}
    said = hit_body(candidate("A heron.", signals=signals), 1, "heron")["signals"]
    assert said["bm25"] == {"rank": 1, "score": 7.0, "share": 0.75, "added": 0.25}
    assert said["dense"] == {"rank": 5, "score": 0.4, "share": 0.25, "added": 0.125}
    alone = hit_body(candidate("A heron.", signals=added), 1, "heron")["signals"]
    assert {name: body["added"] / body["share"] for name, body in alone.items()} == {
        "bm25": 1.0,
        "dense": 1.0,
    }


def test_a_hit_says_why_in_words_in_numbers_and_in_a_sentence() -> None:
    signals = {"bm25": Signal(1, 7.0, 3.0), "dense": Signal(5, 0.4, 1.0)}
    one = candidate("A heron on its nest. A heron.", signals=signals, confidence=0.7, match=1.25)
    body = hit_body(one, 1, "grey heron nest", idf={"heron": 3.0, "nest": 1.0})
    assert (body["confidence"], body["match"]) == (0.7, 1.25)
    assert body["why"] == ["heron", "nest"]
    assert body["terms"] == [
        {"word": "heron", "count": 2, "share": 0.75},
        {"word": "nest", "count": 1, "share": 0.25},
    ]
    assert body["signals"]["dense"] == {"rank": 5, "score": 0.4, "share": 0.25, "added": 0.0}
    assert body["explanation"].startswith("Holds 2 of 3 words asked for: heron, nest. Ranked 1st")


def test_listing_keeps_the_order_and_loses_nothing_but_what_more_tells() -> None:
    found = [candidate(f"heron {n}", n, document=n % 2) for n in range(10)]
    entries = listed(found, Query("heron"))
    shown = [entry.candidate.passage_id for entry in entries]
    assert shown == [0, 1, 2, 3, 4, 5]
    assert [c.passage_id for c in entries[0].more] == [6, 8]
    assert [c.passage_id for c in entries[1].more] == [7, 9]
    assert not any(entry.more for entry in entries[2:])
