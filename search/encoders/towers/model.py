"""The four towers as one model, and the folder that holds it."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import normalize

from search.encoders.media import CLIP_FRAMES
from search.encoders.towers.audio_tower import AudioTower, SpectrumTower
from search.encoders.towers.caption_tower import CaptionTower
from search.encoders.towers.image_tower import ImageTower
from search.encoders.towers.space_time import FramesTower, SpaceTimeTower
from search.errors import ModelMissingError

WEIGHTS, CONFIG = "model.safetensors", "config.json"
REMEDY = "Make one with: manage.py train towers DIR"
_FORM = "mmsearch-towers-1"
_MOST_SCALE = 100.0


@dataclass(frozen=True, slots=True)
class TowerConfig:
    """The shape of a model. ``order_blind``: the controls, to which time means nothing."""

    states: int = 384  # width of the text encoder's token states
    dim: int = 128
    width: int = 64
    heads: int = 4
    blocks: int = 2
    caption_blocks: int = 1
    side: int = 32  # pixels of a picture and of a frame
    frames: int = CLIP_FRAMES
    order_blind: bool = False
    text: str = ""  # fingerprint of the text encoder whose states it was trained on


class TowersModel(nn.Module):
    """Captions, pictures, clips and sounds to unit rows of one space, (batch, dim) each."""

    def __init__(self, config: TowerConfig) -> None:
        super().__init__()
        self.config = config
        form: dict[str, Any] = {
            "width": config.width,
            "heads": config.heads,
            "blocks": config.blocks,
            "dim": config.dim,
        }
        self.captions = CaptionTower(
            states=config.states, **form | {"blocks": config.caption_blocks}
        )
        self.images = ImageTower(side=config.side, **form)
        self.clips: nn.Module
        self.sounds: nn.Module
        if config.order_blind:
            self.clips = FramesTower(side=config.side, **form)
            self.sounds = SpectrumTower(width=config.width, dim=config.dim)
        else:
            self.clips = SpaceTimeTower(side=config.side, frames=config.frames, **form)
            self.sounds = AudioTower(**form)
        self.log_scale = nn.Parameter(torch.tensor(2.66))  # of cosines in the loss: 1 / 0.07

    @property
    def scale(self) -> Tensor:
        """What multiplies cosines in the loss."""
        return self.log_scale.exp().clamp(max=_MOST_SCALE)

    def of_captions(self, states: Tensor, mask: Tensor) -> Tensor:
        """Token states (batch, tokens, states) with their mask."""
        return normalize(self.captions(states, mask).float(), dim=-1)

    def of_images(self, pictures: Tensor) -> Tensor:
        """Pictures (batch, side, side, 3) as bytes."""
        return normalize(self.images(_as_shares(pictures)).float(), dim=-1)

    def of_clips(self, clips: Tensor) -> Tensor:
        """Clips (batch, frames, side, side, 3) as bytes."""
        return normalize(self.clips(_as_shares(clips)).float(), dim=-1)

    def of_sounds(self, seconds: Tensor) -> Tensor:
        """Seconds of sound (batch, 16,000)."""
        return normalize(self.sounds(seconds).float(), dim=-1)


def save_towers(model: TowersModel, folder: Path) -> None:
    """Write weights and shape into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    state = model.state_dict()
    weights = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    (folder / WEIGHTS).chmod(0o644)  # it is written for its owner alone, but workers read it
    config = {"form": _FORM, **asdict(model.config)}
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def load_towers(folder: Path) -> TowersModel:
    """The model of a folder, ready to encode.

    Raises:
        ModelMissingError: the folder or a file is missing, or holds something else; the sentence
            names the path and the remedy.
    """
    config = read_config(folder)
    model = TowersModel(config)
    try:
        weights = load_file(folder / WEIGHTS)
        model.load_state_dict(weights)
    except FileNotFoundError as error:
        raise ModelMissingError(f"{folder} holds no {WEIGHTS}. {REMEDY}") from error
    except (SafetensorError, RuntimeError) as error:
        raise ModelMissingError(
            f"{folder / WEIGHTS} does not fit {folder / CONFIG}: {str(error)[:300]}. {REMEDY}"
        ) from error
    return model.eval()


def read_config(folder: Path) -> TowerConfig:
    """The shape of the model in a folder; raises as ``load_towers`` does."""
    path = folder / CONFIG
    if not path.is_file():
        raise ModelMissingError(f"{folder} holds no towers: there is no {path}. {REMEDY}")
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        form = written.pop("form", "")
        config = TowerConfig(**written)
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelMissingError(f"{path} does not describe towers: {error}. {REMEDY}") from error
    if form != _FORM:
        raise ModelMissingError(f"{path} has the form {form!r}, not {_FORM!r}. {REMEDY}")
    return config


def weights_digest(folder: Path) -> str:
    """What tells the weights and the shape of a folder from others."""
    digest = hashlib.sha256()
    for name in (WEIGHTS, CONFIG):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:16]


def _as_shares(pixels: Tensor) -> Tensor:
    """Bytes (..., height, width, 3) as shares of 255, (..., 3, height, width)."""
    return pixels.movedim(-1, -3).float() / 255
