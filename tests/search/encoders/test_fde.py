"""One vector stands for many: its dot product is near MaxSim, the nearer the more repetitions."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from search.encoders.base import Ragged, Rows
from search.encoders.fde import FixedDimensional
from search.encoders.late_interaction import TokenStates, maxsim
from search.errors import ConfigurationError

DIM = 16
WORDS = ["heron", "lake", "reed", "frog", "owl", "night", "egg", "nest", "train", "noon", "rain"]


def folder(**options: Any) -> FixedDimensional:
    """The folding alone: its tokens are given by hand."""
    tokens: Any = SimpleNamespace(dim=DIM, fingerprint="by-hand")
    return FixedDimensional(tokens=tokens, **options)


def texts(count: int, tokens: int, seed: int) -> Ragged:
    """Token vectors in clusters, as words are."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(40, DIM))
    parts = []
    for _ in range(count):
        rows = centres[rng.integers(0, 40, tokens)] + rng.normal(scale=0.3, size=(tokens, DIM))
        parts.append((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))
    return Ragged.of(parts, width=DIM)


QUERIES, DOCUMENTS = texts(20, 6, 1), texts(150, 20, 1)


def exact() -> Rows:
    return np.stack([maxsim(query, DOCUMENTS) for query in QUERIES])  # type: ignore[arg-type]


def error_of(repetitions: int) -> float:
    """How far the estimates are from MaxSim when their own scale and shift are taken out."""
    one = folder(repetitions=repetitions, dim=4000, width=8)
    found = one.fold_queries(QUERIES) @ one.fold_documents(DOCUMENTS).T
    return float(
        np.mean([1 - np.corrcoef(a, b)[0, 1] for a, b in zip(found, exact(), strict=True)])
    )


def test_the_error_falls_as_repetitions_grow() -> None:
    errors = [error_of(repetitions) for repetitions in (1, 4, 16)]
    assert errors == sorted(errors, reverse=True)
    assert errors[2] < errors[0] / 2


def test_the_estimate_is_below_maxsim_on_average() -> None:
    """The mean of a bucket is at most its best."""
    one = folder(repetitions=30, width=DIM, planes=2, dim=4000)
    found = one.fold_queries(QUERIES) @ one.fold_documents(DOCUMENTS).T
    assert float(np.mean(found - exact())) < 0


def test_an_empty_bucket_of_a_document_takes_its_nearest_token() -> None:
    one = folder(repetitions=3, width=4, planes=3)
    token = texts(1, 1, 5)
    document = one.fold_documents(token).reshape(3, 8, 4)
    question = one.fold_queries(token).reshape(3, 8, 4)
    for repetition in range(3):
        filled = document[repetition]
        assert filled == pytest.approx(np.repeat(filled[:1], 8, axis=0), abs=1e-6)
        assert np.any(question[repetition] != 0, axis=1).sum() == 1


def test_a_seed_gives_the_same_vectors_again_and_is_part_of_the_space() -> None:
    first, again, other = folder(seed=3), folder(seed=3), folder(seed=4)
    assert np.array_equal(first.fold_documents(DOCUMENTS), again.fold_documents(DOCUMENTS))
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert not np.allclose(first.fold_documents(DOCUMENTS), other.fold_documents(DOCUMENTS))
    assert "20x16x32>4000:seed3:by-hand" in first.fingerprint


def test_a_sketch_keeps_the_dot_product_on_average() -> None:
    whole, sketched = folder(repetitions=4, width=8), folder(repetitions=4, width=8, dim=200)
    assert (whole.dim, sketched.dim) == (512, 200)
    one = whole.fold_queries(QUERIES) @ whole.fold_documents(DOCUMENTS).T
    two = sketched.fold_queries(QUERIES) @ sketched.fold_documents(DOCUMENTS).T
    assert float(np.mean(two)) == pytest.approx(float(np.mean(one)), rel=0.2)


def test_shapes_that_no_index_holds_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="The dim is 5000"):
        folder(dim=5000)
    with pytest.raises(ConfigurationError, match="9 planes"):
        folder(planes=9)


def test_the_best_ten_of_real_words_are_among_the_first_hundred(tokens: TokenStates) -> None:
    rng = np.random.default_rng(0)
    sentences = [" ".join(rng.choice(WORDS, 12)) for _ in range(400)]
    documents = tokens.encode_documents(sentences)
    queries = tokens.encode_queries([" ".join(rng.choice(WORDS, 4)) for _ in range(20)])
    one = FixedDimensional(tokens=tokens)
    found = one.fold_queries(queries) @ one.fold_documents(documents).T
    covered = 0
    for query, estimate in zip(queries, found, strict=True):
        best = np.argsort(-maxsim(query, documents), kind="stable")[:10]  # type: ignore[arg-type]
        covered += len(set(best) & set(np.argsort(-estimate, kind="stable")[:100]))
    assert covered / 200 >= 0.9
