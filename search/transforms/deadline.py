"""What a language model writes in time, or nothing."""

import logging
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Thread

from search.transforms.base import Generate

log = logging.getLogger(__name__)

MOST_AT_ONCE = 4  # calls that run, the late ones included: a hung model must not fill the process
_slots = BoundedSemaphore(MOST_AT_ONCE)


def written_in_time(generate: Generate | None, prompt: str, *, deadline_ms: float) -> str:
    """The model's text, stripped; empty when there is no model, or it fails, is late or busy.

    A late call is left to end by itself, and its text is dropped.
    """
    if generate is None:
        return ""
    if not _slots.acquire(blocking=False):
        log.warning("The language model was not asked: %d calls are running.", MOST_AT_ONCE)
        return ""
    written: SimpleQueue[str] = SimpleQueue()
    Thread(target=_write, args=(generate, prompt, written), daemon=True).start()
    try:
        return written.get(timeout=deadline_ms / 1000)
    except Empty:
        log.warning("The language model took more than %.0f ms.", deadline_ms)
        return ""


def _write(generate: Generate, prompt: str, written: "SimpleQueue[str]") -> None:
    text = ""
    try:
        text = generate(prompt).strip()
    except Exception:  # anybody's model may stand here; the question is answered without it
        log.warning("The language model failed.", exc_info=True)
    finally:
        _slots.release()
        written.put(text)
