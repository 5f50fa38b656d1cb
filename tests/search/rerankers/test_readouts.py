"""What is read off models, vectors and tables."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from search.errors import ConfigurationError, ModelMissingError
from search.generators.language_model import Written
from search.generators.stub import StubLanguageModel
from search.rerankers.cross_encoder import CrossEncoder
from search.rerankers.e2rank import E2Rank
from search.rerankers.hashed import HashedSentences, HashedTokens
from search.rerankers.icr import Icr
from search.rerankers.maxsim import MaxSim
from search.rerankers.miniatures import saved_cross_encoder, saved_views
from search.rerankers.mvp import Mvp
from search.rerankers.readouts.attention import calibrated
from search.rerankers.readouts.graded_prob import probability_of
from search.rerankers.readouts.maxsim import maxsim
from search.rerankers.readouts.vectors import HeldVectors, Rows
from search.rerankers.readouts.view_anchor import ViewAnchor, ViewAnchors
from search.types import Query
from tests.search.rerankers.shelf import HERON, ids, shelf, unit_rows


class CountingModel(StubLanguageModel):
    """A stub that counts what it embeds."""

    def __init__(self) -> None:
        super().__init__()
        self.embedded: list[str] = []

    def embed(self, text: str) -> Rows:
        self.embedded.append(text)
        return super().embed(text)


@pytest.fixture(scope="module")
def cross_encoder() -> CrossEncoder:
    return CrossEncoder.tiny()


def test_a_cross_encoder_gives_the_logits_of_its_model(cross_encoder: CrossEncoder) -> None:
    from sentence_transformers import CrossEncoder as Bare

    texts = ["a heron", "an owl at night", "reed"] * 3
    with saved_cross_encoder() as folder:
        bare = Bare(str(folder), device="cpu", max_length=512)
    wanted = bare.predict([("frog", text) for text in texts], activation_fn=torch.nn.Identity())
    assert cross_encoder.score_pairs("frog", texts) == pytest.approx(wanted.tolist(), abs=1e-5)


def test_a_cross_encoder_halves_its_batch_when_memory_runs_out(
    cross_encoder: CrossEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"heron {place}" for place in range(9)]
    wanted = cross_encoder.score_pairs("frog", texts)
    model, sizes = cross_encoder._logit._model, []
    predict, moved = model.predict, []

    def scarce(pairs: list[tuple[str, str]], **options: object) -> object:
        sizes.append(len(pairs))
        if len(pairs) > 1 or not moved:
            raise torch.OutOfMemoryError("scarce")
        return predict(pairs, **options)

    monkeypatch.setattr(model, "predict", scarce)
    monkeypatch.setattr(model, "to", moved.append)
    assert cross_encoder.score_pairs("frog", texts) == pytest.approx(wanted, abs=1e-5)
    assert sizes[:4] == [4, 2, 1, 1]
    assert moved == ["cpu"]


def test_weights_that_can_run_code_are_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(ModelMissingError, match="safetensors"):
        CrossEncoder(str(tmp_path))
    assert not CrossEncoder.presence(checkpoint=str(tmp_path)).present
    assert not CrossEncoder.presence(checkpoint="/nowhere").present


def test_presence_of_a_cross_encoder_that_is_there() -> None:
    with saved_cross_encoder() as folder:
        assert CrossEncoder.presence(checkpoint=str(folder)).present


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(1, 9), st.integers(0, 99))
def test_maxsim_equals_its_loop(asked: int, tokens: int, seed: int) -> None:
    query, document = unit_rows(asked, 8, seed), unit_rows(tokens, 8, seed + 1)
    loop = sum(max(float(np.dot(q, d)) for d in document) for q in query)
    assert maxsim(query, document) == pytest.approx(loop, abs=1e-5)


def test_maxsim_does_not_see_rows_of_zeros_below_its_best() -> None:
    query = unit_rows(3, 8)
    padded = np.vstack([query, np.zeros((5, 8), dtype=np.float32)])
    assert maxsim(query, padded) == pytest.approx(3.0, abs=1e-5)
    assert maxsim(query, np.zeros((0, 8), dtype=np.float32)) == 0.0


class WatchedTokens(HashedTokens):
    """A stand-in encoder that keeps what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.queries: list[str] = []
        self.documents: list[str] = []

    def encode_query_tokens(self, text: str) -> Rows:
        self.queries.append(text)
        return super().encode_query_tokens(text)

    def encode_document_tokens(self, texts: Sequence[str]) -> list[Rows]:
        self.documents += texts
        return [HashedTokens.encode_query_tokens(self, text) for text in texts]


