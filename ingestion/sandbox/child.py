"""One file's reader: a forked child that gives up its rights, parses, writes, and exits."""

import errno
import json
import os
import signal
import struct
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from ingestion.errors import IngestError, TooLargeError
from ingestion.media import progress
from ingestion.sandbox.codec import MAX_BYTES, dump
from ingestion.sandbox.layers import apply_layers
from ingestion.types import Limits, Parsed, ParseRequest

RESULT = "result.json"
FAULT = "fault.json"
SCRATCH = "scratch"  # temporary files of the libraries; removed by the parent
PROGRESS = struct.Struct("<d")
PROGRESS_EVERY_S = 0.1

Parse = Callable[[ParseRequest, Limits], Parsed]
_FULL = {errno.EFBIG, errno.ENOSPC, errno.EDQUOT}


def read_file(
    parse: Parse, request: ParseRequest, limits: Limits, *, progress_fd: int | None
) -> NoReturn:
    """Parse one file and leave ``result.json`` or ``fault.json`` in the output folder.

    Runs in a fresh fork and never returns.
    """
    try:
        _leave_the_template(request.output, keep=progress_fd)
        if progress_fd is not None:
            _send_progress_to(progress_fd)
        apply_layers(limits)
        _parse_and_write(parse, request, limits)
    except BaseException:
        os._exit(70)
    os._exit(0)


def _leave_the_template(output: str, *, keep: int | None) -> None:
    """Own session, no inherited descriptor but ``keep``, temporary files in the output folder."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    last = os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") < 65536 else 65536
    if keep is None:
        os.closerange(3, last)
    else:
        os.closerange(3, keep)
        os.closerange(keep + 1, last)
    os.umask(0o077)
    os.chdir(output)
    scratch = Path(output, SCRATCH)
    scratch.mkdir()
    os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)


def _send_progress_to(descriptor: int) -> None:
    os.set_blocking(descriptor, False)
    sent_at = 0.0

    def send(fraction: float) -> None:
        nonlocal sent_at
        now = time.monotonic()
        if now - sent_at < PROGRESS_EVERY_S:
            return
        sent_at = now
        try:
            os.write(descriptor, PROGRESS.pack(fraction))
        except OSError:  # nobody listens, or not fast enough: progress is only a courtesy
            return

    progress.listen(send)


def _parse_and_write(parse: Parse, request: ParseRequest, limits: Limits) -> None:
    output = Path(request.output)
    try:
        payload = dump(parse(request, limits))
        if len(payload) > MAX_BYTES:
            raise TooLargeError(
                f"What was read from the file takes {len(payload) >> 20} MB; the limit is "
                f"{MAX_BYTES >> 20} MB. Split it into smaller files."
            )
        (output / RESULT).write_bytes(payload)
    except IngestError as error:
        _write_fault(output, str(error), crashed=False)
    except MemoryError:
        _write_fault(
            output,
            f"Reading it needs more than {limits.memory_bytes >> 20} MB of memory. "
            "Make it smaller or split it.",
            crashed=True,
        )
    except Exception as error:
        _write_fault(output, _sentence(error, limits), crashed=True, where=_where(error))


def _write_fault(output: Path, sentence: str, *, crashed: bool, where: str = "") -> None:
    (output / RESULT).unlink(missing_ok=True)
    fault = {"sentence": sentence[:1000], "crashed": crashed, "where": where[:2000]}
    try:
        (output / FAULT).write_text(json.dumps(fault), encoding="ascii")
    except OSError:
        os._exit(71)


def _sentence(error: Exception, limits: Limits) -> str:
    if isinstance(error, OSError) and error.errno in _FULL:
        return (
            f"What is made of it takes more than {limits.output_bytes >> 20} MB, or the disk is "
            "full. Split it, or free some space and try again."
        )
    return (
        f"It could not be read: the reader failed on it ({type(error).__name__}). "
        "Save it again in a common format and upload that."
    )


def _where(error: Exception) -> str:
    """The places in the code that failed, without the values, which are somebody's text."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
    return f"{type(error).__name__} at {' > '.join(places)}"


if __name__ == "__main__":
    sys.exit("This module is entered by the template process only.")
