"""Where the weights of a model lie on this machine; safetensors only."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from search.errors import ConfigurationError, ModelMissingError

PRECISIONS = ("float32", "bfloat16", "float16")
_CARD = ("README.md", "config.json")
_KEPT = ("*.safetensors", "*.json", "*.txt", "*.jinja", "*.model", "README.md")


class Presence(NamedTuple):
    """Whether what a plug-in needs is on this machine, told without loading it."""

    present: bool
    detail: str
    remedy: str = ""


def check_precision(dtype: str) -> None:
    """Refuse a number format in which models are not run.

    Raises:
        ConfigurationError: it is not one of ``PRECISIONS``.
    """
    if dtype not in PRECISIONS:
        raise ConfigurationError(f"The dtype is {dtype!r}; write one of {', '.join(PRECISIONS)}.")


def find_weights(name: str, *, offline: bool) -> Path:
    """The folder of a checkpoint: a folder's path or a hub name.

    Raises:
        ModelMissingError: it is not here and may not, or cannot, be fetched; or its weights are
            in a form that can run code.
    """
    folder = find_folder(name, offline=offline, kept=_KEPT)
    if not any(folder.glob("*.safetensors")):
        raise ModelMissingError(
            f"{folder} holds no safetensors weights; other forms can run code and are not loaded."
        )
    return folder


def weights_presence(name: object) -> Presence:
    """Whether a checkpoint lies on this machine; nothing is loaded or fetched."""
    if not isinstance(name, str) or not name:
        return Presence(False, "No checkpoint is named.", "Name a folder or a hub model.")
    try:
        return Presence(True, f"{name} in {find_weights(name, offline=True)}")
    except ModelMissingError as error:
        return Presence(False, str(error), "Put the model's folder there.")


def find_card(name: str, *, offline: bool) -> Path:
    """The folder of a checkpoint with its card, before any weights are fetched; raises likewise."""
    return find_folder(name, offline=offline, kept=_CARD)


def weights_bytes(folder: Path, dtype: str = "float32") -> int:
    """How much memory the weights of a folder take when they are run in a number format.

    Those of safetensors are counted from the head of the files; others count as they lie there.
    """
    named = sorted(folder.glob("*.safetensors"))
    if not named:
        return sum(path.stat().st_size for path in folder.rglob("*.onnx"))
    return sum(_parameters(path) for path in named) * (4 if dtype == "float32" else 2)


def _parameters(path: Path) -> int:
    """The numbers in a file of safetensors; a head that cannot be read counts the file as float32.

    Source: the format's description, 8 bytes of length and then JSON.
    """
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            head = json.loads(file.read(min(length, size)))
        tensors = [one for name, one in head.items() if name != "__metadata__"]
        return sum(math.prod(one["shape"]) for one in tensors)
    except (ValueError, KeyError, TypeError, AttributeError):
        return size // 4


def find_folder(
    name: str, *, offline: bool, kept: Sequence[str] | None = None, hint: str = ""
) -> Path:
    """A folder as it is, or that of a hub name, fetched unless ``offline``.

    ``kept`` are the patterns of the files that are fetched; ``hint`` ends the sentence of an error.

    Raises:
        ModelMissingError: it is not on this machine and may not, or cannot, be fetched.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise ModelMissingError(f"There is no folder {name!r}; correct the checkpoint's path.")
    from huggingface_hub import snapshot_download  # heavy, and seldom needed

    patterns = None if kept is None else list(kept)
    try:
        return Path(snapshot_download(name, local_files_only=offline, allow_patterns=patterns))
    except (OSError, ValueError) as error:
        raise ModelMissingError(
            f"The model {name!r} is not on this machine"
            + (" and MMSEARCH_OFFLINE forbids fetching it" if offline else "")
            + f": {error}{hint}"
        ) from error
