"""Start everything, keep it running, stop everything: what ``make up`` runs."""

import fcntl
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType

import django
import psutil
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections

from mmsearch_site import first_run
from mmsearch_site.child import Child, end_processes, stop_all
from mmsearch_site.embedded.cluster import Cluster
from mmsearch_site.embedded.errors import DatabaseStartError
from mmsearch_site.embedded.lease import running
from mmsearch_site.env import child_environment, env_secret
from mmsearch_site.ports import base_url, occupant, readiness
from mmsearch_site.programs import allow_many_files, web_server, worker

READY_WITHIN_S = 240.0
SAY_AGAIN_S = 20.0
DEATHS_BEFORE_READY = 4  # something that dies this often at the start will not come right
log = logging.getLogger("mmsearch.supervise")


class Stopped(Exception):  # noqa: N818
    """Somebody asked the site to end."""


def main() -> int:
    """The exit status: 0 after a stop, 1 when the start fails, 2 for wrong settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsearch_site.settings")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        django.setup()
        allow_many_files()
        with _alone() as (run, other):
            if other:
                say(other)
                return 0
            return _serve(run)
    except ImproperlyConfigured as error:
        say(str(error))
        return 2
    except (DatabaseStartError, OperationalError) as error:
        say(" ".join(str(error).split()) if isinstance(error, OperationalError) else str(error))
        return 1
    except Stopped:
        say("Stopped.")
        return 0


def say(sentence: str) -> None:
    """One line for the person at the terminal, at once."""
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def _stop(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # the stop itself is not interrupted
    raise Stopped


@contextmanager
def _alone() -> Iterator[tuple[Path, str]]:
    """The run folder, and a sentence when another supervisor holds it."""
    run = settings.DATA_DIR / "run"
    handle = os.open(run / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        known = _read(run / "supervisor.json")
        yield (
            run,
            (
                f"MMSearch already runs on this data folder: {known.get('url', 'still starting')} "
                f"(process {known.get('pid', 'unknown')}). Ctrl-C where it was started stops it."
            ),
        )
        return
    try:
        yield run, ""
    finally:
        (run / "supervisor.json").unlink(missing_ok=True)
        os.close(handle)


def _serve(run: Path) -> int:
    _end_orphans(run)
    busy = occupant(settings.HOST, settings.PORT)
    if busy:
        say(busy)
        return 1
    url = base_url(settings.HOST, settings.PORT)
    _write(run / "supervisor.json", {"pid": os.getpid(), "url": url})
    cluster = Cluster(settings.DATA_DIR) if settings.EMBEDDED_DATABASE else None
    if cluster is not None:
        say("Starting the database …")
    with running(cluster) if cluster is not None else nullcontext():
        first_run.prepare_database()
        account = first_run.ensure_administrator()
        if account is not None:
            _introduce(*account)
        connections.close_all()
        return _Site(run, url, cluster).live()


def _introduce(name: str, password: str) -> None:
    """The administrator, once. A password that was chosen by the operator is not repeated."""
    if env_secret("MMSEARCH_ADMIN_PASSWORD"):
        say(f"The administrator is {name!r}, with the password of MMSEARCH_ADMIN_PASSWORD.")
        return
    say(f"The administrator is {name!r}, password: {password}   (shown this once)")


class _Site:
    """Web server and worker of one site, from start to stop."""

    def __init__(self, run: Path, url: str, cluster: Cluster | None) -> None:
        self._run = run
        self._url = url
        self._cluster = cluster
        self._children = [Child(worker(), say), Child(web_server(), say)]
        self._sample: subprocess.Popen[bytes] | None = None
        self._database_failures = 0
        self._database_again = 0.0  # of the monotonic clock: not before then

    def live(self) -> int:
        try:
            say("Starting web server and worker …")
            for child in self._children:
                child.start()
            self._record()
            if not self._wait_until_ready():
                return 1
            say(f"MMSearch is ready: {self._url}   (Ctrl-C stops it)")
            self._sample = first_run.begin_sample_library(
                child_environment(MMSEARCH_PROCESS="command"), say
            )
            self._watch()
        finally:
            say("Stopping …")
            self._end()
        return 0

    def _wait_until_ready(self) -> bool:
        """Wait for ``/readyz``; when it takes too long, the failing checks are named."""
        began, answer = time.monotonic(), "it does not answer"
        told = began
        while time.monotonic() - began < READY_WITHIN_S:
            answer = readiness(self._url)
            if not answer:
                return True
            self._keep()
            if time.monotonic() - told > SAY_AGAIN_S:
                told = time.monotonic()
                say(f"Still waiting: {answer} …")
            if max(child.deaths for child in self._children) >= DEATHS_BEFORE_READY:
                break
            time.sleep(0.4)
        waited = time.monotonic() - began
        say(f"MMSearch did not become ready; given up after {waited:.0f} s: {answer}.")
        for child in self._children:
            say(f"The {child.program.name} last said:\n{child.last_words()}")
        return False

    def _watch(self) -> None:
        while True:
            time.sleep(0.5)
            self._keep()
            if self._sample is not None and self._sample.poll() is not None:
                first_run.note_sample_library(self._sample.returncode, say)
                self._sample = None

    def _keep(self) -> None:
        """Begin again whatever has died."""
        if self._cluster is not None and not self._cluster.is_alive():
            self._revive(self._cluster)
        before = [child.pid for child in self._children]
        for child in self._children:
            child.revive()
        if before != [child.pid for child in self._children]:
            self._record()

    def _revive(self, cluster: Cluster) -> None:
        """Start the database again, and again after a while: it may die while it recovers."""
        if time.monotonic() < self._database_again:
            return
        say("The database ended; starting it again …")
        try:
            cluster.start()
            self._database_failures = 0
        except DatabaseStartError as error:
            self._database_failures += 1
            wait_s = min(2.0**self._database_failures, SAY_AGAIN_S)
            self._database_again = time.monotonic() + wait_s
            say(f"{error}\nIt is tried again in {wait_s:.0f} s.")

    def _record(self) -> None:
        """Who runs, for a later start to find after this one was killed."""
        pids = [child.pid for child in self._children if child.pid is not None]
        born = {
            str(pid): psutil.Process(pid).create_time() for pid in pids if psutil.pid_exists(pid)
        }
        note = {"pid": os.getpid(), "url": self._url, "children": born}
        _write(self._run / "supervisor.json", note)

    def _end(self) -> None:
        if self._cluster is not None:
            threading.Thread(target=self._cluster.settle, daemon=True).start()
        if self._sample is not None and self._sample.poll() is None:
            self._sample.terminate()
        stop_all(self._children, patience_s=4)
        if self._sample is not None and self._sample.poll() is None:
            end_processes([psutil.Process(self._sample.pid)], patience_s=1)


def _end_orphans(run: Path) -> None:
    """End the children of a supervisor that was killed, if they are still there."""
    left = []
    for pid, born in _read(run / "supervisor.json").get("children", {}).items():
        try:
            process = psutil.Process(int(pid))
            if abs(process.create_time() - born) < 1:
                left += [process, *process.children(recursive=True)]
                process.terminate()
        except psutil.Error:
            continue
    if left:
        say("Ending what an earlier start left behind …")
        end_processes(left, patience_s=5)


def _read(path: Path) -> dict:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _write(path: Path, value: dict) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(value), encoding="utf-8")
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main())
