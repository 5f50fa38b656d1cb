"""Weights of a fusion fitted on judgments, and the recipes that come of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError

from search import planning
from search.evaluation import fitted
from search.evaluation.runner import kept
from search.models import Corpus, EvaluationRun, Judged, Topic
from tests.search.evaluation.folders import evaluate, run, say, write
from tests.search.library import add

pytestmark = pytest.mark.django_db
TOPICS = 40


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Forty questions that words answer, among vectors that know nothing of them."""
    documents = [{"_id": f"d{n}", "title": "", "text": f"word{n} and word{n}"} for n in range(60)]
    queries = [{"_id": f"q{n}", "text": f"word{n}"} for n in range(TOPICS)]
    for name, rows in (("corpus", documents), ("queries", queries)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    lines = ["query-id\tcorpus-id\tscore", *(f"q{n}\td{n}\t1" for n in range(TOPICS))]
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_each_question_is_ranked_by_weights_of_the_others(
    many: Path, hashing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted_on: list[set[str]] = []
    ranked: list[str] = []
    fit = fitted.fit_linear

    def noting(runs: Any, gains: Any) -> Any:
        fitted_on.append(set(runs))
        return fit(runs, gains)

    def ranking(pairs: Any, line: Any) -> Any:
        if fitted_on:
            assert line.key not in fitted_on[-1]
            ranked.append(line.key)
        return kept(pairs, line)

    monkeypatch.setattr(fitted, "fit_linear", noting)
    monkeypatch.setattr(fitted, "kept", ranking)
    body, said = evaluate(many, "--recipe", "hybrid", "--recipe", "hybrid+fitted")
    assert sorted(ranked) == sorted(f"q{n}" for n in range(TOPICS))
    assert len(fitted_on) == fitted.FOLDS
    figures = body["recipes"]
    assert figures["hybrid+fitted"]["ndcg@10"] >= figures["hybrid"]["ndcg@10"]
    assert "weigh alike" not in said


def test_with_few_judged_questions_all_weigh_alike_and_it_is_said(
    tmp_path: Path, hashing: Any
) -> None:
    body, said = evaluate(write(tmp_path), "--recipe", "hybrid", "--recipe", "hybrid+fitted")
    assert "hybrid+fitted: There are 3 judged questions" in said
    both = body["recipes"]
    assert both["hybrid"]["ndcg@10"] == pytest.approx(both["hybrid+fitted"]["ndcg@10"])


def test_a_recipe_of_one_retriever_cannot_be_fitted(tmp_path: Path, hashing: Any) -> None:
    with pytest.raises(CommandError, match=r"bm25\+fitted has nothing to fit"):
        evaluate(write(tmp_path), "--recipe", "bm25+fitted")


def judged_library(corpus: Corpus, count: int) -> None:
    for n in range(count):
        (key,) = add(corpus, f"word{n} and word{n}")
        topic = Topic.objects.create(
            collection="votes", text=f"word{n}", text_hash=str(n), corpora=[corpus.pk]
        )
        Judged.objects.create(topic=topic, passage_id=key, gain=1)


def test_weights_fitted_on_votes_become_a_recipe_that_can_be_named(
    corpus: Corpus, tmp_path: Path, settings: Any
) -> None:
    settings.MMSEARCH = django_settings.MMSEARCH | {"DATA_DIR": tmp_path}
    judged_library(corpus, 32)
    assert "left-out questions" in say("fit_fusion", "votes", "--name", "ours")
    planning.known_recipes.cache_clear()
    recipe = planning.known_recipes()["ours"]
    assert recipe.fusion == "linear"
    assert set(recipe.weights) == {"bm25", "dense"}
    assert "32 judged questions" in recipe.title


def test_too_few_votes_and_odd_names_are_refused(
    corpus: Corpus, tmp_path: Path, settings: Any
) -> None:
    settings.MMSEARCH = django_settings.MMSEARCH | {"DATA_DIR": tmp_path}
    judged_library(corpus, 2)
    with pytest.raises(CommandError, match="2 judged queries"):
        say("fit_fusion", "votes")
    with pytest.raises(CommandError, match=r"--name is '\.\./x'"):
        say("fit_fusion", "votes", "--name", "../x")
    assert not (tmp_path / "recipes").exists()


def test_several_collections_make_one_table_with_means_and_published_figures(
    tmp_path: Path, hashing: Any
) -> None:
    (tmp_path / "scifact").mkdir()
    (tmp_path / "birds").mkdir()
    folders = [str(write(tmp_path / name)) for name in ("scifact", "birds")]
    recipes = ["--recipe", "bm25", "--recipe", "hybrid"]
    body, _ = run("evaluate", *folders, *recipes)
    assert set(body["collections"]) == {"scifact", "birds"}
    each = [
        body["collections"][name]["recipes"]["hybrid"]["ndcg@10"] for name in ("scifact", "birds")
    ]
    assert body["means"]["hybrid"]["ndcg@10"] == pytest.approx(sum(each) / 2)
    assert body["published"]["scifact"]["BM25"][0] == 0.679
    told = say("evaluate", *folders, *recipes).splitlines()
    assert told[0].startswith("| recipe | scifact nDCG@10")
    assert [line.split("|")[1].strip() for line in told[2:4]] == ["bm25", "hybrid"]
    assert any(line.startswith("| *published:* BM25 | 0.679") for line in told)


def test_files_for_one_collection_are_refused_for_several(tmp_path: Path, hashing: Any) -> None:
    folders = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        folders.append(str(write(tmp_path / name)))
    with pytest.raises(CommandError, match="--run-file is about one collection"):
        run("evaluate", *folders, "--run-file", str(tmp_path / "x"))


def test_a_fitted_run_is_kept_as_one(tmp_path: Path, hashing: Any) -> None:
    body, _ = evaluate(write(tmp_path), "--recipe", "hybrid+fitted", "--save")
    run = EvaluationRun.objects.get(pk=body["runs"]["hybrid+fitted"])
    assert run.configuration["fitted"] is True