def test_maxsim_reads_stored_tokens_and_encodes_the_question_once() -> None:
    given = shelf()
    encoder, rows = WatchedTokens(), HashedTokens().encode_document_tokens([c.text for c in given])
    stored = HeldVectors({c.passage_id: row for c, row in zip(given, rows, strict=True)})
    bound = MaxSim(encoder, alpha=1.0, beta=None, weight=1.0).with_vectors(stored)
    fresh = MaxSim(HashedTokens(), alpha=1.0, beta=None, weight=1.0)
    assert bound.rerank(HERON, given).candidates == fresh.rerank(HERON, given).candidates
    assert (encoder.queries, encoder.documents) == ([HERON.text], [])
    assert ids(bound.rerank(HERON, given).candidates)[0] == 5


def test_maxsim_leaves_what_has_no_tokens_where_it_was() -> None:
    encoder = WatchedTokens()
    ranked = MaxSim(encoder, vectors=HeldVectors({}), encode_missing=False).rerank(HERON, shelf())
    assert ids(ranked.candidates) == ids(shelf())
    assert encoder.documents == []


def test_e2rank_calls_its_encoder_once_and_encodes_no_document() -> None:
    model, given = CountingModel(), shelf(100)
    rows = {c.passage_id: StubLanguageModel().embed(c.text) for c in given}
    ranked = E2Rank(model, weight=1.0).with_vectors(HeldVectors(rows)).rerank(HERON, given)
    assert len(model.embedded) == 1
    assert "[20] " in model.embedded[0]
    assert "[21] " not in model.embedded[0]
    assert model.embedded[0].endswith(f"Search Query: {HERON.text}")
    cosines = {
        key: float(row @ StubLanguageModel().embed(model.embedded[0])) for key, row in rows.items()
    }
    found = [cosines[key] for key in ids(ranked.candidates)]
    assert found == sorted(found, reverse=True)


def test_e2rank_without_stored_vectors_changes_nothing_and_says_so() -> None:
    ranked = E2Rank(StubLanguageModel()).rerank(HERON, shelf())
    assert ids(ranked.candidates) == ids(shelf())
    assert "could not be read for 7 of 7" in ranked.report.notes[0]


def test_an_encoder_that_reads_no_lists_stands_in_for_e2rank() -> None:
    given = shelf()
    rows = HashedSentences().encode_documents([c.text for c in given])
    stored = HeldVectors({c.passage_id: row for c, row in zip(given, rows, strict=True)})
    ranked = E2Rank(encoder=HashedSentences(), vectors=stored, weight=1.0).rerank(HERON, given)
    assert ids(ranked.candidates) != ids(given)
    assert ranked.report.parse_rate == 1


def test_attention_of_an_identical_question_is_zero() -> None:
    ranked = Icr(StubLanguageModel()).rerank(Query(text="N/A"), shelf())
    assert ids(ranked.candidates) == ids(shelf())
    assert not any("icr" in one.signals for one in ranked.candidates)


def test_tokens_far_below_the_mean_are_dropped() -> None:
    empty = np.zeros(20)
    asked = np.array([1.0] * 19 + [-50.0])
    assert calibrated(asked, empty) == pytest.approx(19.0)
    assert calibrated(empty, empty) == 0.0
    assert calibrated(np.zeros(0), np.zeros(0)) == 0.0


def test_a_grade_counts_by_the_probability_of_its_tokens() -> None:
    written = (Written("grade ", 0.9), Written("1", 0.5), Written("0", 0.8), Written("!", 0.1))
    assert probability_of("10", written) == pytest.approx(0.4)
    assert probability_of("7", written) == 1.0
    assert probability_of("7", ()) == 1.0


@pytest.fixture(scope="module")
def views() -> ViewAnchor:
    with saved_views() as folder:
        return ViewAnchor(folder, batch_size=3)


def test_multi_view_scores_do_not_depend_on_the_order(views: ViewAnchor) -> None:
    given = shelf(12)
    order = np.random.default_rng(3).permutation(12)
    straight = views.read(HERON, [given])[0].values
    mixed = views.read(HERON, [[given[i] for i in order]])[0].values
    assert [mixed[place] for place in range(12)] == pytest.approx(
        [straight[int(i)] for i in order], abs=1e-5
    )


def test_multi_view_scores_depend_on_the_passages(views: ViewAnchor) -> None:
    scores = list(views.read(HERON, [shelf(7)])[0].values.values())
    assert len({round(score, 4) for score in scores}) == 7


def test_view_anchors_learn_the_order_of_a_teacher() -> None:
    torch.manual_seed(0)
    states, head = torch.randn(8, 4, 16), ViewAnchors(views=4, dim=16)
    teacher = torch.arange(8.0)
    optimiser = torch.optim.Adam(head.parameters(), lr=0.01)
    before = float(head.loss(states, teacher).detach())
    for _ in range(150):
        optimiser.zero_grad()
        loss = head.loss(states, teacher)
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < before / 2
    assert int(head(states).argmax()) == 7


def test_a_folder_without_view_anchors_is_refused() -> None:
    with saved_cross_encoder() as folder, pytest.raises(ConfigurationError, match="view anchors"):
        Mvp(str(folder))
