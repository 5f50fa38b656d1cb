"""Batches of like length that shrink when memory runs out, and the precisions models are run in."""

from collections.abc import Callable, Iterator, Sequence

import torch

from search.generators.checkpoints import check_precision
from search.generators.language_model import LanguageModelError


def precision(name: str) -> torch.dtype:
    """The number format of this name.

    Raises:
        ConfigurationError: models are not run in it.
    """
    check_precision(name)
    dtype: torch.dtype = getattr(torch, name)
    return dtype


def rows_in_batches[Item](
    run: Callable[[Sequence[Item]], torch.Tensor],
    items: Sequence[Item],
    *,
    batch_size: int,
    length: Callable[[Item], int],
    move_to_cpu: Callable[[], object],
) -> torch.Tensor:
    """What ``run`` gives for all items in their order, (n, …), as float32 on the CPU.

    Items of like length share a batch, so that little of it is padding; the shortest go first.
    Results are fetched at the end: while a device computes one batch, the next is prepared.

    When memory runs out the batch is halved, down to one; then the model moves to the CPU, and
    the same item is tried there once. There must be an item.

    Raises:
        LanguageModelError: one item alone does not fit, not even on the CPU.
    """
    order = sorted(range(len(items)), key=lambda place: length(items[place]))
    ordered = [items[place] for place in order]
    parts = list(in_batches(run, ordered, batch_size=batch_size, move_to_cpu=move_to_cpu))
    found = torch.cat([part.float().cpu() for part in parts])
    rows = torch.empty_like(found)
    rows[order] = found
    return rows


def in_batches[Item, Made](
    run: Callable[[Sequence[Item]], Made],
    items: Sequence[Item],
    *,
    batch_size: int,
    move_to_cpu: Callable[[], object],
) -> Iterator[Made]:
    """What ``run`` gives for batches of the items in their order.

    When memory runs out the batch is halved, down to one; then the model moves to the CPU, and
    the same item is tried there once.

    Raises:
        LanguageModelError: one item alone does not fit, not even on the CPU.
    """
    done, size, on_cpu = 0, max(1, batch_size), False
    while done < len(items):
        batch = items[done : done + size]
        try:
            made = run(batch)
        except torch.OutOfMemoryError as error:
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            if size > 1:
                size //= 2
            elif not on_cpu:
                move_to_cpu()
                on_cpu = True
            else:
                raise LanguageModelError("There is not enough memory for one input.") from error
            continue
        done += len(batch)
        yield made
