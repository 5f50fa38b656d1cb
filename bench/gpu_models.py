"""Texts and random models of real sizes for ``bench/gpu.py``, made in place: nothing is fetched."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    BertModel,
    BertTokenizer,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from search.generators.miniature import CHAT, SPECIALS

BERT_SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WEIGHED_WORDS = 200  # so many words of the vocabulary weigh something in a passage, about
_SYLLABLES = [a + b for a in "bcdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er")]


@dataclass(frozen=True, slots=True)
class Size:
    """The shape of a model."""

    name: str
    width: int
    layers: int
    heads: int


MINILM = Size("MiniLM-L6", 384, 6, 12)
BASE = Size("BERT-base", 768, 12, 12)
QWEN = Size("Qwen3-0.6B", 1024, 28, 16)
TINY = Size("tiny", 32, 2, 4)


def passages(count: int, *, words: int, seed: int = 7) -> list[str]:
    """Texts of words that follow Zipf's law; lengths are log-normal around ``words``."""
    rng = random.Random(seed)
    lexicon = ["".join(rng.choices(_SYLLABLES, k=rng.randint(1, 4))) for _ in range(20_000)]
    shares = [1 / rank for rank in range(1, len(lexicon) + 1)]
    lengths = [
        min(max(int(rng.lognormvariate(0, 0.5) * words), words // 8), words * 2)
        for _ in range(count)
    ]
    return [" ".join(rng.choices(lexicon, shares, k=length)) + "." for length in lengths]


def save_bert(kind: type[Any], size: Size, folder: Path, *, device: str) -> Path:
    """A BERT with random weights and a tokenizer learned from the bench's own text."""
    words = _word_pieces(passages(400, words=160, seed=1))
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    tokenizer = BertTokenizer(str(folder / "vocab.txt"), model_max_length=512)
    tokenizer.save_pretrained(folder)
    config = BertConfig(
        vocab_size=30_522 if size is not TINY else len(words),
        hidden_size=size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        intermediate_size=4 * size.width,
        max_position_embeddings=512,
        initializer_range=size.width**-0.5,  # so that texts differ in what the model makes of them
    )
    config.num_labels = 1
    torch.manual_seed(0)
    with torch.device(device):
        model = kind(config).eval()
    if kind is BertForMaskedLM:
        _weigh_few_words(model, tokenizer)
    model.save_pretrained(folder)
    return folder


def save_qwen(size: Size, folder: Path, *, device: str) -> Path:
    """A causal model in the form of Qwen3, in bfloat16, and a byte-pair tokenizer."""
    tokenizer = _byte_pairs(passages(400, words=160, seed=1))
    tokenizer.save_pretrained(folder)
    config = Qwen3Config(
        vocab_size=151_936 if size is not TINY else len(tokenizer),
        hidden_size=size.width,
        intermediate_size=3 * size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.heads // 2,
        head_dim=2 * size.width // size.heads,
        max_position_embeddings=40_960,
        tie_word_embeddings=True,
        initializer_range=size.width**-0.5,
        eos_token_id=tokenizer.convert_tokens_to_ids("<|im_end|>"),
    )
    torch.manual_seed(0)
    with torch.device(device):
        model: Any = Qwen3ForCausalLM(config)
    model.to(torch.bfloat16).save_pretrained(folder)
    return folder


@torch.inference_mode()
def _weigh_few_words(model: Any, tokenizer: Any) -> None:
    """Lower the bias until a passage gives weight to about as many words as of a learned model."""
    (text,) = passages(1, words=160, seed=2)
    inputs = tokenizer(text, truncation=True, return_tensors="pt").to(model.device)
    highest = model(**inputs).logits[0].amax(dim=0)  # (vocabulary,)
    share = 1 - min(WEIGHED_WORDS / len(highest), 0.5)
    model.cls.predictions.bias -= highest.quantile(share)


def _word_pieces(texts: Sequence[str]) -> list[str]:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=8000, special_tokens=list(BERT_SPECIALS), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    vocabulary = tokenizer.get_vocab()
    return sorted(vocabulary, key=vocabulary.__getitem__)


def _byte_pairs(texts: Sequence[str]) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=8000,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens([AddedToken(word, single_word=True) for word in ("yes", "no")])
    tokenizer.add_special_tokens([AddedToken(one, special=True) for one in SPECIALS])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        chat_template=CHAT,
        **{"eos_token": SPECIALS[2], "pad_token": SPECIALS[0]},
    )


KINDS: dict[str, type[Any]] = {
    "encoder": BertModel,
    "sparse": BertForMaskedLM,
    "cross": BertForSequenceClassification,
}
