"""Whether a recipe's models may be used here, can do what is asked of them, and fit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from safetensors.numpy import save_file

from search import planning, registry
from search.errors import ConfigurationError
from search.generators.checkpoints import weights_bytes
from search.generators.licences import declared_licence, forbids_commerce
from search.generators.miniature import saved_llama
from tests.search.library import HASHING, SPACES, with_hashing

STUB = "search.generators.stub.StubLanguageModel"
CROSS = "search.rerankers.cross_encoder.CrossEncoder"


def folder_with(tmp_path: Path, *, card: str = "", config: dict[str, Any] | None = None) -> Path:
    """A checkpoint of one matrix of ten by ten."""
    save_file({"weight": np.zeros((10, 10), np.float32)}, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps(config or {}))
    (tmp_path / "README.md").write_text(card)
    return tmp_path


def crossing(folder: Path, **more: Any) -> dict[str, Any]:
    entry = {"BACKEND": CROSS, "OPTIONS": {"checkpoint": str(folder)}}
    return with_hashing(RERANKERS={"cross_encoder": entry}, **more)


def state_of(name: str) -> planning.RecipeState:
    return next(state for state in planning.recipes() if state.name == name)


@pytest.mark.parametrize(
    ("card", "config", "licence", "is_refused"),
    [
        ("---\nlanguage: en\nlicense: cc-by-nc-sa-4.0\n---\n# It", {}, "cc-by-nc-sa-4.0", True),
        ("---\nlicense: 'apache-2.0'\n---\n", {}, "apache-2.0", False),
        ("---\nlicense: other\nlicense_name: own-non-commercial\n---", {}, "own-non-comm", True),
        ("# license: cc-by-nc-4.0 in words only", {}, "", False),
        ("", {"license": "CC-BY-NC-4.0"}, "cc-by-nc-4.0", True),
        ("---\nlicense: ncsa\n---\n", {}, "ncsa", False),
    ],
)
def test_the_card_says_what_weights_may_be_used_for(
    tmp_path: Path, card: str, config: dict[str, Any], licence: str, is_refused: bool
) -> None:
    found = declared_licence(folder_with(tmp_path, card=card, config=config))
    assert licence in found
    assert bool(found) == bool(licence)
    assert forbids_commerce(found) is is_refused


def test_weights_that_may_not_be_sold_are_refused_unless_they_are_allowed(
    tmp_path: Path, settings: Any
) -> None:
    folder = folder_with(tmp_path, card="---\nlicense: cc-by-nc-4.0\n---\n")
    settings.MMSEARCH = crossing(folder)
    state = state_of("cross_encoder")
    assert not state.available
    assert str(folder) in state.why_not
    assert "'cc-by-nc-4.0'" in state.why_not
    assert "MMSEARCH_ALLOW_NONCOMMERCIAL=1" in state.why_not
    with pytest.raises(ConfigurationError, match="allows no commercial use"):
        registry.reranker("cross_encoder")
    settings.MMSEARCH = crossing(folder, ALLOW_NONCOMMERCIAL=True)
    assert state_of("cross_encoder").available


def with_model(*abilities: str, **recipes: Any) -> dict[str, Any]:
    given = with_hashing()
    model = {"BACKEND": STUB, "OPTIONS": {"abilities": abilities}}
    return given | {"GENERATORS": {**given["GENERATORS"], "llm": model}, "RECIPES": recipes}


@pytest.mark.parametrize(
    ("reranker", "ability", "words"),
    [
        ("rankgpt", "generate", "write"),
        ("prorank", "next_token_logits", "tell the probabilities of the next token"),
        ("first", "next_token_logits", "tell the probabilities of the next token"),
        ("icr", "query_attention", "show its attention"),
        ("e2rank", "embed", "embed a text"),
    ],
)
def test_a_recipe_whose_model_lacks_an_ability_is_refused_as_it_loads(
    reranker: str, ability: str, words: str, settings: Any
) -> None:
    abilities = {"generate", "next_token_logits", "query_attention", "embed"}
    mine = {"extends": "bm25", "rerank": {"chain": [reranker]}}
    settings.MMSEARCH = with_model(*(abilities - {ability}), mine=mine)
    with pytest.raises(ConfigurationError, match=f"'mine' cannot work: .*{words}; 'llm' cannot"):
        planning.known_recipes()
    settings.MMSEARCH = with_model(*(abilities - {ability}))
    assert words in state_of(reranker).why_not
    settings.MMSEARCH = with_model(*abilities, mine=mine)
    assert state_of("mine").available


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (
            {"name": "dense", "space": "words"},
            "dense looks in a dense space.*'words' makes a multi",
        ),
        ({"name": "sparse", "space": "hashing"}, "sparse looks in a sparse space.*a dense one"),
        ({"name": "multi", "space": "folded"}, "multi looks in a multi space.*makes a fde one"),
        ({"name": "multi", "space": "words"}, "no encoder folds the vectors of 'words'"),
    ],
)
def test_a_stage_that_looks_in_a_space_of_another_kind_is_refused(
    stage: Any, said: str, settings: Any
) -> None:
    encoders = {"hashing": HASHING} | SPACES
    if "folds" in said:
        encoders.pop("folded")
    settings.MMSEARCH = with_hashing(
        ENCODERS=encoders, RECIPES={"mine": {"retrieve": {"stages": [stage]}}}
    )
    with pytest.raises(ConfigurationError, match=said):
        planning.known_recipes()


def test_the_weights_of_a_recipe_are_counted_once_each(
    tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_with(tmp_path)
    assert weights_bytes(folder) == 400
    assert weights_bytes(folder, "float16") == 200
    settings.MMSEARCH = crossing(
        folder, RECIPES={"mine": {"extends": "bm25", "rerank": {"chain": ["cross_encoder"]}}}
    )
    assert state_of("mine").memory_bytes == 400
    assert state_of("bm25").memory_bytes == 0
    with saved_llama() as llama:
        entry = {"BACKEND": CROSS, "OPTIONS": {"checkpoint": str(llama)}}
        settings.MMSEARCH = with_hashing(RERANKERS={"one": entry, "two": entry}) | {
            "RECIPES": {"mine": {"extends": "bm25", "rerank": {"chain": ["one", "two"]}}}
        }
        assert state_of("mine").memory_bytes == weights_bytes(Path(llama))


def test_the_command_says_what_the_weights_take(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    minilm = {
        "BACKEND": "search.encoders.onnx_text.OnnxTextEncoder",
        "OPTIONS": {"checkpoint": "minilm"},
    }
    settings.MMSEARCH = with_hashing(ENCODERS={"minilm": minilm}, TEXT_ENCODER="minilm")
    call_command("recipes")
    said = capsys.readouterr().out
    dense = said.split("\ndense ")[1].split("\n")[2]
    assert dense.strip() == "weights of 91 MB"
    for name in planning.known_recipes():
        assert f"\n{name} " in f"\n{said}"
