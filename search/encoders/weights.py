"""Which weights these are."""

import hashlib
from pathlib import Path

_BLOCK = 1 << 20


def digest_of(folder: Path) -> str:
    """A name for the weights and the preparation in a folder: its name and a hash, 16 digits.

    The head of each file of weights and its size stand for it: they hold the layout and change
    with training, and reading gigabytes would take longer than loading them.
    """
    digest = hashlib.sha256()
    for path in sorted([*folder.rglob("*.safetensors"), *folder.rglob("*.json")]):
        digest.update(f"{path.relative_to(folder)}:{path.stat().st_size}:".encode())
        with path.open("rb") as file:
            digest.update(file.read(_BLOCK))
            file.seek(max(0, path.stat().st_size - _BLOCK))
            digest.update(file.read(_BLOCK))
    return f"{folder.name}:{digest.hexdigest()[:16]}"
