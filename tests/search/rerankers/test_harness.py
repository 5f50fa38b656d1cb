"""The machine behind the rerankers: depth, order, deadlines, retries, fallback, cost."""

from collections.abc import Callable, Sequence
from itertools import count

import pytest

from search.errors import ConfigurationError
from search.generators.language_model import (
    PLAIN,
    Ability,
    Completion,
    LanguageModelError,
    NoLanguageModel,
    Prompt,
    Sampling,
)
from search.generators.stub import StubLanguageModel
from search.rerankers.base import Deadline, Report, Reranked, Reranker
from search.rerankers.cascade import Cascade
from search.rerankers.erank import ERank
from search.rerankers.first import First
from search.rerankers.grouprank import GroupRank
from search.rerankers.icr import Icr
from search.rerankers.insertrank import InsertRank
from search.rerankers.prorank import ProRank
from search.rerankers.rank_r1 import RankR1
from search.rerankers.rankgpt import RankGpt
from search.rerankers.term_overlap import TermOverlap
from search.rerankers.yes_no import YesNo
from search.types import Candidate, Query
from tests.search.rerankers.shelf import HERON, grade, ids, oracle, shelf

PROMPTED: list[Callable[..., Reranker]] = [
    RankGpt, InsertRank, First, RankR1, GroupRank, ERank, ProRank, YesNo,
]  # fmt: skip
GRADES = [0.1 * (place * 7 % 10) for place in range(10)]
GRADED = [f"heron grade {value:.1f} lake {place}" for place, value in enumerate(GRADES)]


class Ticking:
    """A clock that goes on by one second whenever it is read."""

    def __init__(self) -> None:
        self._ticks = count()

    def __call__(self) -> float:
        return float(next(self._ticks))


class BrokenModel(StubLanguageModel):
    """A stub that fails after some answers."""

    def __init__(self, *, answers: int = 0) -> None:
        super().__init__()
        self.asked, self._answers = 0, answers

    def generate(self, prompt: Prompt, sampling: Sampling = PLAIN) -> Completion:
        self.asked += 1
        if self.asked > self._answers:
            raise LanguageModelError("The language model is away.")
        return super().generate(prompt, sampling)


