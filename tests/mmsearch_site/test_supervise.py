"""``make up``, from the first start to the last stop, with everything real."""

import contextlib
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


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def workers(site: Supervisor) -> set[int]:
    return {child.pid for child in alive(site.children()) if "celery" in command_of(child)}


def command_of(process: psutil.Process) -> str:
    """Its command line; empty once it has gone, which a killed one may at any moment."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline())
    return ""


def checks_of(url: str) -> dict[str, dict[str, object]]:
    with urllib.request.urlopen(f"{url}readyz", timeout=10) as answer:
        return {check["name"]: check for check in json.load(answer)["checks"]}


@pytest.fixture(scope="module")
def site_dir(kept_data_dir: Path) -> Path:
    return kept_data_dir / "site"


@pytest.fixture(scope="module")
def site(site_dir: Path) -> Iterator[Supervisor]:
    """The first start on a new data folder, ready."""
    supervisor = Supervisor(site_dir, free_port())
    supervisor.wait_until_ready()
    yield supervisor
    supervisor.stop(signal.SIGTERM)
    Cluster(site_dir).stop()


def test_the_first_start_opens_a_site_and_shows_a_password(site: Supervisor) -> None:
    found = checks_of(site.url)

    assert all(found[name]["ok"] for name in ("database", "broker", "workers", "migrations"))
    assert PASSWORD.search("\n".join(site.said))
    assert f"MMSearch is ready: {site.url}" in "\n".join(site.said)


def test_a_second_start_on_the_same_data_says_where_the_first_one_is(
    site: Supervisor, site_dir: Path
) -> None:
    second = Supervisor(site_dir, free_port())

    assert second.process.wait(timeout=30) == 0
    second.until(lambda: bool(second.said), 5)
    assert f"already runs on this data folder: {site.url}" in second.said[0]


def test_idle_and_slow_clients_do_not_keep_others_out(site: Supervisor) -> None:
    address = ("127.0.0.1", int(site.url.rsplit(":", 1)[1].strip("/")))
    clients = [socket.create_connection(address, timeout=10) for _ in range(150)]
    try:
        for client in clients[:75]:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(4) == b"HTTP"
        for client in clients[75:]:
            client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nslow")
        began = time.monotonic()
        assert checks_of(site.url)
        assert time.monotonic() - began < 5
    finally:
        for client in clients:
            client.close()


def test_a_worker_that_is_killed_is_started_again(site: Supervisor) -> None:
    before = workers(site)
    for pid in before:
        os.kill(pid, signal.SIGKILL)

    site.until(lambda: any("The worker ended (killed by SIGKILL)" in line for line in site.said))
    site.until(lambda: bool(workers(site) - before))


def test_after_a_killed_supervisor_a_start_begins_clean_and_ctrl_c_leaves_nothing(
    site: Supervisor, site_dir: Path
) -> None:
    orphans = [child for child in site.children() if child.name() != "postgres"]
    site.process.kill()
    site.process.wait()

    second = Supervisor(site_dir, free_port())
    second.wait_until_ready()
    family = [*second.children(), psutil.Process(second.process.pid)]
    second.until(lambda: alive(orphans) == [], 15)
    assert not PASSWORD.search("\n".join(second.said)), "the password is shown once"

    second.stop(signal.SIGINT)
    assert second.process.returncode == 0
    second.until(lambda: alive(family) == [], 15)
    assert not Cluster(site_dir).is_alive()


def test_a_port_in_use_is_named_with_its_user_and_another_choice(data_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        sentence = occupant("127.0.0.1", port)
        site = Supervisor(data_dir, port)
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
