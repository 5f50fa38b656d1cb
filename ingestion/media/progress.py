"""How a parser says how far it is, without knowing who listens."""

from collections.abc import Callable


def _nobody(_fraction: float) -> None:
    return


_listener: Callable[[float], None] = _nobody


def listen(listener: Callable[[float], None]) -> None:
    """Send every later ``report`` of this process to ``listener``."""
    global _listener  # noqa: PLW0603
    _listener = listener


def report(fraction: float) -> None:
    """Say that this share of the file, 0 to 1, has been read. Cheap; call it often."""
    _listener(min(1.0, max(0.0, fraction)))
