"""Training and encoding of pictures, clips and sounds on a device.

    python bench/gpu_media.py --device cuda --text FOLDER [--size standard] [--out FILE] [--tiny]

First the towers are trained on the device through the product's own call (``--text`` is a sentence
encoder in sentence-transformers form; without it this part is left out), with their figures on new
samples. Then each encoder encodes the same pictures, clips or sounds twice, at the same batch size
and precision: through the product, from pixels of their own size to unit rows, and by the bare
forward pass on tensors that were prepared beforehand. The two take turns; a rate is that of the
median turn, after a warm-up. Models have random weights and are made in place.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import torch

from bench.gpu import timed
from bench.gpu_report import machine
from search.encoders.media import Clip, Pixels, Sound
from search.encoders.open_clip_image import OpenClip
from search.encoders.towers.encoder import Towers
from search.encoders.towers.fitting import as_frames, as_seconds, as_square
from search.encoders.towers.model import TowerConfig, TowersModel
from search.encoders.video_models import TimeSformer
from search.training.checkpoints import GateError, make_towers
from search.training.towers import SIZES

TURNS = 5
HEAD = (
    "| encoder | input | batch | product /s | bare forward /s | ratio | slowest/quickest |\n"
    "|---|---|--:|--:|--:|--:|--:|"
)


@dataclass(frozen=True, slots=True)
class Row:
    """Inputs a second of one encoder; ``spread``: the slowest turn over the quickest."""

    encoder: str
    input: str
    batch: int
    product: float
    bare: float
    spread: float

    def __str__(self) -> str:
        return (
            f"| {self.encoder} | {self.input} | {self.batch} | {self.product:.0f} | "
            f"{self.bare:.0f} | {self.product / self.bare:.2f} | {self.spread:.2f} |"
        )


@dataclass(frozen=True, slots=True)
class Contest:
    """The product's way and the bare one over the same inputs."""

    encoder: str
    input: str
    batch: int
    count: int
    product: Callable[[], object]
    bare: Callable[[], object]


