"""Files named on a command line: folders are walked, hidden and linked things left out."""

from collections.abc import Iterable, Iterator
from pathlib import Path


def files_below(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Each file with its name relative to the folder that was given, in alphabetical order."""
    for path in paths:
        if path.is_file():
            yield path, path.name
        else:
            for found in sorted(path.rglob("*")):
                hidden = any(part.startswith(".") for part in found.relative_to(path).parts)
                if found.is_file() and not found.is_symlink() and not hidden:
                    yield found, found.relative_to(path).as_posix()
