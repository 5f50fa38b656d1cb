"""A small training of the towers, of which many tests read the result."""

from pathlib import Path

from search.encoders.onnx_text import OnnxTextEncoder
from search.encoders.towers.encoder import Towers
from search.encoders.towers.model import TowerConfig, TowersModel, save_towers
from search.training.checkpoints import Trained, make_fusion, make_towers
from search.training.shelves import Amounts
from search.training.towers import Size

SMALL = Size("small", Amounts(400, 160, 120), 160, Amounts(16, 6, 10), gallery=24)
MINUTE = Size("minute", Amounts(16, 12, 9), 6, Amounts(4, 4, 3), width=16, blocks=1, gallery=8)
GATE = {"V2/seen/twins": 0.6, "A2/seen/twins": 0.6, "I0/seen/r5": 0.5}


def train_small(folder: Path, text: OnnxTextEncoder) -> tuple[Trained, Trained]:
    """Towers and their fusion in a folder, and what came of both."""
    towers = make_towers(folder, SMALL, seed=0, text=text, gate=GATE)
    return towers, make_fusion(folder, seed=0, text=text, count=120, steps=120)


def random_towers(text: OnnxTextEncoder, *, order_blind: bool = False) -> Towers:
    """Towers that have learned nothing."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = TowerConfig(width=16, blocks=1, order_blind=order_blind, text=text.fingerprint)
        return Towers.around(TowersModel(config), text)


def save_random(folder: Path, text: OnnxTextEncoder) -> Path:
    """A checkpoint of towers that have learned nothing."""
    save_towers(random_towers(text).model, folder)
    return folder
