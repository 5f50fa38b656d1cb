"""What a recipe does to a question before it looks, with a language model and without."""

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from search import pipeline, planning, services
from search.errors import ConfigurationError, NotVisibleError
from search.generators.language_model import Completion, LanguageModel, LanguageModelError
from search.models import Corpus, Membership, Passage
from search.recipes.options import CLASSES
from search.rerankers.base import Reranked, Reranker
from search.transforms.router import QueryClass
from search.types import Query, Turn, Viewer
from tests.search.library import add, question, with_hashing

STUB = "search.generators.stub.StubLanguageModel"


class Recording(Reranker):
    """Notes which question it judges by."""

    light = True
    asked: list[str] = []

    def rerank(self, query: Query, candidates: Any, *, deadline: Any = None) -> Reranked:
        self.asked.append(query.text)
        return Reranked(tuple(candidates))


class Failing(LanguageModel):
    """A model whose server is down."""

    def generate(self, prompt: Any, sampling: Any = None) -> Completion:
        raise LanguageModelError("Nobody answers.")


def plugged(*steps: Any, says: str = "", fails: bool = False, **more: Any) -> dict[str, Any]:
    """settings.MMSEARCH with the recipe "tried", and a model if it says something or fails."""
    model = {"BACKEND": STUB, "OPTIONS": {"script": {"transform": says}}}
    model = {"BACKEND": f"{__name__}.Failing"} if fails else model
    given = with_hashing()["GENERATORS"]
    recipe = {
        "extends": "bm25",
        "query": {"transforms": [*steps]},
        "rerank": {"chain": ["recording"]},
    }
    return with_hashing(
        RERANKERS={"recording": {"BACKEND": f"{__name__}.Recording"}},
        GENERATORS={**given, "llm": model} if says or fails else given,
        RECIPES={"tried": recipe | more},
    )


def ids(found: pipeline.Found) -> list[int]:
    return [candidate.passage_id for candidate in found.candidates]


def test_a_follow_up_is_looked_for_and_judged_as_a_question_of_its_own(
    corpus: Corpus, settings: Any
) -> None:
    settings.MMSEARCH = plugged("rewrite_followup")
    _, heron = add(corpus, "The owl was seen in 2023.", "In 2023 two herons nested on the island.")
    Recording.asked.clear()
    turns = (Turn("Did herons nest on the island in 2021?", "They did not."),)
    found = pipeline.find(question("and in 2023?", corpus, recipe="tried", turns=turns))
    assert found.judging == "Did herons nest on the island in 2023?"
    assert Recording.asked == [found.judging]
    assert ids(found)[0] == heron
    alone = pipeline.find(question("and in 2023?", corpus, recipe="tried"))
    assert alone.judging == "and in 2023?"


def joined(corpus: Corpus, user: Any) -> Viewer:
    Membership.objects.create(corpus=corpus, user=user, role="reader")
    return Viewer(user_id=user.pk)


def test_an_answer_is_a_turn_for_whoever_got_it(corpus: Corpus, bob: Any, carol: Any) -> None:
    add(corpus, "The heron waits in the shallow water until a fish passes.", title="Of herons")
    viewer = joined(corpus, bob)
    first = services.open_answer(question("Where does the heron wait?", corpus), viewer)
    turn = services.turn_of(first.pk, viewer)
    assert turn.question == "Where does the heron wait?"
    assert turn.entities == ("Of herons",)
    follow = replace(question("And what does it wait for?", corpus), turns=(turn,))
    answered = services.open_answer(follow, viewer)
    assert "a fish passes" in answered.body["text"]
    with pytest.raises(NotVisibleError):
        services.turn_of(first.pk, Viewer(user_id=carol.pk))


@pytest.mark.parametrize("name", ["expand_passages", "think_then_embed"])
def test_what_a_language_model_writes_finds_and_the_question_judges(
    name: str, corpus: Corpus, settings: Any
) -> None:
    settings.MMSEARCH = plugged({"name": name, "model": "llm"}, says="An egret stalks frogs.")
    (egret,) = add(corpus, "Egrets live on frogs.")
    Recording.asked.clear()
    found = pipeline.find(question("white bird of the marsh", corpus, recipe="tried"))
    assert ids(found) == [egret]
    assert Recording.asked == ["white bird of the marsh"]
    assert any(f"by {name}:model" in signal for signal in found.candidates[0].signals)
    assert not any("llm" in note for note in found.degraded)


def test_a_follow_up_may_be_rewritten_by_the_model(corpus: Corpus, settings: Any) -> None:
    step = {"name": "rewrite_followup", "model": "llm"}
    settings.MMSEARCH = plugged(step, says="How long does the heron wait?")
    add(corpus, "The heron waits.")
    turns = (Turn("Where does the heron wait?", "In shallow water."),)
    found = pipeline.find(question("and how long?", corpus, recipe="tried", turns=turns))
    assert found.judging == "How long does the heron wait?"


