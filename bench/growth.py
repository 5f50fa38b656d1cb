"""What each process of a site holds, idle and at its peak, and how that grows with the library.

    python bench/growth.py [--sizes 1000 10000 50000] [--questions 40] [--paints 6]

Starts a site of its own in a temporary folder, loads the sample library (the peak of ingestion),
then fills a public corpus of generated passages of each size and asks questions with answers
through the web server, four at a time. Memory is proportional (shared pages counted once, PSS),
read every fifth of a second; a role's figure is the sum of its processes. First paint is
Chromium's first contentful paint of a page of results with its answer.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import django
import numpy as np
import psutil
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsearch_site.settings")

from bench.pages import answer_time, first_paint  # noqa: E402

ROLES = ("supervisor", "web server", "worker", "parsers", "database")
EVERY_S = 0.2
_OWN: set[int] = set()  # the database backend of this bench


def role_of(command: str) -> str:
    """What a process below the supervisor is for, told by its command line."""
    if "mmsearch_site.supervise" in command:
        return "supervisor"
    if "postgres" in command:
        return "database"
    if "ingestion.sandbox.template" in command:
        return "parsers"
    return "web server" if "granian" in command or "wsgi" in command else "worker"


def held(site: psutil.Process, server: int) -> dict[str, float]:
    """Megabytes by role, now."""
    found = dict.fromkeys(ROLES, 0.0)
    roots = [site, psutil.Process(server)]
    for process in [p for root in roots for p in (root, *root.children(recursive=True))]:
        if process.pid in _OWN:
            continue
        try:
            command = " ".join(process.cmdline()) or process.name()
            found[role_of(command)] += process.memory_full_info().pss / 1e6
        except psutil.Error:
            continue
    return found


@contextmanager
def peaks(site: psutil.Process, server: int) -> Iterator[dict[str, float]]:
    """The most that each role held while the block ran."""
    most, done = dict.fromkeys(ROLES, 0.0), threading.Event()

    def watch() -> None:
        while not done.wait(EVERY_S):
            for role, size in held(site, server).items():
                most[role] = max(most[role], size)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()


@contextmanager
def running_site(data_dir: Path, port: int) -> Iterator[psutil.Process]:
    """A site on an empty data folder, ready to answer, its sample library still loading."""
    environment = {**os.environ, "MMSEARCH_DATA_DIR": str(data_dir), "PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "mmsearch_site.supervise"],
        env=environment, cwd=ROOT, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while process.poll() is None:
            try:
                answer_time(f"http://127.0.0.1:{port}/readyz")
                break
            except OSError:
                time.sleep(0.5)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def line(name: str, sizes: dict[str, float], more: str = "") -> None:
    cells = "".join(f"{sizes[role]:12.0f}" for role in ROLES)
    print(f"{name:34}{cells}{sum(sizes.values()):12.0f}  {more}", flush=True)


def ask(base: str, questions: Sequence[str]) -> list[float]:
    """Milliseconds of each question with its answer, four at a time."""

    def one(text: str) -> float:
        return answer_time(f"{base}/search?q={urllib.parse.quote(text)}")

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, questions))


def painted(base: str, questions: Sequence[str]) -> float:
    """Median first paint of pages of results, in milliseconds."""
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        took = [first_paint(page, f"{base}/search?q={urllib.parse.quote(q)}") for q in questions]
        browser.close()
    return statistics.median(took)


def await_sample() -> None:
    from ingestion.models import Job

    while not Job.objects.exists() or Job.objects.unfinished().exists():
        time.sleep(0.5)


def at_size(size: int, passages: Sequence[str], site: psutil.Process, base: str,
            options: argparse.Namespace) -> None:  # fmt: skip
    from bench.search import filled_corpus, questions
    from search.models import Corpus

    server = _server(site)
    with filled_corpus(size, passages) as corpus:
        Corpus.objects.filter(pk=corpus.pk).update(visibility="public")
        time.sleep(2)
        line(f"{size:,} passages, idle", held(site, server))
        asked = questions(options.questions, passages[:size])
        with peaks(site, server) as most:
            took = ask(base, asked)
            paint = painted(base, asked[: options.paints])
        p50, p95 = np.percentile(took, [50, 95])
        line(f"{size:,} passages, asked", most,
             f"answer p50 {p50:.0f} p95 {p95:.0f} ms, first paint {paint:.0f} ms")  # fmt: skip


def _server(site: psutil.Process) -> int:
    """The postmaster: it outlives its starter, so it is no child of the supervisor."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    _OWN.add(backend)
    parent = psutil.Process(backend).parent()
    return parent.pid if parent else site.pid


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 50_000])
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--paints", type=int, default=6)
    parser.add_argument("--port", type=int, default=8765)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mmsearch-growth-"))
    os.environ["MMSEARCH_DATA_DIR"] = str(folder)
    folder.chmod(0o711)
    try:
        with running_site(folder, options.port) as site:
            django.setup()
            from bench.search import texts

            base = f"http://127.0.0.1:{options.port}"
            print(f"{'MB':34}" + "".join(f"{role:>12}" for role in (*ROLES, "all")))
            server = _server(site)
            with peaks(site, server) as most:
                await_sample()
            line("reading the sample library", most)
            time.sleep(5)
            line("idle, sample library", held(site, server))
            passages = texts(max(options.sizes), seed=3)
            for size in options.sizes:
                at_size(size, passages, site, base, options)
            urllib.request.urlcleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