class Material:
    """Pictures, clips and sounds of sizes as they come from files."""

    def __init__(self, *, tiny: bool, seed: int = 5) -> None:
        self._rng = np.random.default_rng(seed)
        self.high, self.wide = (48, 64) if tiny else (270, 480)
        self.many, self.few = (16, 4) if tiny else (512, 64)

    def pictures(self) -> list[Pixels]:
        """Pictures with smooth content."""
        return [self._picture() for _ in range(self.many)]

    def clips(self) -> list[Clip]:
        """Clips of eight frames."""
        return [Clip(np.stack([self._picture() for _ in range(8)]), 8.0) for _ in range(self.few)]

    def sounds(self) -> list[Sound]:
        """Seconds of noise."""
        noise = self._rng.standard_normal((self.many, 16_000)).astype(np.float32) / 4
        return [Sound(one) for one in noise]

    def _picture(self) -> Pixels:
        coarse = self._rng.integers(0, 255, (self.high // 8, self.wide // 8, 3), dtype=np.uint8)
        return coarse.repeat(8, axis=0).repeat(8, axis=1)


def towers(config: TowerConfig, material: Material, *, batch: int, device: str) -> list[Contest]:
    """Towers of our own, of some width: pictures, clips, sounds."""
    model = TowersModel(config)
    ours = Towers.around(model, _NoText(), device=device, batch_size=batch)
    pictures, clips, sounds = material.pictures(), material.clips(), material.sounds()
    squares = np.stack([as_square(one, side=config.side) for one in pictures])
    frames = np.stack([as_frames(one, count=config.frames, side=config.side) for one in clips])
    seconds = np.concatenate([as_seconds(one) for one in sounds])
    name = f"towers {config.width} wide, {config.blocks} blocks, {config.side} px"

    def contest(kind: str, given: Sequence[Any], encode: Any, forward: Any, ready: Any) -> Contest:
        bare = _forward(forward, torch.from_numpy(ready), batch=batch, device=device)
        return Contest(name, kind, batch, len(given), lambda: encode(given), bare)

    return [
        contest("picture", pictures, ours.encode_images, model.of_images, squares),
        contest("clip of 8 frames", clips, ours.encode_clips, model.of_clips, frames),
        contest("second of sound", sounds, ours.encode_sounds, model.of_sounds, seconds),
    ]


def open_clip(home: Path, material: Material, *, tiny: bool, device: str, dtype: str) -> Contest:
    """A CLIP of open_clip with the shape of ViT-B-32 (or a tiny one)."""
    folder, side = home / "open_clip", 32 if tiny else 224
    folder.mkdir()
    _save_open_clip(folder, tiny=tiny)
    batch = 8 if tiny else 64
    ours = OpenClip(str(folder), device=device, dtype=dtype, batch_size=batch)
    pictures = material.pictures()
    ready = torch.rand(len(pictures), 3, side, side).to(next(ours._model.parameters()).dtype)
    bare = _forward(ours._model.encode_image, ready, batch=batch, device=device)
    name = f"open_clip {'tiny' if tiny else 'ViT-B-32'}, {dtype}"
    return Contest(
        name, "picture", batch, len(pictures), lambda: ours.encode_images(pictures), bare
    )


def timesformer(home: Path, material: Material, *, tiny: bool, device: str, dtype: str) -> Contest:
    """A TimeSformer with the shape of the published base model (or a tiny one)."""
    from transformers import TimesformerConfig, TimesformerModel, VideoMAEImageProcessor

    folder, side, batch = home / "timesformer", 32 if tiny else 224, 2 if tiny else 8
    shape: dict[str, Any] = (
        {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2} if tiny else {}
    )
    TimesformerModel(TimesformerConfig(image_size=side, num_frames=8, **shape)).save_pretrained(
        folder
    )
    VideoMAEImageProcessor(
        size={"shortest_edge": side}, crop_size={"height": side, "width": side}
    ).save_pretrained(folder)
    ours = TimeSformer(str(folder), device=device, dtype=dtype, batch_size=batch)
    clips = material.clips()
    ready = torch.rand(len(clips), 8, 3, side, side).to(next(ours._model.parameters()).dtype)
    bare = _forward(
        lambda pixels: ours._model(pixel_values=pixels).last_hidden_state[:, 0],
        ready, batch=batch, device=device,
    )  # fmt: skip
    name = f"TimeSformer {'tiny' if tiny else 'base'}, {dtype}"
    return Contest(
        name, "clip of 8 frames", batch, len(clips), lambda: ours.encode_clips(clips), bare
    )


def measure(contest: Contest, *, device: str) -> Row:
    """Both ways in turns; the first turn warms up."""
    ways = (contest.product, contest.bare)
    taken: list[list[float]] = [[], []]
    for turn in range(TURNS + 1):
        for seconds, way in zip(taken, ways, strict=True):
            spent = timed(way, device)
            if turn:
                seconds.append(spent)
    product, bare = (contest.count / statistics.median(seconds) for seconds in taken)
    spread = max(max(seconds) / min(seconds) for seconds in taken)
    return Row(contest.encoder, contest.input, contest.batch, product, bare, spread)


def contests(home: Path, *, tiny: bool, device: str) -> Iterator[Contest]:
    """All of them; each is made when it is its turn."""
    material = Material(tiny=tiny)
    yield from towers(TowerConfig(), material, batch=32 if tiny else 256, device=device)
    if not tiny:
        wide = TowerConfig(width=768, heads=12, blocks=12, side=112)
        yield from towers(wide, material, batch=16, device=device)
    dtype = "bfloat16" if device.startswith("cuda") else "float32"
    yield open_clip(home, material, tiny=tiny, device=device, dtype=dtype)
    yield timesformer(home, material, tiny=tiny, device=device, dtype=dtype)


def train(text: Path, size: str, *, home: Path, device: str) -> dict[str, Any]:
    """The whole training through the product's call: its figures, its seconds and its steps."""
    from search.encoders.onnx_text import OnnxTextEncoder

    reader = OnnxTextEncoder(str(text), models_dir=home / "models", offline=True)
    steps: list[dict[str, float]] = []
    try:
        made = make_towers(
            home / size, SIZES[size], seed=0, text=reader, device=device, on_step=steps.append
        )
    except GateError as error:
        return {"size": size, "refused": str(error)}
    last, tenth = steps[-1], steps[len(steps) // 10]
    rate = (last["step"] - tenth["step"]) / (last["seconds"] - tenth["seconds"])
    return {"size": size, "seconds": made.seconds, "stepping_s": round(last["seconds"], 1),
            "steps_a_second": round(rate, 1), "figures": dict(made.figures)}  # fmt: skip


class _NoText:
    """Stands where the towers have a text encoder; this bench asks nothing in words."""

    dim, fingerprint = 384, "none"

    def token_states(self, texts: Sequence[str], *, as_query: bool = False) -> list[Any]:
        raise ValueError(f"{len(texts)} texts came to a bench of pictures, clips and sounds.")


def _forward(
    run: Callable[[torch.Tensor], torch.Tensor], ready: torch.Tensor, *, batch: int, device: str
) -> Callable[[], list[np.ndarray]]:
    """The bare forward pass over all that is ready, batch by batch, each fetched."""

    @torch.inference_mode()
    def over() -> list[np.ndarray]:
        return [run(part.to(device)).float().cpu().numpy() for part in ready.split(batch)]

    return over


def _save_open_clip(folder: Path, *, tiny: bool) -> None:
    import open_clip as library
    from safetensors.torch import save_file

    from search.encoders.miniatures import save_open_clip

    if tiny:
        return save_open_clip(folder)
    shape = library.get_model_config("ViT-B-32")
    prepared = {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic"}
    (folder / "open_clip_config.json").write_text(
        json.dumps({"model_cfg": shape, "preprocess_cfg": prepared})
    )
    states = library.create_model("ViT-B-32").state_dict()
    save_file(
        {name: one.contiguous() for name, one in states.items()},
        folder / "open_clip_model.safetensors",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--text", type=Path, help="sentence encoder to train the towers on")
    parser.add_argument("--size", default="standard", choices=sorted(SIZES))
    parser.add_argument("--tiny", action="store_true", help="tiny models, few inputs")
    parser.add_argument("--out", type=Path, help="write the JSON there, too")
    options = parser.parse_args()
    found: dict[str, Any] = {"machine": machine(options.device), "rows": []}
    with tempfile.TemporaryDirectory(prefix="gpu-media-") as name:
        home = Path(name)
        print(HEAD)
        for contest in contests(home, tiny=options.tiny, device=options.device):
            started = time.monotonic()
            row = measure(contest, device=options.device)
            found["rows"].append(asdict(row))
            print(row, f"<!-- {time.monotonic() - started:.0f} s -->", flush=True)
        if options.text:
            found["training"] = train(options.text, options.size, home=home, device=options.device)
    if options.out:
        options.out.write_text(json.dumps(found, indent=1), encoding="utf-8")
    print(json.dumps({name: found[name] for name in ("machine", "training") if name in found}))


if __name__ == "__main__":
    main()
