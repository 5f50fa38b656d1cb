"""A recipe taken apart by one command."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from search import planning
from search.evaluation.parts import without_each
from tests.search.evaluation.folders import run, say, write

pytestmark = pytest.mark.django_db


def test_each_part_is_taken_out_and_stands_alone() -> None:
    recipe = planning.known_recipes()["all_parts"]
    found = without_each(recipe)
    assert list(found) == [
        "-lexical", "-dense", "-sparse", "-late", "-rerank", "lexical", "dense", "sparse", "late",
    ]  # fmt: skip
    assert [one.name for one in found["-dense"].retrievers] == ["bm25", "sparse", "multi"]
    assert found["-dense"].chain == recipe.chain
    assert found["-rerank"].retrievers == recipe.retrievers
    assert not found["-rerank"].chain
    assert [one.name for one in found["late"].retrievers] == ["multi"]
    assert len({one.digest for one in found.values()} | {recipe.digest}) == 10


def test_one_command_measures_every_part_on_and_off(tmp_path: Path, hashing: Any) -> None:
    body, _ = run("ablate", str(write(tmp_path)), "--parts", "hybrid")
    assert body["baseline"] == "hybrid"
    assert set(body["differences"]) == {"-lexical", "-dense", "lexical", "dense"}
    recipes = body["recipes"]
    assert recipes["-dense"]["ndcg@10"] == recipes["lexical"]["ndcg@10"]
    difference = body["differences"]["-lexical"]["ndcg@10"]
    assert {"mean", "low", "high", "p_holm", "verdict"} <= set(difference)


def test_without_a_name_all_parts_are_taken_apart(tmp_path: Path, hashing: Any) -> None:
    told = say("ablate", str(write(tmp_path)))
    for part in ("all_parts", "-lexical", "-dense", "-sparse", "-late", "-rerank", "late"):
        assert any(line.startswith(f"{part} ") for line in told.splitlines()), part


def test_a_recipe_of_one_part_cannot_be_taken_apart(tmp_path: Path, hashing: Any) -> None:
    with pytest.raises(CommandError, match="'bm25' has one part"):
        run("ablate", str(write(tmp_path)), "--parts", "bm25")


def test_recipes_of_an_experiment_are_known_inside_it_only(hashing: Any) -> None:
    from search.errors import QueryError
    from search.types import Query

    parts = without_each(planning.known_recipes()["hybrid"])
    with planning.with_recipes(parts):
        assert planning.plan(Query(text="x", recipe="-dense")).looks_by("bm25")
    with pytest.raises(QueryError, match="no recipe '-dense'"):
        planning.plan(Query(text="x", recipe="-dense"))
