"""MaxSim is what the plain loop says, and stops early only where it is told to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.encoders.base import Ragged, Rows
from search.encoders.hashing import HashingEncoder
from search.encoders.late_interaction import TokenStates, maxsim, pool_neighbours
from search.encoders.onnx_text import OnnxTextEncoder
from search.errors import ConfigurationError

DIM = 8
TEXTS = ["A heron stands in the water.", "owl", "", "...", "The train leaves at noon. " * 60]


def unit_rows(count: int, seed: int) -> Rows:
    rows = np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def library(counts: list[int], seed: int) -> Ragged:
    parts = [unit_rows(count, seed + place) for place, count in enumerate(counts)]
    return Ragged.of(parts, width=DIM)


def by_loop(query: Rows, document: Rows) -> float:
    return sum(max(float(np.dot(q, d)) for d in document) for q in query)


counts = st.lists(st.integers(1, 6), min_size=0, max_size=12)


@given(counts=counts, asked=st.integers(1, 5), seed=st.integers(0, 1000))
def test_maxsim_is_what_the_loop_says(counts: list[int], asked: int, seed: int) -> None:
    query, documents = unit_rows(asked, seed), library(counts, seed + 1)
    expected = [by_loop(query, document) for document in documents]
    assert maxsim(query, documents) == pytest.approx(expected, abs=1e-5)


@given(
    counts=counts,
    seed=st.integers(0, 1000),
    k=st.integers(1, 15),
    first=st.lists(st.floats(-50, 50), min_size=12, max_size=12),
)
def test_without_pruning_all_are_scored(
    counts: list[int], seed: int, k: int, first: list[float]
) -> None:
    query, documents = unit_rows(3, seed), library(counts, seed + 1)
    pruned = maxsim(query, documents, first_stage=first[: len(counts)], k=k, alpha=1, beta=None)
    assert pruned == pytest.approx(maxsim(query, documents), abs=1e-5)


def test_padding_with_zeros_changes_nothing() -> None:
    query, documents = unit_rows(3, 1), library([4, 2], 2)
    padded = np.vstack([query, np.zeros((5, DIM), np.float32)])
    assert maxsim(padded, documents) == pytest.approx(maxsim(query, documents), abs=1e-6)


def test_beta_stops_after_so_many_that_do_not_enter() -> None:
    query = np.eye(1, DIM, dtype=np.float32)
    cosines = [0.9, 0.8, 0.1, 0.2, 0.3, 0.95]
    rows = np.zeros((len(cosines), DIM), np.float32)
    rows[:, 0] = cosines
    documents = Ragged(rows, np.ones(len(cosines), np.int64))
    first = [float(-place) for place in range(len(cosines))]
    scores = maxsim(query, documents, first_stage=first, k=2, beta=3)
    assert scores[:5] == pytest.approx(cosines[:5])
    assert np.isnan(scores[5])
    patient = maxsim(query, documents, first_stage=first, k=2, beta=4)
    assert patient[5] == pytest.approx(0.95)


def test_a_score_for_each_document_is_needed() -> None:
    with pytest.raises(ValueError, match="2 documents came with 1 scores"):
        maxsim(unit_rows(1, 1), library([1, 1], 2), first_stage=[1.0])


def test_neighbours_are_pooled_to_unit_rows() -> None:
    rows = unit_rows(7, 3)
    pooled = pool_neighbours(rows, factor=3)
    assert pooled.shape == (3, DIM)
    assert np.linalg.norm(pooled, axis=1) == pytest.approx(1, abs=1e-5)
    assert pooled[2] == pytest.approx(rows[6], abs=1e-6)


def test_a_text_has_the_same_tokens_alone_and_beside_a_longer_one(tokens: TokenStates) -> None:
    together = tokens.encode_documents(TEXTS)
    for text, rows in zip(TEXTS, together, strict=True):
        (alone,) = tokens.encode_documents([text])
        assert rows == pytest.approx(alone, abs=1e-4)
        assert len(rows) >= 1
        assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-4)


def test_questions_keep_every_word_and_documents_a_quarter(tokens: TokenStates) -> None:
    text = "A heron stands in the water, and waits."  # eight words
    (asked,) = tokens.encode_queries([text])
    (stored,) = tokens.encode_documents([text])
    assert (len(asked), len(stored)) == (8, 2)


def test_one_pass_gives_what_two_give(tokens: TokenStates, minilm: OnnxTextEncoder) -> None:
    rows, together = tokens.encode_with_text(TEXTS)
    assert rows == pytest.approx(minilm.encode_documents(TEXTS), abs=1e-5)
    alone = tokens.encode_documents(TEXTS)
    assert together.counts.tolist() == alone.counts.tolist()
    assert together.values == pytest.approx(alone.values, abs=1e-5)


def test_the_mean_of_the_states_is_the_vector_of_the_text(minilm: OnnxTextEncoder) -> None:
    ((_, states),) = minilm.token_states(TEXTS[:1])
    mean = states.mean(axis=0)
    row = minilm.encode_documents(TEXTS[:1])[0]
    assert mean / np.linalg.norm(mean) == pytest.approx(row, abs=1e-4)


def test_maxsim_on_real_words_prefers_what_is_meant(tokens: TokenStates) -> None:
    (query,) = tokens.encode_queries(["a wading bird at the lake"])
    heron, train = maxsim(query, tokens.encode_documents([TEXTS[0], TEXTS[4]]))
    assert heron > train


def test_options_that_cannot_work_are_named(minilm: OnnxTextEncoder) -> None:
    with pytest.raises(ConfigurationError, match="pooling of token vectors is 0"):
        TokenStates(text=minilm, pooling=0)
    with pytest.raises(ConfigurationError, match="HashingEncoder"):
        TokenStates(text=HashingEncoder())  # type: ignore[arg-type]
