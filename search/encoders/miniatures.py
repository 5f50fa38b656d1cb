"""Encoders of pictures, clips and sounds small enough for a test: random weights, real form.

Each is saved to a folder as a hub model lies there, and loaded by the call a user makes.
"""

import json
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from tokenizers import AddedToken, processors
from transformers import (
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    ClapProcessor,
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    CLIPProcessor,
    ColQwen2Config,
    ColQwen2ForRetrieval,
    ColQwen2Processor,
    PreTrainedTokenizerFast,
    Qwen2VLConfig,
    Qwen2VLImageProcessor,
    Qwen3VLConfig,
    Qwen3VLModel,
    Qwen3VLProcessor,
    Qwen3VLVideoProcessor,
    TimesformerConfig,
    TimesformerModel,
    VideoMAEImageProcessor,
    XCLIPConfig,
    XCLIPModel,
    XCLIPProcessor,
)

from search.generators.miniature import byte_tokenizer

WIDTH = 32
SIDE = 32
PATCH = 8
VISION_TOKENS = {
    "vision_start_token_id": "<|vision_start|>",
    "vision_end_token_id": "<|vision_end|>",
    "image_token_id": "<|image_pad|>",
    "video_token_id": "<|video_pad|>",
}
_TURN = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['content'] is string %}"
    "{{ m['content'] }}{% else %}{% for c in m['content'] %}{% if c['type'] == 'image' %}"
    "<|vision_start|><|image_pad|><|vision_end|>{% elif c['type'] == 'video' %}"
    "<|vision_start|><|video_pad|><|vision_end|>{% else %}{{ c['text'] }}{% endif %}{% endfor %}"
    "{% endif %}<|im_end|>\n{% endfor %}"
)
_LAYERS: dict[str, Any] = {
    "hidden_size": WIDTH,
    "intermediate_size": 2 * WIDTH,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}
_ROPE: dict[str, Any] = {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [4, 2, 2]}
_CROP: dict[str, Any] = {
    "size": {"shortest_edge": SIDE},
    "crop_size": {"height": SIDE, "width": SIDE},
}


