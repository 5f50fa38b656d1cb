"""Batches of like length that shrink when memory runs out."""

from collections.abc import Sequence

import pytest
import torch

from search.errors import ConfigurationError
from search.generators.language_model import LanguageModelError
from search.generators.memory import precision, rows_in_batches

WORDS = ["aaaa", "b", "ccc", "dd", "eeeee"]


def run_all(run: object, *, batch_size: int = 2, moved: list[str] | None = None) -> torch.Tensor:
    return rows_in_batches(
        run,  # type: ignore[arg-type]
        WORDS,
        batch_size=batch_size,
        length=len,
        move_to_cpu=lambda: (moved if moved is not None else []).append("cpu"),
    )


def lengths(batch: Sequence[str]) -> torch.Tensor:
    return torch.tensor([[len(word), ord(word[0])] for word in batch], dtype=torch.bfloat16)


def test_rows_come_in_the_order_of_the_items() -> None:
    rows = run_all(lengths)
    assert rows.dtype == torch.float32
    assert rows.tolist() == [[len(word), ord(word[0])] for word in WORDS]


def test_items_of_like_length_share_a_batch_the_shortest_first() -> None:
    seen: list[list[str]] = []
    run_all(lambda batch: (seen.append(list(batch)), lengths(batch))[1])
    assert seen == [["b", "dd"], ["ccc", "aaaa"], ["eeeee"]]


def test_a_batch_too_large_is_halved_and_nothing_done_is_done_again() -> None:
    seen, moved = [], []

    def scarce(batch: Sequence[str]) -> torch.Tensor:
        seen.append(len(batch))
        if sum(map(len, batch)) > 6:
            raise torch.OutOfMemoryError("scarce")
        return lengths(batch)

    assert run_all(scarce, batch_size=4, moved=moved).tolist() == lengths(WORDS).tolist()
    assert seen == [4, 2, 2, 1, 1, 1]
    assert moved == []


def test_what_fits_nowhere_is_one_error_after_the_cpu_was_tried() -> None:
    moved: list[str] = []

    def none_fits(batch: Sequence[str]) -> torch.Tensor:
        raise torch.OutOfMemoryError("scarce")

    with pytest.raises(LanguageModelError, match="not enough memory"):
        run_all(none_fits, moved=moved)
    assert moved == ["cpu"]


def test_a_precision_that_is_none_is_named_with_those_there_are() -> None:
    assert precision("bfloat16") is torch.bfloat16
    for name in ("half", "Tensor", ""):
        with pytest.raises(ConfigurationError, match="float32, bfloat16, float16"):
            precision(name)
