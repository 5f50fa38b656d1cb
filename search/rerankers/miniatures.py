"""Rerankers small enough for a test: random weights in the form that real ones have."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import ascii_lowercase, digits

import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    BertTokenizer,
    PreTrainedModel,
)

from search.rerankers.readouts.view_anchor import ViewAnchors, save_head

WIDTH = 32


@contextmanager
def saved_cross_encoder(*, seed: int = 0) -> Iterator[Path]:
    """A folder with a random BERT that gives one logit; removed after."""
    with _folder("cross-encoder", seed) as (folder, config):
        _save(BertForSequenceClassification(config), folder)
        yield folder


@contextmanager
def saved_views(*, seed: int = 0, views: int = 4) -> Iterator[Path]:
    """A folder with a random BERT and random view anchors; removed after."""
    with _folder("views", seed) as (folder, config):
        _save(BertModel(config), folder)
        save_head(ViewAnchors(views=views, dim=WIDTH), folder)
        yield folder


@contextmanager
def _folder(kind: str, seed: int) -> Iterator[tuple[Path, BertConfig]]:
    with (
        tempfile.TemporaryDirectory(prefix=f"tiny-{kind}-") as name,
        torch.random.fork_rng(devices=[]),
    ):
        torch.manual_seed(seed)
        config = BertConfig(
            vocab_size=len(_vocabulary()),
            hidden_size=WIDTH,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=2 * WIDTH,
            max_position_embeddings=512,
            initializer_range=0.2,
        )
        config.num_labels = 1
        yield Path(name), config


def _save(model: PreTrainedModel, folder: Path) -> None:
    (folder / "vocab.txt").write_text("\n".join(_vocabulary()), encoding="utf-8")
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    model.save_pretrained(folder)


def _vocabulary() -> list[str]:
    """Letters and digits, as beginnings and as continuations."""
    signs = [*ascii_lowercase, *digits]
    return ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *signs, *(f"##{sign}" for sign in signs)]
