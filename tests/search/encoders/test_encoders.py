"""Every text encoder keeps the promises of the base class."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from search.encoders.base import TextEncoder, as_unit_rows
from search.encoders.hashing import HashingEncoder
from search.encoders.onnx_text import OnnxTextEncoder
from search.encoders.text import SentenceTransformerEncoder
from search.errors import ConfigurationError, ModelMissingError, SearchError

WORDS = ["heron", "lake", "reed", "frog", "owl", "night", "egg", "nest", "[SEP]", "sep", "[", "]"]
TEXTS = ["a heron", "", "owl " * 300, "heron lake reed", "\ud800 odd \x00", "[SEP] frog", "日本"]


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT with random weights, saved as sentence-transformers does."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny-bert")
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS[:-4], "sep", "[", "]"]
    (folder / "vocab.txt").write_text("\n".join(tokens))
    tokenizer = BertTokenizerFast(str(folder / "vocab.txt"))
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokens), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {
            "idx": 1,
            "name": "1",
            "path": "1_Pooling",
            "type": "sentence_transformers.models.Pooling",
        },
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    pooling = {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 32}))
    return folder


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def onnx(tiny_folder: Path, models_dir: Path) -> OnnxTextEncoder:
    return OnnxTextEncoder(str(tiny_folder), models_dir=models_dir)


@pytest.fixture(params=["hashing", "onnx", "torch"])
def encoder(
    request: pytest.FixtureRequest, onnx: OnnxTextEncoder, tiny_folder: Path
) -> TextEncoder:
    makers: dict[str, Callable[[], TextEncoder]] = {
        "hashing": lambda: HashingEncoder(dim=32),
        "onnx": lambda: onnx,
        "torch": lambda: SentenceTransformerEncoder(str(tiny_folder)),
    }
    return makers[request.param]()


def test_rows_are_unit_vectors_in_the_order_given(encoder: TextEncoder) -> None:
    rows = encoder.encode_documents(TEXTS)
    assert (rows.shape, rows.dtype) == ((len(TEXTS), encoder.dim), np.dtype("float32"))
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
    for text, row in zip(TEXTS, rows, strict=True):
        assert encoder.encode_documents([text])[0] == pytest.approx(row, abs=1e-5)


def test_an_encoder_halves_its_batch_when_memory_runs_out(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    encoder = SentenceTransformerEncoder(str(tiny_folder), batch_size=4)
    wanted, model, sizes = encoder.encode_documents(TEXTS), encoder._model, []
    forward = model.forward

    def scarce(features: dict[str, torch.Tensor], **options: object) -> object:
        sizes.append(len(features["input_ids"]))
        if sizes[-1] > 2:
            raise torch.OutOfMemoryError("scarce")
        return forward(features, **options)

    monkeypatch.setattr(model, "forward", scarce)
    assert encoder.encode_documents(TEXTS) == pytest.approx(wanted, abs=1e-5)
    assert sizes == [4, 2, 2, 2, 1]


def test_a_precision_is_part_of_the_space(tiny_folder: Path) -> None:
    exact, rough = (
        SentenceTransformerEncoder(str(tiny_folder), dtype=dtype)
        for dtype in ("float32", "bfloat16")
    )
    assert exact.fingerprint != rough.fingerprint
    cosines = (exact.encode_documents(TEXTS) * rough.encode_documents(TEXTS)).sum(axis=1)
    assert cosines == pytest.approx(1, abs=1e-2)
    with pytest.raises(ConfigurationError, match="'half'; write one of float32"):
        SentenceTransformerEncoder(str(tiny_folder), dtype="half")


def test_nothing_in_gives_nothing_out(encoder: TextEncoder) -> None:
    assert encoder.encode_queries([]).shape == (0, encoder.dim)


def test_text_beyond_the_window_is_cut(encoder: TextEncoder) -> None:
    long, longer = "owl " * (encoder.max_tokens + 5), "owl " * (encoder.max_tokens + 50)
    first, second = encoder.encode_documents([long, longer])
    assert first == pytest.approx(second, abs=1e-5)


def test_tokens_are_counted_without_a_limit(encoder: TextEncoder) -> None:
    assert encoder.count_tokens("") == 0
    assert encoder.count_tokens("owl " * 500) == 500


def test_onnx_gives_the_vectors_of_torch(onnx: OnnxTextEncoder, tiny_folder: Path) -> None:
    torch_rows = SentenceTransformerEncoder(str(tiny_folder)).encode_documents(TEXTS[:4])
    assert onnx.encode_documents(TEXTS[:4]) == pytest.approx(torch_rows, abs=1e-5)


def test_words_that_look_like_special_tokens_are_words(onnx: OnnxTextEncoder) -> None:
    assert onnx.count_tokens("[SEP]") == 3


def test_many_documents_on_many_threads_equal_one_by_one(
    tiny_folder: Path, models_dir: Path
) -> None:
    encoder = OnnxTextEncoder(str(tiny_folder), models_dir=models_dir, threads=3)
    texts = [" ".join(WORDS[: n % 7 + 1]) for n in range(50)]
    alone = np.vstack([encoder.encode_queries([text]) for text in texts])
    assert encoder.encode_documents(texts) == pytest.approx(alone, abs=1e-5)


def test_the_process_that_encodes_never_imports_torch(tiny_folder: Path, models_dir: Path) -> None:
    program = (
        "import sys; from pathlib import Path; "
        "from search.encoders.onnx_text import OnnxTextEncoder; "
        f"OnnxTextEncoder({str(tiny_folder)!r}, models_dir=Path({str(models_dir)!r}))"
        ".encode_queries(['owl']); print('torch' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_the_export_is_made_once(
    onnx: OnnxTextEncoder, tiny_folder: Path, models_dir: Path
) -> None:
    (made,) = models_dir.glob("*fp32/model.onnx")
    before = made.stat().st_mtime_ns
    again = OnnxTextEncoder(str(tiny_folder), models_dir=models_dir)
    assert again.fingerprint == onnx.fingerprint
    assert made.stat().st_mtime_ns == before
    assert not [path for path in models_dir.iterdir() if path.is_dir() and "tmp" in path.name]


def test_other_weights_are_another_space(tiny_folder: Path, tmp_path: Path) -> None:
    import shutil

    from search.encoders.sentence_folder import read_sentence_folder

    other = tmp_path / "other"
    shutil.copytree(tiny_folder, other)
    weights = other / "model.safetensors"
    changed = bytearray(weights.read_bytes())
    changed[-1] ^= 1
    weights.write_bytes(changed)
    assert read_sentence_folder(other).digest != read_sentence_folder(tiny_folder).digest


def test_a_missing_folder_is_named(models_dir: Path) -> None:
    with pytest.raises(ModelMissingError, match="'/nowhere/model'"):
        OnnxTextEncoder("/nowhere/model", models_dir=models_dir)
    with pytest.raises(ModelMissingError, match="MMSEARCH_OFFLINE"):
        OnnxTextEncoder("somebody/nothing-here", models_dir=models_dir, offline=True)
    state = OnnxTextEncoder.presence("/nowhere/model")
    assert not state.present
    assert state.remedy


def test_a_model_with_more_layers_is_refused_with_the_way_out(
    tiny_folder: Path, tmp_path: Path
) -> None:
    import shutil

    other = tmp_path / "dense"
    shutil.copytree(tiny_folder, other)
    modules = json.loads((other / "modules.json").read_text())
    modules.append({"idx": 2, "path": "2_Dense", "type": "sentence_transformers.models.Dense"})
    (other / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(ConfigurationError, match=r"Dense.*SentenceTransformerEncoder"):
        OnnxTextEncoder(str(other), models_dir=tmp_path)


def test_int8_is_near_and_is_a_space_of_its_own(
    onnx: OnnxTextEncoder, tiny_folder: Path, models_dir: Path
) -> None:
    small = OnnxTextEncoder(str(tiny_folder), models_dir=models_dir, precision="int8")
    assert small.fingerprint != onnx.fingerprint
    cosines = (small.encode_documents(TEXTS[:4]) * onnx.encode_documents(TEXTS[:4])).sum(axis=1)
    assert cosines.min() > 0.98
    with pytest.raises(ConfigurationError, match="'int4'"):
        OnnxTextEncoder(str(tiny_folder), models_dir=models_dir, precision="int4")


def test_a_row_without_direction_is_refused() -> None:
    with pytest.raises(SearchError, match="input 1"):
        as_unit_rows(np.array([[1.0, 0.0], [0.0, 0.0]]), dim=2)
    with pytest.raises(SearchError, match="shape"):
        as_unit_rows(np.zeros((1, 3)), dim=2)


def test_the_bundled_model_knows_that_birds_are_not_trains(own_data_dir: Path) -> None:
    from django.conf import settings

    encoder = OnnxTextEncoder("minilm", models_dir=settings.MMSEARCH["DATA_DIR"] / "models")
    heron, wader, train = encoder.encode_documents(
        ["A heron stands in the water.", "A wading bird by the lake.", "The train leaves at noon."]
    )
    assert (encoder.dim, encoder.max_tokens) == (384, 256)
    assert float(heron @ wader) > float(heron @ train) + 0.2
