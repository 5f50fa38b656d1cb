"""The warm process that forks a child per file: ``python -m ingestion.sandbox.template``.

It imports the parsing libraries once, waits on a socket from its parent, and forks. It never
opens a file that somebody uploaded. It ends when its parent does: the socket closes, or the
parent's process id changes. It has one thread, so that a fork is safe and so that the
kernel's "die with your parent", which is tied to a thread, holds for its children.
"""

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import time
import warnings
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgspec

from ingestion.sandbox.child import Parse, read_file
from ingestion.sandbox.layers import PR_SET_CHILD_SUBREAPER, prctl
from ingestion.types import Limits, ParseRequest

PRELOADED = ("numpy", "PIL.Image", "av", "pypdfium2")
MOST_FILES = 20_000
WATCH_EVERY_S = 0.5
IDLE_EVERY_S = 2.0
LONGEST_MESSAGE = 160 << 10


@dataclass(slots=True)
class Run:
    """A child at work, and where its end is reported."""

    pid: int
    report: socket.socket
    output: str
    limits: Limits
    started_at: float
    stopped_for: str = ""  # "wall" or "output"
    watched_at: float = field(default_factory=time.monotonic)


class Template:
    """The loop: take a request, fork, watch, report."""

    def __init__(self, control: socket.socket, parse: Parse) -> None:
        self._control = control
        self._parse = parse
        self._parent = os.getppid()
        self._runs: dict[int, Run] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)
        self._wake, wake = socket.socketpair()
        self._wake.setblocking(False)
        wake.setblocking(False)
        self._wake_sender = wake
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._selector.register(self._wake, selectors.EVENT_READ)

    def serve(self) -> None:
        """Fork on request until the parent is gone."""
        try:
            while os.getppid() == self._parent:
                for key, _ in self._selector.select(self._patience_s()):
                    if key.fileobj is self._control and not self._take_request():
                        return
                    if key.fileobj is self._wake:
                        self._drain()
                    if isinstance(key.data, int):
                        self._abandon(key.data)
                self._reap()
                self._watch()
        finally:
            for run in self._runs.values():
                _kill_group(run.pid)

    def _patience_s(self) -> float:
        if not self._runs:
            return IDLE_EVERY_S
        now = time.monotonic()
        ends = min(run.started_at + run.limits.wall_s for run in self._runs.values())
        return max(0.0, min(WATCH_EVERY_S, ends - now))

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._wake.recv(4096):
                pass

    def _take_request(self) -> bool:
        """Start one child. False when the parent has hung up."""
        message, descriptors, _, _ = socket.recv_fds(self._control, LONGEST_MESSAGE, 2)
        if not message:
            return False
        order = json.loads(message)
        if "warm" in order:
            self._warm(order["warm"])
            return True
        report = socket.socket(fileno=descriptors[0])
        request = msgspec.convert(order["request"], ParseRequest)
        limits = msgspec.convert(order["limits"], Limits)
        with warnings.catch_warnings():  # idle threads of the word readers hold no lock
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            read_file(self._parse, request, limits, progress_fd=descriptors[1])
        os.close(descriptors[1])
        self._runs[pid] = Run(pid, report, request.output, limits, time.monotonic())
        self._selector.register(report, selectors.EVENT_READ, pid)
        _send(report, {"pid": pid})
        return True

    def _warm(self, dotted: str) -> None:
        """Load what children would load each for themselves; a failure is theirs to tell."""
        module, _, name = dotted.partition(":")
        with contextlib.suppress(Exception):
            getattr(importlib.import_module(module), name)()
        gc.collect()
        gc.freeze()

    def _abandon(self, pid: int) -> None:
        """The one who asked has closed his end: nobody wants the result."""
        run = self._runs.get(pid)
        if run is not None:
            self._selector.unregister(run.report)
            _kill_group(pid)

    def _watch(self) -> None:
        now = time.monotonic()
        for run in self._runs.values():
            if now >= run.started_at + run.limits.wall_s:
                run.stopped_for = run.stopped_for or "wall"
                _kill_group(run.pid)
            elif now - run.watched_at >= WATCH_EVERY_S:
                run.watched_at = now
                if _is_over(run.output, run.limits.output_bytes):
                    run.stopped_for = "output"
                    _kill_group(run.pid)

    def _reap(self) -> None:
        for pid in list(self._runs):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            _kill_group(pid)  # what it started; itself it is a zombie, so the number is still its
            _, status, usage = os.wait4(pid, 0)
            run = self._runs.pop(pid)
            self._end_orphans()
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(run.report)
            report = {
                "status": status,
                "cpu_s": usage.ru_utime + usage.ru_stime,
                "peak_bytes": usage.ru_maxrss * (1024 if sys.platform == "linux" else 1),
                "wall_s": time.monotonic() - run.started_at,
                "stopped_for": run.stopped_for,
            }
            _send(run.report, report)
            run.report.close()

    def _end_orphans(self) -> None:
        """Kill what ended children left behind; as subreaper this process inherits them."""
        children = Path(f"/proc/self/task/{os.getpid()}/children")
        with contextlib.suppress(OSError):
            for pid in map(int, children.read_text(encoding="ascii").split()):
                if pid not in self._runs:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)


def _send(report: socket.socket, message: dict[str, object]) -> None:
    with contextlib.suppress(OSError):  # the one who asked is gone
        report.send(json.dumps(message).encode("ascii"))


def _kill_group(pid: int) -> None:
    """Kill a child and everything it started. Before its setsid, the child alone."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
            return


def _is_over(folder: str, limit: int) -> bool:
    """Whether the files below ``folder`` hold more bytes than ``limit``, or are too many."""
    total = files = 0
    for place, _, names in os.walk(folder):
        for name in names:
            files += 1
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_size
            if total > limit or files > MOST_FILES:
                return True
    return False


def _imported(dotted: str, parsers: list[str]) -> Parse:
    """The parse function, bound to the parsers if any are named; its parsers' modules too."""
    module, _, name = dotted.partition(":")
    home = importlib.import_module(module)
    parse = getattr(home, name)
    for entry in parsers or getattr(home, "DEFAULT_PARSERS", []):
        path = getattr(entry, "path", entry)
        with contextlib.suppress(ImportError):  # said when a file of its type is met
            importlib.import_module(path.rpartition(".")[0])
    return partial(parse, parsers=parsers) if parsers else parse


def main(descriptor: int, dotted: str, parsers: list[str]) -> None:
    """Serve requests on an inherited socket with the parse function ``package.module:name``.

    ``parsers``: dotted paths of the parsers it chooses from; none means its own.
    """
    with contextlib.suppress(OSError):
        prctl(PR_SET_CHILD_SUBREAPER, 1)
    for name in PRELOADED:
        importlib.import_module(name)
    template = Template(socket.socket(fileno=descriptor), _imported(dotted, parsers))
    gc.collect()
    gc.freeze()
    template.serve()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
