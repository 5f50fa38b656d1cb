"""Kill everything at random while files are read, then look for what was lost or doubled.

    python bench/chaos.py FOLDER [--files 60] [--seed 1] [--every 1 4] [--quiet-after 90]

Starts a whole MMSearch of its own in a scratch folder, puts the files in, and every 1 to 4 seconds
ends one of: the worker, one of its pool children, a parser, PostgreSQL (SIGKILL). After
``--quiet-after`` seconds it only watches until every file is finished. Then it checks that each
accepted file is searchable exactly once, that no passage is doubled, that the BM25 statistics equal
a recount, and that sampled passages are found by their own words.
"""

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
sys.path.insert(0, str(HERE))


def processes() -> dict[int, tuple[int, str]]:
    """pid -> (parent, command line) of everything that runs."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (
                    (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
            found[int(entry.name)] = (parent, command)
    return found


def below(root: int) -> dict[int, str]:
    """Everything that descends from a process."""
    table = processes()
    ours = {root}
    grew = True
    while grew:
        more = {pid for pid, (parent, _) in table.items() if parent in ours} - ours
        grew = bool(more)
        ours |= more
    return {pid: table[pid][1] for pid in ours - {root} if pid in table}


def victims(root: int, data: Path) -> dict[str, list[int]]:
    """Who may be killed, by role."""
    ours = below(root)
    workers = [pid for pid, command in ours.items() if "celery" in command]
    parents = [pid for pid in workers if processes().get(pid, (0, ""))[0] not in workers]
    found = {
        "worker": parents,
        "pool child": [pid for pid in workers if pid not in parents],
        "parser": [pid for pid, command in ours.items() if "ingestion.sandbox" in command],
        "postgres": postmaster(data),
    }
    return {role: pids for role, pids in found.items() if pids}


def postmaster(data: Path) -> list[int]:
    """The PostgreSQL whose data lies below the folder."""
    for pid, (_, command) in processes().items():
        if re.search(r"postgres\S* -D", command) and str(data) in command:
            return [pid]
    return []


def manage(*words: str, env: dict[str, str]) -> str:
    done = subprocess.run(
        [PYTHON, str(HERE / "manage.py"), *words],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in {0, 1}:
        raise SystemExit(done.stderr)
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=float, nargs=2, default=(1.0, 4.0))
    parser.add_argument("--quiet-after", type=float, default=90.0)
    parser.add_argument("--port", type=int, default=8765)
    options = parser.parse_args()
    random.seed(options.seed)
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        chosen = sorted(p for p in options.folder.rglob("*") if p.is_file() and p.stat().st_size)
        random.shuffle(chosen)
        env = os.environ | {
            "MMSEARCH_DATA_DIR": str(folder / "var"), "PORT": str(options.port),
            "MMSEARCH_ADMIN_PASSWORD": "a heron at dawn", "MMSEARCH_OFFLINE": "1",
        }  # fmt: skip
        log = (folder / "up.log").open("w")
        up = subprocess.Popen(
            [PYTHON, "-m", "mmsearch_site.supervise"], cwd=HERE, env=env, stdout=log, stderr=log
        )
        try:
            wait_ready(options.port, up, folder)
            paths = [str(p) for p in chosen[: options.files]]
            report = json.loads(
                manage("ingest", *paths, "--corpus", "chaos", "--create", "--json", env=env)
            )
            kills = havoc(up.pid, folder, options)
            check(env, report, kills)
        finally:
            up.send_signal(signal.SIGINT)
            try:
                up.wait(30)
            except subprocess.TimeoutExpired:
                up.kill()


def wait_ready(port: int, up: subprocess.Popen, folder: Path) -> None:
    import urllib.error
    import urllib.request

    for _ in range(240):
        if up.poll() is not None:
            raise SystemExit((folder / "up.log").read_text())
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (OSError, urllib.error.URLError):
            pass
        time.sleep(0.5)
    raise SystemExit((folder / "up.log").read_text())


def havoc(root: int, data: Path, options: argparse.Namespace) -> Counter[str]:
    """Kill at random; how many of each."""
    kills: Counter[str] = Counter()
    until = time.monotonic() + options.quiet_after
    while time.monotonic() < until:
        time.sleep(random.uniform(*options.every))
        found = victims(root, data)
        if not found:
            continue
        role = random.choice(sorted(found))
        try:
            os.kill(random.choice(found[role]), signal.SIGKILL)
            kills[role] += 1
        except ProcessLookupError:
            pass
    return kills


def wait_until_quiet(at_most_s: float = 480) -> float:
    """Wait until every file is finished; how many seconds that took."""
    from django.db import OperationalError, connection

    from ingestion.models import Job

    began = time.monotonic()
    while time.monotonic() - began < at_most_s:
        try:
            if not Job.objects.unfinished().exists():
                break
        except OperationalError:  # the database is coming back
            connection.close()
        time.sleep(1)
    return time.monotonic() - began


def check(env: dict[str, str], report: dict, kills: Counter[str]) -> None:
    """Watch until quiet, then compare search and table."""
    os.environ.update(env)
    os.environ["DJANGO_SETTINGS_MODULE"] = "mmsearch_site.settings"
    import django

    django.setup()
    from django.db.models import Count

    from ingestion.models import Job
    from search.models import Corpus, Document, Passage, TermFrequency

    waited_s = wait_until_quiet()
    corpus = Corpus.objects.get(slug="chaos")
    jobs = Job.objects.filter(document__corpus=corpus).select_related("document")
    accepted = {d["id"] for d in report["documents"] if d["id"]}
    print("killed:", dict(kills), f"quiet after {waited_s:.0f} s more")
    print("ended:", dict(Counter(job.status for job in jobs)), "of", len(accepted), "accepted")
    for job in jobs:
        if job.status == "failed":
            print("  failed:", job.document.filename, "-", job.error)
    doubled = (
        Passage.objects.values("document", "ordinal")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
        .count()
    )
    lost = accepted - {str(pk) for pk in Document.objects.values_list("pk", flat=True)}
    half = Document.objects.filter(published_at__isnull=True, job__state="searchable").count()
    print("lost documents:", len(lost), "doubled passages:", doubled, "half published:", half)
    print("terms whose statistics differ from a recount:", differing_terms(corpus.pk))
    assert TermFrequency.objects.exists()
    print("sampled passages not found by their own words:", not_found(corpus))


def differing_terms(corpus_id: int) -> int:
    """How many terms of the corpus are not counted as a recount counts them."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT term, count(*) AS n FROM search_passage p, "
            "unnest(tsvector_to_array(p.terms)) term WHERE p.corpus_id = %s GROUP BY term) real "
            "FULL JOIN (SELECT term, passages FROM search_termfrequency "
            "WHERE corpus_id = %s AND term NOT LIKE ' %%') kept "
            "USING (term) WHERE real.n IS DISTINCT FROM kept.passages",
            [corpus_id, corpus_id],
        )
        return int(cursor.fetchone()[0])


def not_found(corpus) -> int:  # type: ignore[no-untyped-def]
    from search import pipeline
    from search.models import Passage
    from search.types import Query

    rows = list(Passage.objects.filter(corpus=corpus).exclude(text="").order_by("?")[:50])
    missing = 0
    for row in rows:
        words = " ".join(re.findall(r"\w+", row.text)[:40])
        ranked = pipeline.rank(Query(text=words, corpora=(corpus.pk,), recipe="bm25", k=100))
        if row.pk not in {hit.passage_id for hit in ranked.hits}:
            missing += 1
            print("  not found:", row.document.filename, repr(row.text[:80]))
    return missing


if __name__ == "__main__":
    main()