class WatchedModel(StubLanguageModel):
    """A stub that keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.prompts: list[Prompt] = []
        self.samplings: list[Sampling] = []

    def generate(self, prompt: Prompt, sampling: Sampling = PLAIN) -> Completion:
        self.prompts.append(prompt)
        self.samplings.append(sampling)
        return super().generate(prompt, sampling)


@pytest.mark.parametrize("make", PROMPTED)
def test_when_every_answer_is_malformed_the_first_stage_stays(
    make: Callable[..., Reranker],
) -> None:
    for seed in range(5):
        reranker = make(StubLanguageModel(malformed_rate=1.0, seed=seed))
        ranked = reranker.rerank(HERON, shelf(30))
        assert ids(ranked.candidates) == ids(shelf(30))
        assert ranked.report.parse_rate == 0
        assert "keep the order" in ranked.report.notes[0]


@pytest.mark.parametrize("make", PROMPTED)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_when_some_answers_are_malformed_nothing_is_lost(
    make: Callable[..., Reranker], seed: int
) -> None:
    reranker = make(StubLanguageModel(malformed_rate=0.4, seed=seed))
    first, second = (reranker.rerank(HERON, shelf(40)) for _ in range(2))
    assert sorted(ids(first.candidates)) == ids(shelf(40))
    assert first.candidates == second.candidates


@pytest.mark.parametrize("make", PROMPTED)
def test_a_model_that_knows_the_answer_is_followed(make: Callable[..., Reranker]) -> None:
    model = StubLanguageModel(prefer=oracle)
    ranked = make(model, weight=1.0).rerank(HERON, shelf(10, texts=GRADED))
    found = [grade(one.text) for one in ranked.candidates]
    assert found[0] == max(GRADES)
    assert found == sorted(found, reverse=True)


def test_a_failed_group_keeps_its_first_stage_scores() -> None:
    broken = BrokenModel(answers=1)
    ranked = GroupRank(broken, size=5, repeats=1).rerank(HERON, shelf(10))
    unscored = [one.passage_id for one in ranked.candidates if "grouprank" not in one.signals]
    assert len(unscored) == 5
    assert unscored == sorted(unscored)
    assert ranked.report.parse_rate == pytest.approx(0.5)


def test_a_model_that_is_away_is_not_asked_again_and_again() -> None:
    broken = BrokenModel()
    ranked = ERank(broken).rerank(HERON, shelf(50))
    assert broken.asked == 2
    assert ids(ranked.candidates) == ids(shelf(50))
    assert ranked.report.notes == ("The reranker erank failed: The language model is away.",)


def test_any_fault_of_a_plug_in_costs_only_its_scores() -> None:
    def faulty(query: str, passage: str) -> float:
        raise ZeroDivisionError("oracles divide")

    ranked = RankGpt(StubLanguageModel(prefer=faulty)).rerank(HERON, shelf())
    assert ids(ranked.candidates) == ids(shelf())
    assert "ZeroDivisionError" in ranked.report.notes[0]


def test_an_unreadable_answer_is_asked_for_again_with_another_seed() -> None:
    once = [
        RankGpt(StubLanguageModel(malformed_rate=0.5, seed=seed), attempts=attempts)
        .rerank(HERON, shelf(40))
        .report.scored
        for attempts in (1, 6)
        for seed in range(4)
    ]
    assert sum(once[4:]) > sum(once[:4])


def test_after_the_deadline_no_more_is_asked() -> None:
    deadline = Deadline(ends_at=8.0, clock=Ticking())
    ranked = ERank(StubLanguageModel()).rerank(HERON, shelf(30), deadline=deadline)
    assert ranked.report.late
    assert 0 < ranked.report.calls < 30
    unscored = [one.passage_id for one in ranked.candidates if "erank" not in one.signals]
    assert unscored == list(range(ranked.report.calls + 1, 31))
    assert f"{len(unscored)} of 30 results keep the order" in ranked.report.notes[0]


def test_a_model_is_told_how_much_time_is_left() -> None:
    model = WatchedModel()
    RankGpt(model).rerank(HERON, shelf(), deadline=Deadline(ends_at=50.0, clock=lambda: 20.0))
    assert model.samplings[0].timeout_s == 30.0


def test_only_the_first_candidates_are_looked_at() -> None:
    model = WatchedModel()
    ranked = ERank(model, depth=3).rerank(HERON, shelf(8))
    assert len(model.prompts) == 3
    assert ids(ranked.candidates)[3:] == [4, 5, 6, 7, 8]


def test_pruning_leaves_the_rest_in_its_order() -> None:
    from search.rerankers.hashed import HashedTokens
    from search.rerankers.maxsim import MaxSim

    pruned = MaxSim(HashedTokens(), alpha=0.1, beta=None, top=3).rerank(HERON, shelf(30))
    whole = MaxSim(HashedTokens(), alpha=1.0, beta=None, top=3).rerank(HERON, shelf(30))
    assert pruned.report.scored < 6
    assert whole.report.scored == 30
    assert ids(pruned.candidates)[6:] == list(range(7, 31))


@pytest.mark.parametrize(
    ("make", "calls"), [(RankGpt, 9), (First, 9), (GroupRank, 20), (ERank, 50), (Icr, 2)]
)
def test_a_hundred_candidates_cost_what_the_design_says(
    make: Callable[..., Reranker], calls: int
) -> None:
    assert make(StubLanguageModel()).rerank(HERON, shelf(100)).report.calls == calls


def test_setwise_finds_the_exact_ten_best_in_thirty_answers() -> None:
    texts = [f"heron grade {(place * 37 % 100) / 100} end" for place in range(100)]
    ranked = RankR1(StubLanguageModel(prefer=oracle), weight=1.0).rerank(
        HERON, shelf(100, texts=texts)
    )
    best = sorted((grade(text) for text in texts), reverse=True)[:10]
    assert [grade(one.text) for one in ranked.candidates[:10]] == best
    assert ranked.report.calls <= 30


def test_equal_logits_keep_the_order() -> None:
    model = StubLanguageModel(prefer=lambda query, passage: 0.5)
    for make in (First, ProRank, YesNo):
        assert ids(make(model).rerank(HERON, shelf(45)).candidates) == ids(shelf(45))


def test_a_stub_that_follows_the_scores_shown_gives_the_order_of_bm25() -> None:
    def follow(query: str, passage: str) -> float:
        return float(
            passage.split("bm25 score: ")[1].split(")", maxsplit=1)[0].split(",", maxsplit=1)[0]
        )

    mixed = [shelf(20)[place] for place in sorted(range(20), key=lambda place: place * 7 % 20)]
    ranked = InsertRank(StubLanguageModel(prefer=follow), weight=1.0).rerank(HERON, mixed)
    assert ids(ranked.candidates) == list(range(1, 21))


def test_the_users_own_question_is_what_a_model_reads() -> None:
    model = WatchedModel()
    RankGpt(model).rerank(HERON, shelf())
    assert f"<query>{HERON.text}</query>" in model.prompts[0].messages[-1].text


@pytest.mark.parametrize(
    ("make", "ability"),
    [(RankGpt, "write"), (First, "next token"), (Icr, "attention"), (ProRank, "next token")],
)
def test_a_model_without_the_ability_is_refused_when_it_is_built(
    make: Callable[..., Reranker], ability: str
) -> None:
    for model in (NoLanguageModel(), StubLanguageModel(abilities=[Ability.EMBED])):
        with pytest.raises(ConfigurationError, match=ability):
            make(model)
    with pytest.raises(ConfigurationError, match="needs a language model"):
        make(None)


class Slow(Reranker):
    """A reranker that takes its time on a clock of its own."""

    def __init__(self, name: str, clock: list[float], *, takes_s: float) -> None:
        self.name, self._clock, self._takes_s = name, clock, takes_s
        self.seen: list[int] = []

    def rerank(
        self, query: Query, candidates: Sequence[Candidate], *, deadline: Deadline | None = None
    ) -> Reranked:
        self.seen.append(len(candidates))
        self._clock[0] += self._takes_s
        return Reranked(tuple(candidates), Report(calls=1))


def test_a_cascade_gives_each_stage_fewer_candidates() -> None:
    clock = [0.0]
    stages = [Slow("a", clock, takes_s=1), Slow("b", clock, takes_s=1)]
    ranked = Cascade(stages, depths=[6, 3]).rerank(HERON, shelf(10))
    assert [stage.seen for stage in stages] == [[6], [3]]
    assert ids(ranked.candidates) == ids(shelf(10))
    assert ranked.report.calls == 2


def test_a_cascade_leaves_out_the_stage_whose_time_has_come() -> None:
    clock = [0.0]
    stages = [Slow("quick", clock, takes_s=5), Slow("careful", clock, takes_s=1)]
    deadline = Deadline(ends_at=3.0, clock=lambda: clock[0])
    ranked = Cascade(stages, depths=[6, 3]).rerank(HERON, shelf(10), deadline=deadline)
    assert stages[1].seen == []
    assert ranked.report.late
    assert ranked.report.notes == ("There was no time left for the reranker careful.",)


def test_a_cascade_reranks_what_the_stage_before_found() -> None:
    model = StubLanguageModel(prefer=oracle)
    cascade = Cascade([TermOverlap(), RankGpt(model, weight=1.0)], depths=[10, 4])
    before = TermOverlap().rerank(HERON, shelf(10, texts=GRADED)).candidates
    after = cascade.rerank(HERON, shelf(10, texts=GRADED)).candidates
    assert sorted(ids(before[:4])) == sorted(ids(after[:4]))
    assert ids(before[4:]) == ids(after[4:])
    assert [grade(c.text) for c in after[:4]] == sorted(
        (grade(c.text) for c in before[:4]), reverse=True
    )


@pytest.mark.parametrize("depths", [[], [5], [2, 5], [5, 0]])
def test_a_cascade_with_wrong_depths_is_refused(depths: list[int]) -> None:
    with pytest.raises(ConfigurationError, match="depth"):
        Cascade([TermOverlap(), TermOverlap()], depths=depths)


def test_fingerprints_tell_policies_and_prompts_apart() -> None:
    model = StubLanguageModel()
    prints = {
        RankGpt(model).fingerprint,
        RankGpt(model, window=10).fingerprint,
        RankGpt(model, weight=0.5).fingerprint,
        GroupRank(model).fingerprint,
    }
    assert len(prints) == 4
    assert RankGpt(model).fingerprint in prints
