"""A generated library with real files, and questions of which every answer is known.

Each slice isolates one ability: a system that has it must succeed, and one that lacks it cannot.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np

from search.errors import SearchError
from search.evaluation.synthworld import bound, combined, facts, films, printed, texts
from search.evaluation.synthworld.texts import Question

SIZES: Mapping[str, int] = MappingProxyType({"smoke": 12, "standard": 60})  # questions of a slice
LARGE = "large"  # for latency: units of text, of which only the number counts
DOCUMENTS, QUESTIONS, MANIFEST = "docs", "questions.jsonl", "manifest.json"


@dataclass(slots=True)
class World:
    """Files by their names below ``docs`` or ``asked``, and the questions about them."""

    files: dict[str, bytes] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)

    def put(self, name: str, content: bytes) -> str:
        """Keep a file; gives its name."""
        self.files[name] = content
        return name


def make_world(count: int, *, seed: int) -> World:
    """A world with ``count`` questions a slice; the same seed makes the same files."""
    world = World()
    for name, content in texts.documents(count, np.random.default_rng([seed, 1])):
        world.put(f"{DOCUMENTS}/{name}", content.encode())
    world.questions += texts.questions(count, np.random.default_rng([seed, 1]))
    for words, questions in facts.several(count, seed=seed):
        for name, text in words.items():
            world.put(f"{DOCUMENTS}/{name}", text.encode())
        world.questions += questions
    for files, questions in (
        printed.tables(count, seed=seed),
        bound.pictures(max(count // 2, 6), seed=seed + 20),
        *films.several(count, seed=seed),
        *combined.several(count, seed=seed),
    ):
        for name, body in files.items():
            world.put(name, body)
        world.questions += questions
    return world


def write_world(folder: Path, world: World, *, seed: int, size: str) -> None:
    """Write files, questions and a manifest with the SHA-256 of each file.

    Raises:
        SearchError: the folder is there and not empty.
    """
    write_files(folder, world.files.items(), world.questions, seed=seed, size=size)


def write_files(
    folder: Path,
    files: Iterable[tuple[str, bytes]],
    questions: Sequence[Question],
    *,
    seed: int,
    size: str,
) -> int:
    """The same for files that are made one by one, as they are written; gives their number.

    Raises:
        SearchError: the folder is there and not empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise SearchError(f"{folder} is not empty; name a folder that is, or is not there.")
    sums = {}
    for name, content in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        sums[name] = hashlib.sha256(content).hexdigest()
    lines = [json.dumps(asdict(question), sort_keys=True) for question in questions]
    (folder / QUESTIONS).write_text("\n".join(lines) + "\n", encoding="utf-8")
    manifest = {"seed": seed, "size": size, "questions": len(lines), "sha256": sums}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")
    return len(sums)


def read_size(folder: Path) -> str:
    """The size that the manifest of a world says; empty where there is no manifest."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except OSError:
        return ""
    return str(manifest["size"])


def read_questions(folder: Path) -> Iterator[Question]:
    """The questions of a world's folder.

    Raises:
        SearchError: there is none.
    """
    try:
        lines = (folder / QUESTIONS).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SearchError(
            f"{folder} holds no {QUESTIONS}; make one by manage.py synthworld generate {folder}."
        ) from error
    for line in lines:
        yield Question(**json.loads(line))
