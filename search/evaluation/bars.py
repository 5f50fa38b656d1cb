"""A progress bar on a terminal, and nothing elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm


@contextmanager
def bar(total: int, what: str) -> Iterator[Callable[[int], object]]:
    """A function that is told how many more are done."""
    with tqdm(total=total, desc=what, file=sys.stderr, disable=None, leave=False) as shown:
        yield shown.update
