"""``make up``, from the first start to the last stop, with everything real."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from mmsearch_site.embedded.cluster import Cluster
from mmsearch_site.ports import base_url, occupant

pytestmark = pytest.mark.worker
PASSWORD = re.compile(r"password: (\S{12,})")


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


class Supervisor:
    """A supervisor with a data folder of its own, and what it says."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self.said: list[str] = []
        inherited = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        own = {"MMSEARCH_DATA_DIR": str(data_dir), "PORT": str(port)}
        settings_module = {"DJANGO_SETTINGS_MODULE": "mmsearch_site.settings"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mmsearch_site.supervise"],
            env=inherited | own | settings_module,
            cwd=settings.BASE_DIR,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip())

    def until(self, condition: Callable[[], bool], seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"waited {seconds} s; it said {self.said}"
            time.sleep(0.1)

    def wait_until_ready(self) -> None:
        self.until(lambda: any("MMSearch is ready" in line for line in self.said))

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: int = signal.SIGINT) -> float:
        """Seconds until it has ended."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(timeout=30)
        return time.monotonic() - began


@pytest.fixture(scope="module")
def site_dir(kept_data_dir: Path) -> Iterator[Path]:
    """A data folder that several starts of this module share: later ones find what earlier did."""
    folder = kept_data_dir / "site"
    yield folder
    Cluster(folder).stop()


@pytest.fixture
def start(site_dir: Path) -> Iterator[Callable[[], Supervisor]]:
    started: list[Supervisor] = []

    def begin() -> Supervisor:
        started.append(Supervisor(site_dir, free_port()))
        return started[-1]

    yield begin
    for supervisor in started:
        supervisor.stop(signal.SIGTERM)


def checks_of(url: str) -> dict[str, dict[str, object]]:
    with urllib.request.urlopen(f"{url}readyz", timeout=10) as answer:
        return {check["name"]: check for check in json.load(answer)["checks"]}


def test_the_first_start_opens_a_site_and_ctrl_c_leaves_nothing(
    start: Callable[[], Supervisor], site_dir: Path
) -> None:
    site = start()
    site.wait_until_ready()
    family = [*site.children(), psutil.Process(site.process.pid)]
    found = checks_of(site.url)

    assert all(found[name]["ok"] for name in ("database", "broker", "workers", "migrations"))
    assert PASSWORD.search("\n".join(site.said))
    assert f"MMSearch is ready: {site.url}" in "\n".join(site.said)

    took = site.stop(signal.SIGINT)
    assert site.process.returncode == 0
    assert took < 10
    assert [process for process in family if process.is_running()] == []
    assert not Cluster(site_dir).is_alive()


def test_a_second_start_on_the_same_data_says_where_the_first_one_is(
    start: Callable[[], Supervisor],
) -> None:
    first = start()
    first.wait_until_ready()
    assert not PASSWORD.search("\n".join(first.said)), "the password is shown once"

    second = start()
    assert second.process.wait(timeout=30) == 0
    second.until(lambda: bool(second.said), 5)
    assert f"already runs on this data folder: {first.url}" in second.said[0]


def test_a_worker_that_is_killed_is_started_again(start: Callable[[], Supervisor]) -> None:
    site = start()
    site.wait_until_ready()
    worker = next(child for child in site.children() if "celery" in " ".join(child.cmdline()))
    worker.send_signal(signal.SIGKILL)

    site.until(lambda: any("The worker ended (killed by SIGKILL)" in line for line in site.said))
    site.until(
        lambda: any(
            "celery" in " ".join(child.cmdline()) and child.pid != worker.pid
            for child in site.children()
            if child.is_running() and child.status() != psutil.STATUS_ZOMBIE
        )
    )


def test_a_killed_supervisor_leaves_a_site_that_can_be_started_again(
    start: Callable[[], Supervisor],
) -> None:
    first = start()
    first.wait_until_ready()
    family = [child for child in first.children() if child.name() != "postgres"]
    first.process.kill()
    first.process.wait()

    second = start()
    second.wait_until_ready()
    alive = [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert alive == []
    assert checks_of(second.url)["workers"]["ok"]


def test_a_port_in_use_is_named_with_its_user_and_another_choice(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        sentence = occupant("127.0.0.1", port)
        site = Supervisor(tmp_path / "var", port)
        assert site.process.wait(timeout=30) == 1
        site.until(lambda: bool(site.said), 5)

    assert f"Port {port} on 127.0.0.1 is in use by " in sentence
    assert f"(process {os.getpid()})" in sentence
    assert sentence.endswith("make up")
    assert site.said == [sentence]
    assert occupant("127.0.0.1", port) == ""


def test_an_address_of_another_machine_is_named() -> None:
    assert "MMSEARCH_HOST is '192.0.2.1'" in occupant("192.0.2.1", 8000)


def test_the_address_shown_can_be_opened() -> None:
    assert base_url("0.0.0.0", 80) == "http://127.0.0.1:80/"
    assert base_url("::1", 8000) == "http://[::1]:8000/"
