"""A recipe that loads can be walked; one that cannot work says why, before anybody asks."""

from typing import Any

import pytest

from search.errors import ConfigurationError
from search.recipes import PRESETS, Known, read_folder, resolve
from search.types import Reranking, Retriever

KNOWN = Known(frozenset({"minilm", "tokens"}), frozenset({"maxsim", "rankgpt"}))
WORDS = {"retrieve": {"stages": [{"name": "bm25", "k": 50}]}}


def read(**entries: Any):
    return resolve(entries, KNOWN)


def test_every_preset_loads_and_says_what_it_is():
    presets = read_folder(PRESETS)
    found = resolve(presets, Known(), presets=presets)
    offered = [recipe for recipe in found.values() if not recipe.is_hidden]
    assert {"bm25", "dense", "hybrid", "default"} <= {recipe.name for recipe in offered}
    assert all(recipe.title and recipe.retrievers for recipe in offered)


def test_a_recipe_takes_what_it_does_not_say_from_the_one_it_extends():
    base = {
        "retrieve": {"stages": ["bm25", {"name": "dense", "k": 20}]},
        "fuse": {"method": "rrf"},
        "budget": {"total_ms": 900},
    }
    mine = {"extends": "base", "fuse": {"weights": {"dense": 2}}}
    recipe = read(base=base, mine=mine)["mine"]
    assert recipe.retrievers == (Retriever("bm25", 100), Retriever("dense", 20))
    assert (recipe.fusion, recipe.weights, recipe.total_ms) == ("rrf", {"dense": 2.0}, 900)
    assert recipe.retriever_weights == {"bm25": 1.0, "dense": 2.0}


def test_a_chain_names_rerankers_with_falling_depths():
    chain = {"chain": [{"name": "maxsim", "depth": 50}, {"name": "rankgpt", "depth": 20}]}
    recipe = read(mine={**WORDS, "rerank": chain})["mine"]
    assert recipe.chain == (Reranking("maxsim", 50), Reranking("rankgpt", 20))
    assert recipe.stages == (
        *("bm25", "rerank 50 by maxsim", "rerank 20 by rankgpt"),
        "refine by dedupe",
    )


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({**WORDS, "retreive": {}}, "'retreive'.*\\[retrieve\\]"),
        ({"retrieve": {"stages": ["bm26"]}}, "'bm26' as retriever; known: bm25"),
        ({"retrieve": {"stages": ["bm25", "bm25"]}}, "'bm25' twice"),
        ({"retrieve": {"stages": [{"name": "bm25", "depth": 3}]}}, "'depth' in a stage"),
        ({"retrieve": {"stages": [{"name": "bm25", "k": 0}]}}, "0 as k; .* from 1 to 1000"),
        ({"retrieve": {"stages": [{"name": "bm25", "k": True}]}}, "True as k"),
        ({"retrieve": {"stages": [{"name": "multi", "space": "colbert"}]}}, "encoder 'colbert'"),
        ({"retrieve": {"stages": "bm25"}}, "'bm25' as stages; write a list"),
        ({}, "names no retriever"),
        ({**WORDS, "fuse": {"method": "magic"}}, "'magic' as fusion; known: zscore"),
        ({**WORDS, "fuse": {"weights": {"dense": 1}}}, "weighs 'dense', which is none"),
        ({**WORDS, "fuse": {"weights": {"bm25": -1}}}, "'bm25' with -1"),
        ({**WORDS, "rerank": {"chain": ["rankgtp"]}}, "reranker 'rankgtp', which is not"),
        (
            {**WORDS, "rerank": {"chain": [{"name": "maxsim", "depth": 5}, "rankgpt"]}},
            r"depths \[5, 50\] .* must fall",
        ),
        ({**WORDS, "query": {"transforms": ["guess"]}}, "'guess' as transforms"),
        ({**WORDS, "budget": {"total_ms": "1 s"}}, "'1 s' as total_ms"),
        ({**WORDS, "extends": "nowhere"}, "extends 'nowhere', which there is not"),
        ({**WORDS, "extends": "mine"}, "in a circle: mine → mine"),
    ],
)
def test_a_recipe_that_cannot_work_is_refused_with_its_fault(entry: dict[str, Any], says: str):
    with pytest.raises(ConfigurationError, match=says):
        read(mine=entry)


def test_a_preset_may_name_what_is_not_configured_here():
    chained = {**WORDS, "rerank": {"chain": ["elsewhere"]}}
    found = resolve({"preset": chained}, Known(), presets={"preset"})
    assert found["preset"].chain == (Reranking("elsewhere", 50),)


def test_the_digest_changes_with_what_may_change_a_ranking_and_with_nothing_else():
    plain = read(mine=WORDS)["mine"]
    renamed = read(other={**WORDS, "title": "Words", "source": "Somebody, 1999"})["other"]
    deeper = read(mine={"retrieve": {"stages": [{"name": "bm25", "k": 51}]}})["mine"]
    assert plain.digest == renamed.digest != deeper.digest


def test_files_of_a_folder_are_recipes_by_their_names(tmp_path):
    (tmp_path / "mine.toml").write_text('[retrieve]\nstages = ["bm25"]\n')
    assert resolve(read_folder(tmp_path), KNOWN)["mine"].retrievers == (Retriever("bm25"),)


@pytest.mark.parametrize(
    ("text", "says"), [("stages = [", "mine.toml"), ('name = "other"', "names itself 'other'")]
)
def test_a_file_that_is_no_recipe_is_named(tmp_path, text: str, says: str):
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=says):
        read_folder(tmp_path)
