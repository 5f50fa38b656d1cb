"""Milliseconds of a question, for one client and for several at once."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np


def percentiles(values: Sequence[float]) -> dict[str, float]:
    p50, p95 = np.percentile(values, [50, 95]) if values else (0.0, 0.0)
    return {"p50": round(float(p50), 2), "p95": round(float(p95), 2)}


def asked_by(
    clients: int,
    ask: Callable[[int], Any],
    numbers: Sequence[int],
    leave: Callable[[], object] = lambda: None,
) -> tuple[list[tuple[float, Any]], float]:
    """Each question's milliseconds and what came of it, and questions a second.

    A client is a thread that asks one question after the other; ``leave`` is its last act.
    """

    def client(own: Sequence[int]) -> list[tuple[float, Any]]:
        took = []
        for number in own:
            start = time.perf_counter()
            given = ask(number)
            took.append(((time.perf_counter() - start) * 1000, given))
        return took

    def visit(own: Sequence[int]) -> list[tuple[float, Any]]:
        try:
            return client(own)
        finally:
            leave()

    began = time.perf_counter()
    if clients == 1:
        done = client(numbers)
    else:
        with ThreadPoolExecutor(clients) as pool:
            own = [numbers[place::clients] for place in range(clients)]
            done = [one for each in pool.map(visit, own) for one in each]
    return done, len(numbers) / (time.perf_counter() - began)
