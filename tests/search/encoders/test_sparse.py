"""Weights of words: learned by a masked language model, or counted; looked up for a question."""

import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from search.encoders.base import MOST_WEIGHTS, SparseEncoder
from search.encoders.sparse import MaskedLanguageSparse, WordPieceCounts, heaviest
from search.errors import ConfigurationError, ModelMissingError

VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "the",
    "heron",
    "owl",
    "lake",
    ",",
    "##s",
]
TEXTS = ["the heron, the lake", "owl", "", "\ud800", "owl " * 700]


@pytest.fixture(scope="session")
def masked_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A masked language model with random weights, as a checkpoint's folder holds it."""
    import torch
    from transformers import BertConfig, BertForMaskedLM, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny-splade")
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY))
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(VOCABULARY), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=64,
    )  # fmt: skip
    model = BertForMaskedLM(config)
    torch.nn.init.normal_(model.cls.predictions.bias, std=1.0)
    model.save_pretrained(folder)
    (folder / "idf.json").write_text(json.dumps({"the": 0.1, "heron": 4.5, "owl": 5.0}))
    return folder


@pytest.fixture
def masked(masked_folder: Path) -> MaskedLanguageSparse:
    return MaskedLanguageSparse(str(masked_folder), max_tokens=32)


@pytest.fixture(params=["counts", "masked"])
def encoder(request: pytest.FixtureRequest, masked: MaskedLanguageSparse) -> SparseEncoder:
    makers: dict[str, Callable[[], SparseEncoder]] = {
        "counts": WordPieceCounts,
        "masked": lambda: masked,
    }
    return makers[request.param]()


def test_weights_are_positive_and_their_ids_rise(encoder: SparseEncoder) -> None:
    for encode in (encoder.encode_documents, encoder.encode_queries):
        found = encode(TEXTS)
        assert len(found) == len(TEXTS)
        for entries in found:
            ids = entries[:, 0]
            assert (np.diff(ids) > 0).all()
            assert (entries[:, 1] > 0).all()
            assert ids.max(initial=0) < encoder.dim


def test_a_document_is_the_same_alone_and_beside_longer_ones(encoder: SparseEncoder) -> None:
    for text, entries in zip(TEXTS, encoder.encode_documents(TEXTS), strict=True):
        (alone,) = encoder.encode_documents([text])
        assert entries == pytest.approx(alone, abs=1e-5)


def test_the_weight_is_the_largest_logarithm_over_the_tokens(
    masked: MaskedLanguageSparse, masked_folder: Path
) -> None:
    import torch
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    inputs = AutoTokenizer.from_pretrained(masked_folder)("heron lake", return_tensors="pt")
    with torch.inference_mode():
        logits = AutoModelForMaskedLM.from_pretrained(masked_folder)(**inputs).logits[0]
    expected = {}
    for key, token in enumerate(VOCABULARY):
        weight = max(math.log1p(max(float(logit), 0.0)) for logit in logits[:, key])
        if weight > 0 and not token.startswith("["):
            expected[key] = weight
    (entries,) = masked.encode_documents(["heron lake"])
    assert dict(entries.tolist()) == pytest.approx(expected, abs=1e-5)


def test_a_precision_is_part_of_the_space(
    masked: MaskedLanguageSparse, masked_folder: Path
) -> None:
    rough = MaskedLanguageSparse(str(masked_folder), max_tokens=32, dtype="bfloat16")
    assert rough.fingerprint == f"{masked.fingerprint}:bfloat16"
    (exact,), (near,) = masked.encode_documents(["the owl"]), rough.encode_documents(["the owl"])
    found = dict(near.tolist())
    assert all(found.get(key, 0) == pytest.approx(w, abs=0.05) for key, w in exact.tolist())
    with pytest.raises(ConfigurationError, match="'half'; write one of float32"):
        MaskedLanguageSparse(str(masked_folder), dtype="half")


def test_a_sparse_encoder_halves_its_batch_when_memory_runs_out(
    masked_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    encoder = MaskedLanguageSparse(str(masked_folder), max_tokens=32, batch_size=4)
    wanted = encoder.encode_documents(TEXTS)
    forward, sizes = encoder._model.forward, []

    def scarce(*, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> object:
        sizes.append(len(input_ids))
        if sizes[-1] > 2:
            raise torch.OutOfMemoryError("scarce")
        return forward(input_ids=input_ids, attention_mask=attention_mask)

    monkeypatch.setattr(encoder._model, "forward", scarce)
    for entries, expected in zip(encoder.encode_documents(TEXTS), wanted, strict=True):
        assert entries == pytest.approx(expected, abs=1e-5)
    assert sizes == [4, 2, 2, 1]


def test_questions_are_looked_up_in_the_folders_table(masked: MaskedLanguageSparse) -> None:
    (entries,) = masked.encode_queries(["the heron the heron lake"])
    assert dict(entries.tolist()) == pytest.approx({5: 0.1, 6: 4.5})  # the lake has no weight


def test_asking_never_imports_torch(masked_folder: Path) -> None:
    program = (
        "import sys; from search.encoders.sparse import MaskedLanguageSparse; "
        f"MaskedLanguageSparse({str(masked_folder)!r}).encode_queries(['owl']); "
        "print('torch' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_only_the_heaviest_thousand_are_kept() -> None:
    import torch

    weights = torch.zeros(2, 5000)
    weights[0, 1000:4000] = torch.linspace(1, 2, 3000)
    weights[1] = 1
    rising, tied = heaviest(weights)
    assert rising[:, 0].tolist() == list(range(3000, 4000))
    assert rising[:, 1].tolist() == weights[0, 3000:4000].tolist()
    assert tied[:, 0].tolist() == list(range(MOST_WEIGHTS))  # ties: the lower ids


def test_a_long_text_of_many_words_keeps_a_thousand() -> None:
    counts = WordPieceCounts()
    words = list(counts._tokenizer.get_vocab())
    text = " ".join(word for word in words if word.isalpha() and len(word) > 3)
    (entries,) = counts.encode_documents([text])
    assert len(entries) == MOST_WEIGHTS


def test_rare_words_of_a_question_weigh_more_and_punctuation_nothing() -> None:
    counts = WordPieceCounts()
    (entries,) = counts.encode_queries(["the heron, the heron!"])
    (the, heron) = entries[:, 1] if entries[0, 0] < entries[1, 0] else entries[::-1, 1]
    assert len(entries) >= 2
    assert heron > 5 * the


def test_what_a_folder_lacks_is_named(masked_folder: Path, tmp_path: Path) -> None:
    import shutil

    other = tmp_path / "empty"
    shutil.copytree(masked_folder, other)
    (other / "idf.json").write_text("[1, 2")
    with pytest.raises(ConfigurationError, match=r"idf.json is not a JSON table"):
        MaskedLanguageSparse(str(other))
    (other / "model.safetensors").unlink()
    with pytest.raises(ModelMissingError, match=r"model.safetensors is missing"):
        MaskedLanguageSparse(str(other))
