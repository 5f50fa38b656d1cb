"""What the parent makes of a child's end: a checked value or a sentence."""

import json
import logging
import math
import os
import shutil
import signal
import stat
from dataclasses import dataclass
from pathlib import Path

from ingestion.sandbox.child import FAULT, RESULT
from ingestion.sandbox.codec import MAX_BYTES, ResultError, is_plain_file, load
from ingestion.types import Limits, Outcome, ParseRequest

log = logging.getLogger(__name__)

MAX_FAULT_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class Ending:
    """How a child ended, as the template saw it. ``status`` is the raw wait status."""

    status: int
    cpu_s: float = 0.0
    peak_bytes: int = 0
    wall_s: float = 0.0
    stopped_for: str = ""  # "wall", "output" or ""


def outcome_of(request: ParseRequest, limits: Limits, ending: Ending) -> Outcome:
    """Read what the child left in the output folder; without a result the folder is emptied."""
    folder = Path(request.output)
    payload = _taken(folder / RESULT, MAX_BYTES)
    fault = _taken(folder / FAULT, MAX_FAULT_BYTES)
    files = _swept(folder)
    parsed, error, crashed = None, death_sentence(ending, limits), True
    if not error and payload is None:
        error, crashed = _fault(fault)
    elif not error and payload is not None:
        try:
            parsed, crashed = load(payload, folder), False
        except ResultError as refused:
            log.warning("A child's result was refused: %s", refused)
            error = "The reader gave back a result that is not valid. Try a common format."
    if parsed is None:
        for name in files:
            (folder / name).unlink(missing_ok=True)
        files = ()
    return Outcome(
        parsed,
        error,
        ending.cpu_s,
        ending.peak_bytes,
        ending.wall_s,
        crashed=crashed,
        files=files,
    )


def death_sentence(ending: Ending, limits: Limits) -> str:
    """Why the child did not come to its end, for the uploader; "" if it did."""
    if ending.stopped_for == "wall":
        return (
            f"Reading it took longer than {limits.wall_s} seconds and was stopped. "
            "Split it into smaller files."
        )
    if ending.stopped_for == "output":
        return (
            f"What is made of it takes more than {limits.output_bytes >> 20} MB. "
            "Split it into smaller files."
        )
    if not os.WIFSIGNALED(ending.status):
        return ""
    number = os.WTERMSIG(ending.status)
    used_up = number == signal.SIGKILL and ending.cpu_s >= limits.cpu_s
    if number == signal.SIGXCPU or used_up:
        return (
            f"Reading it used more than {limits.cpu_s} seconds of computing time and was "
            "stopped. Split it into smaller files."
        )
    if number == signal.SIGKILL:
        return (
            "Reading it was ended by the system, most likely because memory ran out. "
            "Try again later, or make it smaller."
        )
    return (
        f"The reader crashed on it ({signal.Signals(number).name}). "
        "Save it again in a common format and upload that."
    )


def _fault(payload: bytes | None) -> tuple[str, bool]:
    """The child's own sentence, and whether it was a fault of the reader."""
    unknown = "The reader ended without a result. Try again, or save it in a common format.", True
    if payload is None:
        return unknown
    try:
        fault = json.loads(payload)
        sentence, crashed, where = fault["sentence"], fault["crashed"], fault["where"]
    except (ValueError, KeyError, TypeError):
        return unknown
    if not (isinstance(sentence, str) and sentence and isinstance(crashed, bool)):
        return unknown
    if where:
        log.warning("A parser failed: %s", str(where)[:2000])
    return sentence[:1000].replace("\0", "\ufffd"), crashed


def _taken(path: Path, most: int) -> bytes | None:
    """The bytes of a plain file of at most ``most`` bytes, which is then removed."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        entry = os.fstat(file.fileno())
        if not stat.S_ISREG(entry.st_mode) or entry.st_nlink != 1 or entry.st_size > most:
            return None
        payload = file.read(most + 1)
    path.unlink(missing_ok=True)
    return payload if len(payload) <= most else None


def _swept(folder: Path) -> tuple[str, ...]:
    """The names of the plain files in the folder; everything else in it is removed.

    A file with a second name elsewhere goes too: it could be another user's.
    """
    kept = []
    for entry in list(os.scandir(folder)):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        elif is_plain_file(entry.name, folder) and entry.stat(follow_symlinks=False).st_nlink == 1:
            kept.append(entry.name)
        else:
            Path(entry.path).unlink(missing_ok=True)
    return tuple(sorted(kept))


def fraction_of(value: float) -> float | None:
    """A progress value from a child, within 0 and 1; None if it is not a number."""
    return min(1.0, max(0.0, value)) if math.isfinite(value) else None
