"""Pictures with captions: which picture does a caption describe?

Read are ``captions.jsonl`` or ``captions.json`` (``{"image": path, "captions": […]}`` each) and
COCO's ``captions*.json`` (``{"images", "annotations"}``). Every caption is a question, its picture
the one relevant document; a picture without captions is only there to be mistaken for another. The
captions are not searched: a document is its picture. Source of COCO's captions: Chen et al., 2015,
arXiv:1504.00325.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from search.errors import SearchError
from search.evaluation.lines import (
    Collection,
    Line,
    QueryLine,
    read_json,
    read_rows,
    some_of,
    strings,
)
from search.evaluation.trec import Qrels

Pair = tuple[str, tuple[str, ...]]  # path, captions


def accepts(folder: Path) -> bool:
    """Whether there is a file of captions."""
    return bool(_files(folder))


def read(folder: Path) -> Collection:
    """The collection of a folder; pictures that are named and missing are noted."""
    captions: dict[str, tuple[str, ...]] = {}
    for path in _files(folder):
        try:
            for image, said in _pairs(path, folder):
                captions[image] = (*captions.get(image, ()), *said)
        except (KeyError, TypeError, AttributeError) as error:
            raise SearchError(f"{path} is no file of captions: {error!r}.") from error
    documents = tuple(Line(image, "", "", "image", image) for image in captions)
    queries, qrels = [], Qrels()
    for image, said in captions.items():
        for number, caption in enumerate(said, start=1):
            queries.append(QueryLine(f"{image}#{number}", "", caption))
            qrels[queries[-1].key] = {image: 1.0}
    missing = sum(not (folder / image).is_file() for image in captions)
    notes = (f"{missing} pictures are named and not there.",) if missing else ()
    return Collection(folder.resolve().name, documents, tuple(queries), qrels, notes)


def _files(folder: Path) -> list[Path]:
    return [*some_of(folder, "captions.jsonl"), *some_of(folder, "captions*.json")][:1]


def _pairs(path: Path, folder: Path) -> Iterator[Pair]:
    if path.suffix == ".jsonl":
        rows: Any = [row for _, row in read_rows(path)]
    else:
        rows = read_json(path)
    if isinstance(rows, dict):
        yield from _coco(rows, folder)
        return
    for row in rows:
        yield str(row["image"]), strings(row.get("captions") or [])


def _coco(body: dict[str, Any], folder: Path) -> Iterator[Pair]:
    said: dict[Any, list[str]] = {}
    for annotation in body["annotations"]:
        said.setdefault(annotation["image_id"], []).append(annotation["caption"])
    for image in body["images"]:
        yield _place(str(image["file_name"]), folder), strings(said.get(image["id"], []))


def _place(name: str, folder: Path) -> str:
    """Where COCO's picture lies: beside the file of captions, or in one of the folders there."""
    if (folder / name).is_file():
        return name
    found = next(iter(sorted(folder.glob(f"*/{name}"))), None)
    return str(found.relative_to(folder)) if found else name
