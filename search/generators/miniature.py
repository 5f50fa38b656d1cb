"""A causal language model small enough for a test: random weights, bytes as tokens."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CHAT = (
    "{% for turn in messages %}<|im_start|>{{ turn['role'] }}\n{{ turn['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@contextmanager
def saved_llama(*, seed: int = 0, layers: int = 2, width: int = 32) -> Iterator[Path]:
    """A folder with a random Llama and its tokenizer, as a hub model has them; removed after."""
    with tempfile.TemporaryDirectory(prefix="tiny-llama-") as name:
        folder = Path(name)
        tokenizer = byte_tokenizer()
        tokenizer.save_pretrained(folder)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            config = LlamaConfig(
                vocab_size=len(tokenizer),
                hidden_size=width,
                intermediate_size=2 * width,
                num_hidden_layers=layers,
                num_attention_heads=4,
                num_key_value_heads=2,
                max_position_embeddings=65_536,
                eos_token_id=tokenizer.convert_tokens_to_ids("<|im_end|>"),
                initializer_range=0.2,
            )
            LlamaForCausalLM(config).save_pretrained(folder)
        yield folder


def byte_tokenizer() -> PreTrainedTokenizerFast:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: place for place, letter in enumerate(letters)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens([AddedToken("yes"), AddedToken("no")])
    tokenizer.add_special_tokens([AddedToken(one, special=True) for one in SPECIALS])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        chat_template=CHAT,
        **{"eos_token": SPECIALS[2], "pad_token": SPECIALS[0]},
    )
