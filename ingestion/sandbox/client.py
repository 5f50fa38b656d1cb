"""The parent's side: hand a file to a child, get back what it found or why it did not.

    outcome = sandbox().run(ParseRequest(path, filename, output), Limits())

The words of a query picture are read the same way: the blocks of kind ``ocr`` of its outcome
are the text, with a box per line.
"""

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ingestion.sandbox.child import PROGRESS
from ingestion.sandbox.results import Ending, fraction_of, outcome_of
from ingestion.types import Limits, Outcome, ParseRequest
from mmsearch_site.env import env_str

DEFAULT_PARSE = "ingestion.parsers:parse"
WARM = "ingestion.media.words:warm"
START_S = 120.0  # for the template to import its libraries
GRACE_S = 10.0  # the template stops a child at its limit; after this the template itself is stuck
PROGRESS_EVERY_S = 0.05
PASSED_ON = ("TESSDATA_PREFIX", "LD_LIBRARY_PATH")

OnProgress = Callable[[float], None]
Template = subprocess.Popen[bytes]


class Sandbox:
    """Reads files in children of a warm template process. Safe to use from many threads.

    ``parse`` names the function the children call, as ``package.module:name``; ``parsers`` are
    the dotted paths of the parsers it chooses from, where it is not to take its own.
    """

    def __init__(self, parse: str = DEFAULT_PARSE, parsers: Sequence[str] = ()) -> None:
        self._program = [parse, *parsers]
        self._lock = threading.Lock()
        self._template: Template | None = None
        self._control: socket.socket | None = None
        _open.add(self)

    def run(
        self, request: ParseRequest, limits: Limits, *, on_progress: OnProgress | None = None
    ) -> Outcome:
        """Read one file. Never raises for what the file does; its sentence is in the outcome.

        The output folder is made if it is missing. Afterwards it holds the files that
        ``Outcome.files`` names and nothing else.

        Raises:
            ValueError: the output folder is not empty.
        """
        request = _absolute(request)
        folder = Path(request.output)
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ValueError(f"The output folder {request.output!r} is not empty.")
        template, report, progress = self._start(request, limits)
        try:
            with report:
                ending = _wait(template, report, progress, limits, on_progress)
        finally:
            os.close(progress)
        return outcome_of(request, limits, ending)

    def warm_up(self) -> None:
        """Start the template and have it load the models that read words.

        Returns at once. Saves each picture about a second of CPU and costs the template some
        200 MB, so it is for processes that read many files.
        """
        order = json.dumps({"warm": WARM}).encode("ascii")
        with self._lock, contextlib.suppress(OSError):  # the next run starts a new one
            self._send(order, [])

    def close(self) -> None:
        """End the template and every child. The next run starts a new one."""
        with self._lock:
            self._end_template()

    @property
    def template_pid(self) -> int | None:
        """The process id of the template, None before the first run."""
        return self._template.pid if self._template else None

    def _start(self, request: ParseRequest, limits: Limits) -> tuple[Template, socket.socket, int]:
        """Ask for a child: its template, report socket and reading end of its progress pipe."""
        order = json.dumps({"request": asdict(request), "limits": asdict(limits)}).encode("ascii")
        report, report_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        progress, progress_end = os.pipe()
        try:
            with self._lock:
                try:
                    template = self._send(order, [report_end.fileno(), progress_end])
                except OSError:  # the template died between two files
                    self._end_template()
                    template = self._send(order, [report_end.fileno(), progress_end])
        except BaseException:
            report.close()
            os.close(progress)
            raise
        finally:
            report_end.close()
            os.close(progress_end)
        return template, report, progress

    def _send(self, order: bytes, descriptors: list[int]) -> Template:
        if self._template is not None and self._template.poll() is not None:
            self._end_template()
        if self._template is None or self._control is None:
            self._control, self._template = _started(self._program)
        socket.send_fds(self._control, [order], descriptors)
        return self._template

    def _end_template(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._template is not None:
            try:  # a closed socket is its sign to kill its children and leave
                self._template.wait(timeout=GRACE_S)
            except subprocess.TimeoutExpired:
                self._template.kill()
                self._template.wait()
            self._template = None

    def _forget(self) -> None:
        """In a process forked from ours: the template belongs to the parent."""
        self._lock = threading.Lock()
        if self._control is not None:
            self._control.close()
        self._control = self._template = None


def _started(program: list[str]) -> tuple[socket.socket, Template]:
    """A new template process and our end of its control socket."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    arguments = ["-P", "-m", "ingestion.sandbox.template", str(theirs.fileno()), *program]
    with theirs:
        template = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, *arguments],
            cwd="/",
            env=_environment(),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    return ours, template


def _wait(
    template: Template,
    report: socket.socket,
    progress: int,
    limits: Limits,
    on_progress: OnProgress | None,
) -> Ending:
    started = time.monotonic()
    first = _received(report, START_S, progress, on_progress)
    pid = first["pid"] if first else None
    last = None
    if pid is not None:
        last = _received(report, limits.wall_s + GRACE_S, progress, on_progress)
    if last is not None:
        return Ending(**last)
    with contextlib.suppress(ProcessLookupError):  # it died, or it is stuck
        template.kill()
    if pid is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    return Ending(status=int(signal.SIGKILL), wall_s=time.monotonic() - started)


def _received(
    report: socket.socket, patience_s: float, progress: int, on_progress: OnProgress | None
) -> dict[str, Any] | None:
    """The next message of the template; None when it hangs up or ``patience_s`` is over."""
    poll = select.poll()
    poll.register(report, select.POLLIN)
    poll.register(progress, select.POLLIN)
    ends = time.monotonic() + patience_s
    while (left := ends - time.monotonic()) > 0:
        ready = dict(poll.poll(left * 1000))
        if report.fileno() in ready:
            message = report.recv(4096)
            return json.loads(message) if message else None
        if progress in ready and not _pass_on(progress, on_progress):
            poll.unregister(progress)
        elif ready:
            _only(report, PROGRESS_EVERY_S)  # a child may write faster than anyone wants to read
    return None


def _only(report: socket.socket, seconds: float) -> None:
    poll = select.poll()
    poll.register(report, select.POLLIN)
    poll.poll(seconds * 1000)


def _pass_on(progress: int, on_progress: OnProgress | None) -> bool:
    """Tell the last value in the pipe; False when nobody can write to it any more."""
    written = os.read(progress, 512 * PROGRESS.size)
    if not written:
        return False
    whole = len(written) // PROGRESS.size * PROGRESS.size
    if on_progress is not None and whole:
        fraction = fraction_of(PROGRESS.unpack(written[whole - PROGRESS.size : whole])[0])
        if fraction is not None:
            on_progress(fraction)
    return True


def _absolute(request: ParseRequest) -> ParseRequest:
    """The request with absolute paths: the template runs in another folder."""
    return replace(
        request,
        path=str(Path(request.path).absolute()),
        output=str(Path(request.output).absolute()),
        sidecars=tuple(
            replace(sidecar, path=str(Path(sidecar.path).absolute()))
            for sidecar in request.sidecars
        ),
    )


def _environment() -> dict[str, str]:
    """What the children may know of ours: where programs and modules are, and no secrets."""
    passed = {name: env_str(name) for name in PASSED_ON if env_str(name)}
    return passed | {
        "PATH": os.pathsep.join(os.get_exec_path()),
        "PYTHONPATH": os.pathsep.join(str(Path(place).absolute()) for place in sys.path if place),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OMP_THREAD_LIMIT": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }


_open: weakref.WeakSet[Sandbox] = weakref.WeakSet()
_shared_lock = threading.Lock()
_shared: list[Sandbox] = []


def sandbox() -> Sandbox:
    """The sandbox of this process. Its template starts with the first file."""
    with _shared_lock:
        if not _shared:
            _shared.append(Sandbox())
        return _shared[0]


def _after_fork() -> None:
    global _shared_lock  # noqa: PLW0603
    _shared_lock = threading.Lock()
    for one in list(_open):
        one._forget()


@atexit.register
def _close_all() -> None:
    for one in list(_open):
        one.close()


os.register_at_fork(after_in_child=_after_fork)
