"""What a hit is worth: against the library at large, and by the votes of those who use it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from search import pipeline, services
from search.answers.confidence import SHIPPED, SIGNS, Models, shipped, signs
from search.calibration import Isotonic
from search.models import Corpus, Feedback, Search
from search.retrieval import background
from search.types import Viewer
from tests.people import viewer
from tests.search.library import add, question, with_hashing

BIRDS = (
    *("The heron waits in shallow water.", "Swifts sleep on the wing at night."),
    *("Owls turn their heads to hear mice.", "A cuckoo lays its egg in a stranger's nest."),
    *("Puffins carry ten fish at once.", "The wren sings louder than its size allows."),
)
PLACES = ("fen", "moor", "cliff", "wood", "dune", "lake")
FOREIGN = "Which violin concerto did Brahms dedicate to Joachim?"
unit = st.floats(0, 1)


def fill(corpus: Corpus) -> list[int]:
    """Thirty-six passages."""
    texts = [f"{text} Seen at the {place} {n}." for n, place in enumerate(PLACES) for text in BIRDS]
    return add(corpus, *texts, title="Notes")


@pytest.fixture
def birds(corpus: Corpus) -> Corpus:
    fill(corpus)
    return corpus


@pytest.fixture
def own_folder(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """A data folder without a library's own chances."""
    settings.MMSEARCH = with_hashing(DATA_DIR=tmp_path)
    yield tmp_path


def test_the_shipped_models_are_small_and_come_back_to_the_byte() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert Models.from_json(text).to_json() == text
    assert len(text) < 10_000


@pytest.mark.parametrize("name", ["with_meaning", "words_only"])
@settings(deadline=None)  # the machine may be busy
@given(words=st.tuples(unit, unit), near=st.floats(-8, 8), up=unit)
def test_a_hit_that_holds_more_is_never_worth_less(
    name: str, words: tuple[float, float], near: float, up: float
) -> None:
    model = getattr(shipped(), name)
    before = model.scores(signs(words, (near, 0.0)))[0]
    more = (words[0] + up, words[1])
    assert model.scores(signs(more, (near, 0.0)))[0] >= before
    if name == "with_meaning":
        assert model.scores(signs(words, (near + up, 0.0)))[0] >= before
    assert 0 <= model.isotonic.chance(before) <= 1


def test_the_signs_tell_each_hit_from_the_best_one() -> None:
    rows = signs([0.5, 0.2], [1.0, 3.0])
    assert [name for name in SIGNS if "below" in name] == ["words_below", "meaning_below"]
    assert np.allclose(rows, [[0.5, 0.0, 1.0, 2.0], [0.2, 0.3, 3.0, 0.0]])
    assert signs([], None).shape == (0, 4)


def test_a_hit_that_answers_is_surer_than_one_that_does_not(birds: Corpus) -> None:
    found = pipeline.find(question("Where does the heron wait in shallow water?", birds))
    chances = [candidate.confidence for candidate in found.candidates]
    assert "heron" in found.candidates[0].text
    assert all(0 <= chance <= 1 for chance in chances)
    assert chances[0] > 2 * chances[-1]
    assert found.matching is not None and 0 < found.matching < len(found.candidates)


@pytest.mark.parametrize("recipe", ["default", "bm25", "dense"])
def test_of_a_foreign_question_it_is_said_that_nothing_matches(birds: Corpus, recipe: str) -> None:
    found = pipeline.find(question(FOREIGN, birds, recipe=recipe))
    assert found.matching == 0
    assert all(candidate.confidence < 0.5 for candidate in found.candidates)


def test_without_an_encoder_words_tell_whether_anything_matches(
    birds: Corpus, settings: Any
) -> None:
    settings.MMSEARCH = with_hashing(TEXT_ENCODER="")
    assert pipeline.find(question(f"{FOREIGN} A nest?", birds)).matching == 0
    assert pipeline.find(question("The heron waits in shallow water", birds)).matching


def test_a_library_too_small_to_compare_with_is_not_judged(corpus: Corpus) -> None:
    add(corpus, *BIRDS)
    found = pipeline.find(question(FOREIGN, corpus))
    assert found.candidates
    assert found.matching is None


def test_more_like_this_claims_nothing_of_the_whole_list(birds: Corpus) -> None:
    (first, *_) = fill(birds)
    assert pipeline.find(question("", birds, like_passage=first)).matching is None


def test_the_sample_holds_what_the_asker_may_see_and_nothing_else(
    birds: Corpus, other_corpus: Corpus
) -> None:
    fill(other_corpus)
    retrieved = pipeline.rank(question("heron", birds)).retrieved
    assert retrieved.meaning is not None
    space = retrieved.meaning[1]
    one = background._sample(space.pk, space.dim, background._states([birds.pk]))
    both = background._sample(space.pk, space.dim, background._states([birds.pk, other_corpus.pk]))
    assert (len(one), len(both)) == (36, 72)
    assert np.allclose(np.linalg.norm(one, axis=1), 1, atol=1e-2)


