"""The tide of Wickmouth, computed by the very Python file that the library ships."""

import sys
from datetime import UTC, datetime, timedelta
from importlib.machinery import SourceFileLoader
from types import ModuleType

from .style import TEXT


def tide_module() -> ModuleType:
    """``text/tide_prediction.txt``, which ships as a Python file, imported."""
    loader = SourceFileLoader("tide_prediction", str(TEXT / "tide_prediction.txt"))
    module = ModuleType(loader.name)
    sys.modules[loader.name] = module  # its dataclass looks itself up there
    exec(
        loader.source_to_code((TEXT / "tide_prediction.txt").read_bytes(), loader.path),
        vars(module),
    )
    return module


def waters(days: int) -> list[tuple[datetime, float, str]]:
    """High and low waters from 1 June 2026 on."""
    turns: list[tuple[datetime, float, str]] = tide_module().high_and_low_waters(
        datetime(2026, 6, 1, tzinfo=UTC), days
    )
    return turns


def daily_highest(days: int = 30) -> list[tuple[str, float]]:
    """Day and height of each day's highest water in June 2026."""
    start = datetime(2026, 6, 1, tzinfo=UTC)
    height = tide_module().height_m
    result = []
    for day in range(days):
        moments = (start + timedelta(days=day, minutes=10 * step) for step in range(144))
        result.append((str(day + 1), round(max(height(moment) for moment in moments), 2)))
    return result