def test_rules_stand_in_for_a_model_that_is_missing_or_fails_and_the_result_says_so(
    corpus: Corpus, settings: Any
) -> None:
    add(corpus, "The heron and the egret wait for frogs.", "The heron and the egret eat frogs.")
    add(corpus, "Where an egret is, frogs are few.")
    found = pipeline.find(question("heron", corpus, recipe="hyde"))
    assert any("'llm' was left out" in note for note in found.degraded)
    settings.MMSEARCH = plugged({"name": "expand_passages", "model": "llm"}, fails=True)
    found = pipeline.find(question("heron", corpus, recipe="tried"))
    assert "The language model 'llm' was late or failed; rules stood in." in found.degraded
    assert len(found.candidates) == 3  # one by the words that stand beside the heron


def test_the_web_process_loads_no_heavy_model_to_write(corpus: Corpus, settings: Any) -> None:
    settings.MMSEARCH = plugged({"name": "expand_passages", "model": "llm"}, says="An egret.")
    settings.PROCESS = "web"
    add(corpus, "The heron waits.", "An egret waits.")
    found = pipeline.find(question("heron", corpus, recipe="tried"))
    assert any("too heavy for the web process" in note for note in found.degraded)


def test_a_transform_may_be_for_some_classes_of_questions(corpus: Corpus, settings: Any) -> None:
    assert set(CLASSES) == {one.value for one in QueryClass}
    settings.MMSEARCH = plugged({"name": "decompose", "when": ["multihop"]}, "normalise")

    def walked(text: str) -> list[str]:
        plan = planning.plan(question(text, corpus, recipe="tried"))
        return [step.name for step in plan.transforms]

    both = "What does the heron wait for and what does the owl hear?"
    assert walked(both) == ["decompose", "normalise"]
    assert walked("why does the heron wait") == ["normalise"]


def test_the_best_of_each_part_is_shown_whatever_speaks_of_all_parts(
    corpus: Corpus, settings: Any
) -> None:
    parts = {"query": {"transforms": ["decompose"]}, "budget": {"total_ms": 60_000}}
    settings.MMSEARCH = with_hashing(RECIPES={"by_parts": {"extends": "bm25", **parts}})
    facts = add(corpus, "The depth of Heronmere is 12 metres.", "The depth of Owlmere is 7 metres.")
    add(corpus, *(f"Map {n} can compare Heronmere and Owlmere in their depth." for n in range(12)))
    asked = question("Compare the depth of Heronmere and Owlmere.", corpus, recipe="bm25", k=3)
    assert not set(facts) & set(ids(pipeline.find(asked))[:3])
    assert set(facts) <= set(ids(pipeline.find(replace(asked, recipe="by_parts")))[:3])


def test_what_a_person_marked_moves_what_is_found_for_the_same_words(
    corpus: Corpus, bob: Any, settings: Any
) -> None:
    settings.MMSEARCH = with_hashing(
        RECIPES={
            "taught": {"extends": "dense", "query": {"transforms": ["by_examples"]}},
        }
    )
    add(corpus, "bird heron water", "bird owl snow", "bird owl night", "bird heron reed")
    viewer = joined(corpus, bob)
    asked = question("bird", corpus, recipe="taught", k=4)
    first = services.open_search(asked, viewer)
    texts = dict(Passage.objects.values_list("text", "pk"))
    services.give_feedback(viewer, search=first.pk, passage=texts["bird owl snow"], value=1)
    services.give_feedback(viewer, search=first.pk, passage=texts["bird heron reed"], value=-1)
    assert services.open_search(asked, viewer).passages[:2] == [
        *(texts["bird owl snow"], texts["bird owl night"])
    ]
    stranger = joined(corpus, get_user_model().objects.create(username="eve"))
    assert services.open_search(asked, stranger).passages == first.passages


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"name": "expand_passages", "model": "lmm"}, "the generator 'lmm'"),
        ({"name": "decompose", "when": ["hard"]}, "write a list of some of lexical"),
        ({"name": "expand_passages", "by": ["dense"]}, "expands for 'dense'"),
        ({"name": "prf", "model": "llm"}, "'model'; known: when"),
    ],
)
def test_a_transform_that_cannot_work_is_refused(step: Any, said: str, settings: Any) -> None:
    settings.MMSEARCH = plugged(step)
    with pytest.raises(ConfigurationError, match=said):
        planning.known_recipes()


def test_words_that_the_whole_library_says_are_not_added_to_a_question(
    corpus: Corpus, settings: Any
) -> None:
    settings.MMSEARCH = plugged({"name": "expand_passages", "terms": 1})
    add(corpus, *(f"Report annual report number{n} annual" for n in range(20)))
    add(corpus, "Report annual heron wading annual", "Report annual annual heron wading")
    asked = question("heron", corpus, recipe="tried")
    walk = pipeline._Walk(asked, planning.plan(asked), asked_as=asked)
    passages, idf = walk.first_look("heron")
    assert len(passages) == 2
    assert idf["wade"] > 2 > idf["annual"]
    found = pipeline.find(asked)
    assert any("bm25 by expand" in name for c in found.candidates for name in c.signals)
    assert len(found.candidates) == 2  # neither "report" nor "annual" was looked for