def save_open_clip(folder: Path) -> None:
    """A CLIP of open_clip."""
    import open_clip
    from safetensors.torch import save_file

    towers: dict[str, Any] = {
        "vision_cfg": {
            "image_size": SIDE,
            "layers": 2,
            "width": 2 * WIDTH,
            "head_width": WIDTH,
            "patch_size": PATCH,
        },
        "text_cfg": {
            "context_length": 77,
            "vocab_size": 49_408,
            "width": WIDTH,
            "heads": 2,
            "layers": 2,
        },
    }
    prepared = {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic"}
    config = {"model_cfg": {"embed_dim": WIDTH, **towers}, "preprocess_cfg": prepared}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    states = open_clip.CLIP(embed_dim=WIDTH, **towers).state_dict()
    weights = {name: one.contiguous() for name, one in states.items()}
    save_file(weights, folder / "open_clip_model.safetensors")


def save_clip(folder: Path) -> None:
    """A CLIP of transformers, for sentence-transformers."""
    tokenizer = _ended()
    config = CLIPConfig(text_config=_text(tokenizer), vision_config=_vision(), projection_dim=WIDTH)
    CLIPModel(config).save_pretrained(folder)
    CLIPProcessor(CLIPImageProcessor(**_CROP), tokenizer).save_pretrained(folder)


def save_x_clip(folder: Path) -> None:
    """An X-CLIP of eight frames."""
    tokenizer = _ended()
    over_time = {f"mit_{name}": value for name, value in _LAYERS.items()}
    config = XCLIPConfig(
        text_config=_text(tokenizer),
        vision_config=_vision() | over_time | {"num_frames": 8},
        projection_dim=WIDTH,
        prompt_layers=1,
        prompt_num_attention_heads=2,
    )
    XCLIPModel(config).save_pretrained(folder)
    XCLIPProcessor(VideoMAEImageProcessor(**_CROP), tokenizer).save_pretrained(folder)


def save_timesformer(folder: Path) -> None:
    """A TimeSformer of eight frames."""
    config = TimesformerConfig(image_size=SIDE, patch_size=PATCH, num_frames=8, **_LAYERS)
    model = TimesformerModel(config)
    torch.nn.init.normal_(model.embeddings.time_embeddings)  # zeros would be blind to order
    model.save_pretrained(folder)
    VideoMAEImageProcessor(**_CROP).save_pretrained(folder)


def save_clap(folder: Path) -> None:
    """A CLAP, which hears at 48 kHz."""
    tokenizer = byte_tokenizer()
    heard = {
        "hidden_size": WIDTH,
        "patch_embeds_hidden_size": 16,
        "depths": [1, 1],
        "num_attention_heads": [2, 2],
        "num_mel_bins": 64,
        "spec_size": 256,
        "window_size": 8,
        "patch_size": 4,
        "projection_dim": WIDTH,
    }
    said = _text(tokenizer) | {"max_position_embeddings": 514}
    config = ClapConfig(text_config=said, audio_config=heard, projection_dim=WIDTH)
    ClapModel(config).save_pretrained(folder)
    extractor = ClapFeatureExtractor(truncation="rand_trunc")
    ClapProcessor(extractor, tokenizer).save_pretrained(folder)


def save_col_qwen2(folder: Path) -> None:
    """A ColQwen2: a vector of 16 for each patch and token."""
    tokenizer, ids = _with_vision()
    sees: dict[str, Any] = {
        "depth": 2,
        "embed_dim": WIDTH,
        "hidden_size": WIDTH,
        "mlp_ratio": 2,
        "num_heads": 2,
        "patch_size": PATCH,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
    }
    reads = _reading(tokenizer) | {"rope_parameters": _ROPE}
    inner = Qwen2VLConfig(text_config=reads, vision_config=sees, **ids)
    ColQwen2ForRetrieval(ColQwen2Config(vlm_config=inner, embedding_dim=16)).save_pretrained(folder)
    ColQwen2Processor(_patches(), tokenizer).save_pretrained(folder)


def save_qwen3_vl(folder: Path) -> None:
    """A Qwen3-VL as an embedding model: text, pictures and video, pooled at the last token."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer

    raw = folder / "raw"
    save_raw_qwen3_vl(raw)
    modules = [
        Transformer(str(raw), transformer_task="feature-extraction"),
        Pooling(WIDTH, "lasttoken"),
        Normalize(),
    ]
    SentenceTransformer(modules=modules).save(str(folder))


def save_raw_qwen3_vl(folder: Path) -> None:
    """The same without the description of how it is pooled."""
    tokenizer, ids = _with_vision()
    sees: dict[str, Any] = {
        "depth": 2,
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_heads": 2,
        "patch_size": PATCH,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "out_hidden_size": WIDTH,
        "num_position_embeddings": 256,
        "deepstack_visual_indexes": [0],
    }
    rope = _ROPE | {"mrope_interleaved": True}
    reads = _reading(tokenizer) | {"head_dim": 16, "rope_parameters": rope}
    Qwen3VLModel(Qwen3VLConfig(text_config=reads, vision_config=sees, **ids)).save_pretrained(
        folder
    )
    videos = Qwen3VLVideoProcessor(patch_size=PATCH, merge_size=2, temporal_patch_size=2)
    processor = Qwen3VLProcessor(_patches(), tokenizer, videos, chat_template=_TURN)
    processor.save_pretrained(folder)


SAVERS: Mapping[str, Callable[[Path], None]] = MappingProxyType(
    {
        "open_clip": save_open_clip,
        "clip": save_clip,
        "x_clip": save_x_clip,
        "timesformer": save_timesformer,
        "clap": save_clap,
        "col_qwen2": save_col_qwen2,
        "qwen3_vl": save_qwen3_vl,
        "raw_qwen3_vl": save_raw_qwen3_vl,
    }
)


def save(kind: str, folder: Path, *, seed: int = 0) -> Path:
    """A random model of this kind in a folder, which is given back."""
    folder.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        SAVERS[kind](folder)
    return folder


def _ended() -> PreTrainedTokenizerFast:
    """A tokenizer that ends every text, where CLIP-like models speak."""
    tokenizer = byte_tokenizer()
    end = tokenizer.eos_token
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single=f"$A {end}", special_tokens=[(end, tokenizer.eos_token_id)]
    )
    return tokenizer


def _text(tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    return _LAYERS | {
        "vocab_size": len(tokenizer),
        "max_position_embeddings": 77,
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": 0,
        "pad_token_id": tokenizer.pad_token_id,
    }


def _vision() -> dict[str, Any]:
    return _LAYERS | {"image_size": SIDE, "patch_size": PATCH}


def _reading(tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    return _LAYERS | {
        "vocab_size": len(tokenizer),
        "num_key_value_heads": 2,
        "max_position_embeddings": 4096,
    }


def _with_vision() -> tuple[PreTrainedTokenizerFast, dict[str, Any]]:
    """A tokenizer that knows where pictures stand, and the ids of those tokens."""
    tokenizer = byte_tokenizer()
    special = [AddedToken(one, special=True) for one in VISION_TOKENS.values()]
    tokenizer.add_special_tokens({"additional_special_tokens": special})
    ids: dict[str, Any] = {
        name: tokenizer.convert_tokens_to_ids(one) for name, one in VISION_TOKENS.items()
    }
    return tokenizer, ids


def _patches() -> Qwen2VLImageProcessor:
    return Qwen2VLImageProcessor(
        patch_size=PATCH,
        merge_size=2,
        temporal_patch_size=2,
        min_pixels=(2 * PATCH) ** 2,
        max_pixels=(8 * PATCH) ** 2,
    )
