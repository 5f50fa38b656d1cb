"""Batches that shrink when memory runs out."""

from collections.abc import Callable, Sequence

import torch

from search.generators.language_model import LanguageModelError


def in_batches[Item, Result](
    run: Callable[[Sequence[Item]], Sequence[Result]],
    items: Sequence[Item],
    *,
    batch_size: int,
    move_to_cpu: Callable[[], None],
) -> list[Result]:
    """``run`` over all items, batch by batch, results in the order of the items.

    When memory runs out the batch is halved, down to one; then the model moves to the CPU, and
    the same item is tried there once.

    Raises:
        LanguageModelError: one item alone does not fit, not even on the CPU.
    """
    done: list[Result] = []
    size, on_cpu = max(1, batch_size), False
    while len(done) < len(items):
        try:
            done += run(items[len(done) : len(done) + size])
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
    return done
