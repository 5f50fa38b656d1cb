"""How a folder in sentence-transformers form says its model is to be read."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.errors import ConfigurationError, ModelMissingError

_POOLINGS = {"pooling_mode_cls_token": "cls", "pooling_mode_mean_tokens": "mean"}


@dataclass(frozen=True, slots=True)
class SentenceFolder:
    """What one needs to know to run the model: pooling, window, and what is put before a text."""

    folder: Path
    pooling: str  # "mean" or "cls"
    max_tokens: int
    query_prompt: str
    document_prompt: str
    digest: str  # of weights, tokenizer and the settings above

    @property
    def tokenizer(self) -> Path:
        return self.folder / "tokenizer.json"


def read_sentence_folder(folder: Path) -> SentenceFolder:
    """Read the folder's own settings; a plain transformer is pooled by its mean.

    Raises:
        ModelMissingError: weights or tokenizer.json are not there.
        ConfigurationError: the model has layers beyond transformer, pooling and normalising.
    """
    weights = folder / "model.safetensors"
    for needed in (weights, folder / "tokenizer.json", folder / "config.json"):
        if not needed.is_file():
            raise ModelMissingError(f"{needed} is missing; the folder does not hold a text model.")
    pooling = _pooling(folder)
    window = _read(folder / "sentence_bert_config.json").get("max_seq_length")
    most = _read(folder / "config.json").get("max_position_embeddings", 512)
    prompts = _read(folder / "config_sentence_transformers.json").get("prompts") or {}
    max_tokens = int(min(window or most, most))
    query, document = prompts.get("query", ""), prompts.get("document", prompts.get("passage", ""))
    digest = hashlib.sha256(f"{pooling}|{max_tokens}|{query}|{document}".encode())
    for path in (weights, folder / "tokenizer.json"):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return SentenceFolder(folder, pooling, max_tokens, query, document, digest.hexdigest()[:16])


def _pooling(folder: Path) -> str:
    pooling = "mean"
    modules = _read(folder / "modules.json") or []
    for module in modules:
        kind = str(module["type"]).rsplit(".", 1)[-1]
        if kind == "Pooling":
            settings = _read(folder / module["path"] / "config.json")
            chosen = [
                name for name, on in settings.items() if "pooling_mode_" in name and on is True
            ]
            if len(chosen) != 1 or chosen[0] not in _POOLINGS:
                raise ConfigurationError(
                    f"{folder} pools by {', '.join(chosen) or 'nothing'}, which this engine does "
                    "not do; use the backend search.encoders.text.SentenceTransformerEncoder."
                )
            pooling = _POOLINGS[chosen[0]]
        elif kind not in {"Transformer", "Normalize"}:
            raise ConfigurationError(
                f"{folder} has a layer {kind}, which this engine does not run; use the backend "
                "search.encoders.text.SentenceTransformerEncoder."
            )
    return pooling


def _read(path: Path) -> Any:
    if not path.is_file():
        return {}
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigurationError(f"{path} is not JSON: {error}.") from error
