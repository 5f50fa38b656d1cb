"""Space put aside on the database's disk, given back when the disk is full.

PostgreSQL cannot even start on a full disk. Dropping the ballast lets it start, so that something
can be removed.
"""

import logging
import os
import shutil
from pathlib import Path

log = logging.getLogger("mmsearch.database")

BALLAST_BYTES = 64_000_000
PLENTY_BYTES = 2_000_000_000
FULL_BYTES = 48_000_000


def trim_ballast(home: Path, *, plenty: int = PLENTY_BYTES, full: int = FULL_BYTES) -> None:
    """Put the ballast aside while there is plenty of space; drop it when the disk is full."""
    ballast = home / "ballast"
    free = shutil.disk_usage(home).free
    if free <= full and ballast.exists():
        ballast.unlink()
        log.error(
            "The disk of %s is full. %d MB kept for this case were given back so that the database "
            "can start: remove something now.",
            home,
            BALLAST_BYTES // 1_000_000,
        )
    elif free >= plenty and not ballast.exists():
        _reserve(ballast)


def _reserve(ballast: Path) -> None:
    handle = os.open(ballast, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(handle, 0, BALLAST_BYTES)
    except OSError as error:
        log.warning("No space could be put aside in %s: %s", ballast, error)
    finally:
        os.close(handle)
