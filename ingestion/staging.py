"""Where the products of a walk wait until they are published: one folder a job, outside the store.

A step writes under a name that carries its epoch; only the job row says which name counts, so a
step that was overtaken leaves litter, never a mixture.
"""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from ingestion.errors import TransientError
from ingestion.types import PassageDraft
from search.encoders.base import Ragged
from search.encoders.picture_signature import Signature
from search.types import Anchor, View

COUNTS = ":counts"  # behind an alias: how many lines belong to each passage


def folder(job_id: int) -> Path:
    """The job's folder, made if it is not there."""
    path = Path(settings.DATA_DIR) / "staging" / str(job_id)
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def fresh_folder(job_id: int, name: str) -> Path:
    """An empty folder for one attempt."""
    path = folder(job_id) / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700)
    return path


def staged(job_id: int, name: str) -> Path:
    """A product of an earlier step.

    Raises:
        TransientError: it is gone (another machine, a cleaned disk).
    """
    path = folder(job_id) / name
    if not name or not path.exists():
        raise TransientError(f"The staged {name or 'product'} of job {job_id} is gone.")
    return path


def write(path: Path, content: bytes) -> None:
    """Whole or not at all, and on disk before this returns."""
    incoming = path.with_name(path.name + ".incoming")
    with incoming.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    incoming.replace(path)


def write_drafts(path: Path, drafts: list[PassageDraft]) -> None:
    write(path, json.dumps([asdict(draft) for draft in drafts]).encode())


def read_drafts(path: Path) -> list[PassageDraft]:
    return [_draft(fields) for fields in json.loads(path.read_bytes())]


def _draft(fields: dict[str, Any]) -> PassageDraft:
    fields["boxes"] = tuple(tuple(box) for box in fields["boxes"])
    fields["chars"] = tuple(fields["chars"]) if fields["chars"] else None
    fields["frames"] = tuple(fields["frames"])
    fields["views"] = tuple(View(**view) for view in fields["views"])
    fields["anchors"] = tuple(
        Anchor(**{**anchor, "box": tuple(anchor["box"]) if anchor["box"] else None})
        for anchor in fields["anchors"]
    )
    return PassageDraft(**fields)


def write_vectors(path: Path, vectors: Mapping[str, np.ndarray | Ragged]) -> None:
    """What encoders made of a document's passages, by alias."""
    flat: dict[str, np.ndarray] = {}
    for alias, encoded in vectors.items():
        if isinstance(encoded, Ragged):
            flat |= {alias: encoded.values, alias + COUNTS: encoded.counts}
        else:
            flat[alias] = encoded
    incoming = path.with_name(path.name + ".incoming.npz")
    np.savez(incoming, allow_pickle=False, **flat)  # type: ignore[arg-type]
    incoming.replace(path)


def read_vectors(path: Path) -> dict[str, np.ndarray | Ragged]:
    with np.load(path, allow_pickle=False) as file:
        counts = {name for name in file.files if name.endswith(COUNTS)}
        return {
            alias: Ragged(file[alias], file[alias + COUNTS])
            if alias + COUNTS in counts
            else file[alias]
            for alias in file.files
            if alias not in counts
        }


def write_signatures(path: Path, signatures: Mapping[str, Signature]) -> None:
    """The signatures of a document's pictures, by their files."""
    flat: dict[str, np.ndarray] = {"files": np.array(list(signatures), dtype=np.str_)}
    for n, one in enumerate(signatures.values()):
        packed = np.frombuffer(one.packed, np.uint8)
        flat |= {
            f"{n}.vectors": one.vectors,
            f"{n}.packed": packed,
            f"{n}.look": np.array(one.look),
        }
    incoming = path.with_name(path.name + ".incoming.npz")
    np.savez(incoming, allow_pickle=False, **flat)  # type: ignore[arg-type]
    incoming.replace(path)


def read_signatures(path: Path) -> dict[str, Signature]:
    with np.load(path, allow_pickle=False) as file:
        return {
            str(name): Signature(
                file[f"{n}.vectors"], file[f"{n}.packed"].tobytes(), int(file[f"{n}.look"])
            )
            for n, name in enumerate(file["files"].tolist())
        }


def clear(job_id: int) -> None:
    """Forget everything staged for a job."""
    path = Path(settings.DATA_DIR) / "staging" / str(job_id)
    shutil.rmtree(path, ignore_errors=True)
