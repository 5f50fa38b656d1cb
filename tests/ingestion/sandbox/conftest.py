"""A sandbox whose children do what the file says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.sandbox.client import Sandbox
from ingestion.types import Limits, Outcome, ParseRequest

SMALL = Limits(cpu_s=1, wall_s=20, memory_bytes=256 << 20, output_bytes=8 << 20)


class Bench:
    """Writes an act to a file and runs it through a sandbox."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.count = 0

    def request(self, act: str) -> ParseRequest:
        self.count += 1
        path = self.folder / f"act-{self.count}.txt"
        path.write_text(act)
        return ParseRequest(str(path), "act.txt", str(self.folder / f"out-{self.count}"))

    def __call__(self, act: str, limits: Limits = SMALL, **options) -> Outcome:
        return self.sandbox.run(self.request(act), limits, **options)


@pytest.fixture(scope="session")
def misbehaving() -> Iterator[Sandbox]:
    sandbox = Sandbox("tests.ingestion.sandbox.misbehaviour:parse")
    yield sandbox
    sandbox.close()


@pytest.fixture
def run(misbehaving: Sandbox, tmp_path: Path) -> Bench:
    return Bench(misbehaving, tmp_path)
