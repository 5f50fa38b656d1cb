"""Secrets that are made once and kept beside the data, readable by their owner alone."""

import os
import secrets
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def make_data_dir(data_dir: Path) -> None:
    """The data folder and its private folders; folders that exist keep their modes.

    As root the data folder may be entered (not read) by others, because the database server runs
    under another account; everything private inside it is closed by itself.
    """
    try:
        if not data_dir.is_dir():
            data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        for name in ("secrets", "run", "log", "store", "incoming", "static"):
            (data_dir / name).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"MMSEARCH_DATA_DIR is {str(data_dir)!r}, which cannot be written: {error}. "
            "Name a folder that this account may write."
        ) from error


def kept_secret(data_dir: Path, name: str) -> str:
    """The secret of this name; made on first use (mode 0600), the same one ever after."""
    make_data_dir(data_dir)
    path = data_dir / "secrets" / name
    try:
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(48))
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"The secret {str(path)!r} cannot be read: {error}. "
            "Start MMSearch with the account that owns the data folder."
        ) from error


def _write_once(path: Path, text: str) -> None:
    """Whole or not at all, and the first of several writers wins."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        Path(draft).unlink()
