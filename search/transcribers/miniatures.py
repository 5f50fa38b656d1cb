"""Speech models small enough for a test: random weights, real form, words of the sea to say.

Each is saved to a folder as a hub model lies there, and loaded by the call a user makes.
"""

import json
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from tokenizers import AddedToken, pre_tokenizers
from transformers import (
    GenerationConfig,
    Wav2Vec2Config,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
    Wav2Vec2Processor,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperProcessor,
    WhisperTokenizer,
)

WORDS = (
    *("heron", "harbour", "lantern", "tide", "signal", "keeper", "granite", "mirror", "storm"),
    *("island", "rope", "bell", "north", "winter", "current", "herring", "sailor", "anchor"),
)
LETTERS = "ETAONIHSRDLUMWCFGYPBVK"
LANGUAGES = ("en", "de", "fr")
WINDOW_S = 2  # a real Whisper has thirty
_WIDTH = 32


def save_whisper(folder: Path) -> None:
    """A Whisper of two layers that hears windows of two seconds and speaks three languages."""
    tokenizer, ids = _whisper_tokenizer(several=True)
    _save_whisper(folder, tokenizer, ids, {"is_multilingual": True} | _languages(ids))


def save_english_whisper(folder: Path) -> None:
    """The same for English alone, as ``whisper-tiny.en`` is."""
    tokenizer, ids = _whisper_tokenizer(several=False)
    _save_whisper(folder, tokenizer, ids, {"is_multilingual": False})


def save_wav2vec2(folder: Path) -> None:
    """A wav2vec2 of two layers that spells in capitals, a letter every twenty milliseconds."""
    names = ["<pad>", "<s>", "</s>", "<unk>", "|", *LETTERS]
    file = folder / "vocab.json"
    file.write_text(json.dumps({name: place for place, name in enumerate(names)}))
    tokenizer = Wav2Vec2CTCTokenizer(str(file))
    extractor = Wav2Vec2FeatureExtractor(return_attention_mask=False)
    config = Wav2Vec2Config(
        vocab_size=len(names),
        hidden_size=_WIDTH,
        intermediate_size=2 * _WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        conv_dim=(16,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2,
        pad_token_id=0,
        initializer_range=0.5,
    )
    model = Wav2Vec2ForCTC(config)
    with torch.no_grad():
        model.lm_head.bias[names.index("|")] += 7.0  # words end now and then
    model.save_pretrained(folder)
    Wav2Vec2Processor(extractor, tokenizer).save_pretrained(folder)


SAVERS: Mapping[str, Callable[[Path], None]] = MappingProxyType(
    {
        "whisper": save_whisper,
        "english_whisper": save_english_whisper,
        "wav2vec2": save_wav2vec2,
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


def _whisper_tokenizer(*, several: bool) -> tuple[WhisperTokenizer, dict[str, int]]:
    """Letters and whole words, then the tokens that steer, then the times, as Whisper has them."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    names = [*letters, *(f"Ġ{word}" for word in WORDS)]
    tokenizer = WhisperTokenizer(vocab={name: n for n, name in enumerate(names)}, merges=[])
    spoken = LANGUAGES if several else ("en",)
    steering = [
        "<|startoftranscript|>",
        *(f"<|{language}|>" for language in spoken),
        *("<|translate|>", "<|transcribe|>", "<|nospeech|>", "<|notimestamps|>"),
    ]
    tokenizer.add_tokens([AddedToken(one, special=True) for one in steering])
    times = [f"<|{place * 0.02:.2f}|>" for place in range(WINDOW_S * 50 + 1)]
    tokenizer.add_tokens([AddedToken(one) for one in times])
    places = tokenizer.get_vocab()
    ids = {one: places[one] for one in steering}
    return tokenizer, ids


def _languages(ids: Mapping[str, int]) -> dict[str, Any]:
    return {
        "lang_to_id": {f"<|{one}|>": ids[f"<|{one}|>"] for one in LANGUAGES},
        "task_to_id": {one: ids[f"<|{one}|>"] for one in ("translate", "transcribe")},
    }


def _save_whisper(
    folder: Path, tokenizer: WhisperTokenizer, ids: Mapping[str, int], more: Mapping[str, Any]
) -> None:
    end = int(tokenizer.eos_token_id or 0)
    special: dict[str, Any] = {
        "decoder_start_token_id": ids["<|startoftranscript|>"],
        "bos_token_id": end,
        "eos_token_id": end,
        "pad_token_id": end,
    }
    config = WhisperConfig(
        vocab_size=len(tokenizer),
        num_mel_bins=80,
        d_model=_WIDTH,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=2 * _WIDTH,
        decoder_ffn_dim=2 * _WIDTH,
        max_source_positions=WINDOW_S * 50,
        max_target_positions=32,
        init_std=0.5,
        **special,
    )
    WhisperForConditionalGeneration(config).save_pretrained(folder)
    # A configuration made of the model's own would drop these when it is loaded.
    GenerationConfig(
        no_timestamps_token_id=ids["<|notimestamps|>"],
        max_initial_timestamp_index=25,
        max_length=32,
        return_timestamps=False,
        suppress_tokens=[*range(256)],  # letters: what it says are words
        begin_suppress_tokens=[end],
        **special,
        **more,
    ).save_pretrained(folder)
    extractor = WhisperFeatureExtractor(chunk_length=WINDOW_S)
    WhisperProcessor(extractor, tokenizer).save_pretrained(folder)
