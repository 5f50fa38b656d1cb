"""Files kept by what they contain: a name is the SHA-256 of the bytes, never a user's words."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

_SHA256 = re.compile(r"[0-9a-f]{64}")
_BLOCK = 1 << 20


class Store:
    """Content-addressed files below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        """Where the bytes with this hash lie (whether or not they are there).

        Raises:
            ValueError: not a SHA-256 in lower-case hex.
        """
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is not a SHA-256.")
        return self.root / sha256[:2] / sha256

    def add(self, blocks: Iterable[bytes]) -> tuple[str, int]:
        """Keep the bytes, on disk before this returns. Gives hash and size."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest, size = hashlib.sha256(), 0
        handle, name = tempfile.mkstemp(dir=self.root, prefix="incoming-")
        try:
            with os.fdopen(handle, "wb") as file:
                for block in blocks:
                    digest.update(block)
                    size += len(block)
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            target = self.path(digest.hexdigest())
            target.parent.mkdir(exist_ok=True, mode=0o700)
            os.replace(name, target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
        return digest.hexdigest(), size

    def add_file(self, path: Path) -> tuple[str, int]:
        """Keep a copy of a file."""
        with path.open("rb") as file:
            return self.add(read_blocks(file))

    def has(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def remove(self, sha256: str) -> bool:
        """Unlink; True if there was something to unlink."""
        try:
            self.path(sha256).unlink()
        except FileNotFoundError:
            return False
        return True


def read_blocks(file: BinaryIO) -> Iterable[bytes]:
    """The file's bytes in blocks of 1 MiB."""
    while block := file.read(_BLOCK):
        yield block


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
