"""One child process of the supervisor: its log, its death, its next try."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path

import psutil

_LONG_LIVED_S = 60.0
_LONGEST_PAUSE_S = 60.0
_LOG_BYTES, _LOG_FILES = 10_000_000, 5


@dataclass(frozen=True)
class Program:
    """What to run, and where its words go."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path


class Child:
    """A program that is kept running: begun again after a pause that doubles with every failure."""

    def __init__(self, program: Program, say: Callable[[str], None]) -> None:
        self.program = program
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._born = 0.0
        self._pause_s = 1.0
        self._not_before = 0.0
        self.deaths = 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Begin the program, in a session of its own: Ctrl-C reaches the supervisor alone."""
        self._process = subprocess.Popen(  # noqa: S603
            self.program.command,
            env=dict(self.program.environment),
            cwd=self.program.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
        )
        self._born = time.monotonic()
        threading.Thread(target=self._keep_log, args=(self._process,), daemon=True).start()

    def revive(self) -> None:
        """Begin the program again when it has died and its pause is over."""
        if self.pid is not None or self._process is None:
            return
        now = time.monotonic()
        if not self._not_before:
            self.deaths += 1
            if now - self._born > _LONG_LIVED_S:
                self._pause_s = 1.0
            self._say(
                f"The {self.program.name} ended ({_ending(self._process.returncode)}); starting it "
                f"again in {self._pause_s:.0f} s. Its log: {self.program.log}"
            )
            self._not_before = now + self._pause_s
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        elif now >= self._not_before:
            self._not_before = 0.0
            self.start()

    def ask_to_stop(self) -> None:
        """SIGTERM: work in hand may be finished."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGTERM)

    def last_words(self, lines: int = 15) -> str:
        """The end of its log."""
        try:
            text = self.program.log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def _keep_log(self, process: subprocess.Popen[bytes]) -> None:
        """Copy what the program says into its log, which turns over at a limit."""
        self.program.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        book = RotatingFileHandler(
            self.program.log, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8"
        )
        assert process.stdout is not None  # noqa: S101  opened as a pipe above
        with process.stdout as lines:
            for line in lines:
                text = line.decode("utf-8", errors="replace").rstrip("\n")
                book.emit(logging.LogRecord("", logging.INFO, "", 0, text, None, None))
        book.close()


def stop_all(children: list[Child], *, patience_s: float = 5.0) -> None:
    """Ask every child to stop, then end whatever of them and their descendants is left."""
    families = [_family(child.pid) for child in children if child.pid is not None]
    for child in children:
        child.ask_to_stop()
    end_processes([process for family in families for process in family], patience_s=patience_s)


def end_processes(processes: list[psutil.Process], *, patience_s: float) -> None:
    """Wait for processes to end by themselves, then kill them."""
    _, left = psutil.wait_procs(processes, timeout=patience_s)
    for process in left:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(left, timeout=2)


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _ending(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """In the child, before its program begins: SIGTERM when the supervisor is killed outright."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