def test_the_sample_follows_the_library(birds: Corpus) -> None:
    retrieved = pipeline.rank(question("heron", birds)).retrieved
    assert retrieved.meaning is not None
    space = retrieved.meaning[1]
    add(birds, "The kittiwake calls its own name.")
    assert len(background._sample(space.pk, space.dim, background._states([birds.pk]))) == 37


def test_a_large_library_gives_a_sample_of_two_hundred(corpus: Corpus) -> None:
    add(corpus, *[f"Note {n} on bird {n * 7}" for n in range(230)])
    retrieved = pipeline.rank(question("bird", corpus)).retrieved
    assert retrieved.meaning is not None
    space = retrieved.meaning[1]
    states = background._states([corpus.pk])
    first = background._sample(space.pk, space.dim, states)
    background._sample.cache_clear()
    again = background._sample(space.pk, space.dim, states)
    assert first.shape == (200, 64)
    assert np.array_equal(first, again)


def test_an_answer_is_refused_when_nothing_matches_and_both_bodies_say_so(birds: Corpus) -> None:
    body = services.open_answer(question(FOREIGN, birds), Viewer(unrestricted=True)).body
    assert (body["refused"], body["nothing_matches"]) == (True, True)
    assert body["hits"]
    assert body["followups"] == []  # misses lead nowhere
    found = services.open_search(question(FOREIGN, birds), Viewer(unrestricted=True)).body
    assert found["nothing_matches"] is True


def test_an_answer_is_never_given_beside_a_list_of_misses(birds: Corpus) -> None:
    asked = question("Where does the heron wait?", birds)
    body = services.open_answer(asked, Viewer(unrestricted=True)).body
    assert (body["refused"], body["nothing_matches"]) == (False, False)


def test_a_librarys_own_chances_replace_those_shipped(birds: Corpus, own_folder: Path) -> None:
    asked = question("Where does the heron wait?", birds)
    before = pipeline.find(asked).candidates[0]
    background.write_chances(Isotonic((-9.0, 9.0), (0.11, 0.11), 60))
    after = pipeline.find(asked).candidates[0]
    assert (after.match, after.confidence) == (before.match, pytest.approx(0.11))
    assert before.confidence != pytest.approx(0.11)


@pytest.mark.parametrize(
    "text", ["", "{}", '{"models": "of another release", "isotonic": {}}', "[1]"]
)
def test_chances_that_cannot_be_used_are_left_out_and_named(
    text: str, birds: Corpus, own_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (own_folder / "confidence.json").write_text(text)
    asked = question("Where does the heron wait?", birds)
    assert pipeline.find(asked).candidates[0].confidence > 0
    assert "manage.py fit_confidence" in caplog.text


def test_chances_of_another_release_are_not_used(own_folder: Path) -> None:
    chances = json.loads(Isotonic((0.0,), (0.5,), 60).to_json())
    text = json.dumps({"models": "another", "isotonic": chances})
    (own_folder / "confidence.json").write_text(text)
    assert background.own_chances() is None


def vote(user: Any, count: int, *, match: float, said: float, value: int) -> None:
    """So many votes on hits with this match, of each of which this confidence was said."""
    for number in range(count):
        hit = {"passage": str(number), "match": match, "confidence": said}
        row = Search.objects.create(user=user, recipe="default", body={"hits": [hit]})
        Feedback.objects.create(user=user, search=row, passage_id=number, value=value)


def fitted(**options: Any) -> dict[str, Any]:
    from io import StringIO

    out = StringIO()
    call_command("fit_confidence", json=True, stdout=out, **options)
    body: dict[str, Any] = json.loads(out.getvalue())
    return body


def test_votes_give_chances_that_say_what_the_voters_said(bob: Any, own_folder: Path) -> None:
    assert viewer(bob)
    vote(bob, 30, match=2.0, said=0.2, value=1)
    vote(bob, 30, match=-2.0, said=0.8, value=-1)
    body = fitted()
    assert body["kept"] is True
    assert body["votes"] == 60
    assert body["brier"] < 0.1 < body["brier_shown"]
    chances = background.own_chances()
    assert chances is not None
    assert (chances.chance(2.0), chances.chance(-2.0)) == (1.0, 0.0)


def test_chances_that_are_no_better_than_what_was_shown_are_not_kept(
    bob: Any, own_folder: Path
) -> None:
    vote(bob, 30, match=0.0, said=1.0, value=1)
    vote(bob, 30, match=0.0, said=0.0, value=-1)
    assert fitted()["kept"] is False
    assert background.own_chances() is None


def test_a_dry_run_keeps_nothing(bob: Any, own_folder: Path) -> None:
    vote(bob, 30, match=2.0, said=0.2, value=1)
    vote(bob, 30, match=-2.0, said=0.8, value=-1)
    assert fitted(dry_run=True)["kept"] is False
    assert background.own_chances() is None


def test_too_few_votes_are_refused_with_their_number(bob: Any, own_folder: Path) -> None:
    vote(bob, 49, match=2.0, said=0.2, value=1)
    with pytest.raises(CommandError, match="49 votes on hits; 50 are needed"):
        fitted()
    vote(bob, 10, match=2.0, said=0.2, value=1)
    with pytest.raises(CommandError, match="both kinds are needed"):
        fitted()
