"""How fast files become searchable, by kind, against reading and encoding them alone.

    python bench/ingest.py FOLDER [FOLDER...] [--threads 2]

For each folder: (1) the files are parsed in the sandbox, their passages encoded, looked at and
listened to by the configured encoders, and their pictures signed, in a bare loop with the same
number of threads, no database; (2) the same files walk through ingestion into a scratch corpus. The
ratio is (1)'s time over (2)'s; ``pictures/s`` counts pages, pictures and clips, ``min/min`` the
minutes of recordings read in a minute. Run it with the embedded database up or down; it needs
nothing else running.
"""

import argparse
import os
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsearch_site.settings")


@dataclass(slots=True)
class Read:
    """What a bare loop made: seconds, passages by kind, and seconds of recordings."""

    seconds: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)
    lasting_s: float = 0.0

    @property
    def pictures(self) -> int:
        """Pages, pictures and clips that were looked at."""
        return self.kinds["page"] + self.kinds["image"] + self.kinds["video"]


def bare(paths: list[Path], threads: int) -> Read:
    """Parse, cut and encode without a database."""
    from ingestion.chunking.passages import passages
    from ingestion.sandbox.client import sandbox
    from ingestion.steps import _materials, _measure, sign_drafts, text_encoder
    from ingestion.types import Limits, ParseRequest
    from search import spaces
    from search.conf import conf
    from search.indexing import text_for_encoder

    encoder = text_encoder()
    count_tokens, capacity = _measure()
    made = Read()

    def one(path: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            request = ParseRequest(path=str(path), filename=path.name, output=folder)
            parsed = sandbox().run(request, Limits()).parsed
            if parsed is None:
                return
            drafts = passages(parsed, count_tokens=count_tokens, capacity=capacity)
            if drafts:
                texts = [text_for_encoder(parsed.title, d.heading, d.text) for d in drafts]
                encoder.encode_documents(texts)
                materials = _materials(drafts, parsed, Path(folder))
                spaces.encode_media(conf().media_spaces, materials, lambda _: None)
                sign_drafts(drafts, Path(folder), lambda _: None)
        made.kinds.update(d.kind for d in drafts)
        made.lasting_s += parsed.duration_s or 0.0

    began = perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, paths))
    made.seconds = perf_counter() - began
    return made


def walked(paths: list[Path], threads: int) -> tuple[float, Counter[str]]:
    """The same files through ingestion: seconds until all are finished, and how they ended."""
    from ingestion.models import Job
    from ingestion.services import IncomingFile, accept_files, remove_corpus, work_off
    from search.models import Corpus
    from search.types import Viewer

    corpus = Corpus.objects.create(slug=f"bench-{os.getpid()}", name="Bench")
    try:
        began = perf_counter()
        files = [IncomingFile(str(path), path) for path in paths]
        accepted = accept_files(files, corpus=corpus, user_id=None)
        work_off([a.job.pk for a in accepted], threads=threads)  # in the order of the bare loop
        seconds = perf_counter() - began
        jobs = Job.objects.filter(document__corpus=corpus)
        return seconds, Counter(job.status for job in jobs)
    finally:
        remove_corpus(corpus, Viewer(unrestricted=True))


def row(folder: Path, threads: int) -> dict[str, Any]:
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size)
    warm_up(paths[:1])
    alone = bare(paths, threads)
    seconds, ends = walked(paths, threads)
    return {
        "folder": folder.name, "files": len(paths), "passages": sum(alone.kinds.values()),
        "alone_s": alone.seconds, "ingest_s": seconds, "ratio": alone.seconds / seconds,
        "pictures_a_second": alone.pictures / seconds,
        "minutes_a_minute": alone.lasting_s / seconds, "ends": dict(ends),
    }  # fmt: skip


def warm_up(paths: list[Path]) -> None:
    """Load what is loaded once, encoder, parsers and statements, outside the clock."""
    bare(paths, 1)
    walked(paths, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    django.setup()
    from mmsearch_site.command_line import database_for
    from mmsearch_site.first_run import prepare_database

    with database_for(["manage.py", "ingest"]):
        prepare_database()
        print(
            f"{'kind':20}{'files':>7}{'passages':>10}{'alone s':>9}"
            f"{'ingest s':>10}{'files/min':>11}{'pictures/s':>12}{'min/min':>9}{'ratio':>7}"
        )
        for folder in options.folders:
            found = row(folder, options.threads)
            rate = 60 * found["files"] / found["ingest_s"]
            print(
                f"{found['folder']:20}{found['files']:7}{found['passages']:10}{found['alone_s']:9.1f}"
                f"{found['ingest_s']:10.1f}{rate:11.1f}{found['pictures_a_second']:12.2f}"
                f"{found['minutes_a_minute']:9.1f}{found['ratio']:7.2f}  {found['ends']}"
            )


if __name__ == "__main__":
    main()
