"""Models on their way to a machine: fetched from a hub, or carried there in a file with checksums.

A bundle is a ZIP file with the model's files and ``manifest.json``: their names, sizes and SHA-256.
Only what a model needs goes in or comes out: safetensors, JSON and text, nothing that can run code.
"""

import hashlib
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from search.errors import SearchError
from search.generators.checkpoints import find_weights

MANIFEST = "manifest.json"
SUFFIXES = frozenset({".safetensors", ".json", ".txt", ".jinja", ".model", ".md"})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_BLOCK = 1 << 20
_MOST_BYTES = 200_000_000_000


class BundleError(SearchError):
    """A model cannot be fetched, packed or unpacked; the sentence says why."""


def fetch(name: str, home: Path, *, called: str = "") -> Path:
    """Bring a model of the hub into a folder of ``home``; gives the folder.

    Raises:
        ModelMissingError: it cannot be reached, or its weights could run code.
        BundleError: the folder is there already.
    """
    folder = _free(home, called or name.rpartition("/")[2])
    found = find_weights(name, offline=False)
    with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
        copy = Path(aside, "model")
        shutil.copytree(found, copy, ignore=_other_files)
        copy.rename(folder)
    return folder


def pack(folder: Path, bundle: Path) -> dict[str, str]:
    """Write a bundle of a model's folder; gives its files with their SHA-256.

    Raises:
        BundleError: the folder holds no safetensors weights.
    """
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix in SUFFIXES]
    if not any(path.suffix == ".safetensors" for path in files):
        raise BundleError(f"{folder} holds no safetensors weights; there is nothing to pack.")
    sums = {str(path.relative_to(folder).as_posix()): _sha256(path) for path in files}
    sums.pop(MANIFEST, None)
    incoming = bundle.with_name(bundle.name + ".incoming")
    with zipfile.ZipFile(incoming, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(MANIFEST, json.dumps({"name": folder.name, "sha256": sums}, indent=1))
        for name in sums:
            archive.write(folder / name, name)
    incoming.replace(bundle)
    return sums


def unpack(bundle: Path, home: Path, *, called: str = "") -> Path:
    """Put a bundle's model into a folder of ``home``, whole or not at all; gives the folder.

    Raises:
        BundleError: no bundle, a file that does not belong into one, or one whose checksum differs.
    """
    try:
        with zipfile.ZipFile(bundle) as archive:
            name, sums = _manifest(archive)
            folder = _free(home, called or name)
            with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
                copy = Path(aside, "model")
                for file, wanted in sums.items():
                    _extract(archive, file, wanted, copy)
                copy.rename(folder)
    except (zipfile.BadZipFile, OSError) as error:
        raise BundleError(f"{bundle} is no bundle that can be read: {error}") from error
    return folder


def _manifest(archive: zipfile.ZipFile) -> tuple[str, Mapping[str, str]]:
    try:
        body = json.loads(archive.read(MANIFEST))
        name, sums = str(body["name"]), dict(body["sha256"])
    except (KeyError, ValueError, TypeError) as error:
        raise BundleError(f"The bundle has no {MANIFEST} that can be read: {error}") from error
    for file in sums:
        path = PurePosixPath(file)
        if path.is_absolute() or ".." in path.parts or path.suffix not in SUFFIXES:
            raise BundleError(f"The bundle holds {file!r}, which does not belong to a model.")
    if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
        raise BundleError("The bundle is larger than any model that is supported.")
    return name, sums


def _extract(archive: zipfile.ZipFile, file: str, wanted: str, folder: Path) -> None:
    target = folder / file
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    try:
        with archive.open(file) as source, target.open("wb") as copy:
            while block := source.read(_BLOCK):
                digest.update(block)
                copy.write(block)
    except KeyError as error:
        raise BundleError(f"The bundle lacks {file!r}, which its manifest names.") from error
    if digest.hexdigest() != wanted:
        raise BundleError(
            f"{file!r} is not as it was packed (SHA-256 {digest.hexdigest()[:12]}…, not "
            f"{wanted[:12]}…); copy the bundle again."
        )


def _free(home: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise BundleError(f"{name!r} cannot be a folder's name; choose one by --name.")
    home.mkdir(parents=True, exist_ok=True)
    folder = home / name
    if folder.exists():
        raise BundleError(f"{folder} is there already; choose another name by --name.")
    return folder


def _other_files(folder: str, names: list[str]) -> list[str]:
    return [n for n in names if Path(folder, n).is_file() and Path(n).suffix not in SUFFIXES]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
