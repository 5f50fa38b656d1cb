"""The generated world: its files, its questions, and what is said when a pattern breaks."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ingestion.management.commands import synthworld as command
from ingestion.synthworld import answered, statements
from ingestion.synthworld.asking import by_recipe
from ingestion.synthworld.library import ingested
from ingestion.synthworld.rows import Row
from ingestion.synthworld.table import by_slice
from search.errors import SearchError
from search.evaluation.synthworld import crowd, facts, printed
from search.evaluation.synthworld.world import (
    DOCUMENTS,
    World,
    make_world,
    read_questions,
    write_world,
)
from search.models import Corpus, Passage
from tests.search.library import with_hashing


def test_the_same_seed_makes_the_same_files_and_another_seed_others() -> None:
    one, again, other = (make_world(2, seed=seed) for seed in (3, 3, 4))
    assert one.files == again.files
    shown = [
        body
        for name, body in one.files.items()
        if name.startswith(DOCUMENTS) and not name.endswith(".vtt")  # subtitles are no documents
    ]
    assert len(set(shown)) == len(shown)  # the same bytes twice would be one document
    assert one.questions == again.questions
    assert one.files != other.files


def test_every_question_names_files_that_are_there(tmp_path: Path) -> None:
    write_world(tmp_path / "world", make_world(3, seed=0), seed=0, size="smoke")
    names = {path.name for path in (tmp_path / "world" / DOCUMENTS).iterdir()}
    questions = list(read_questions(tmp_path / "world"))
    words = {"T1", "T2", "T3", "T4", "Q1", "Q2", "C1", "P2"}
    looked = {"I0", "I1", "I2", "I3", "P1", "V2", "V4", "V5", "A1", "A2"}
    looked |= {"I4", "X1", "X2"}
    assert {question.slice for question in questions} == words | looked
    for question in questions:
        assert {*question.gold, *question.beside} <= names
        assert bool(question.gold) == (question.slice != "Q1")
        assert not question.file or (tmp_path / "world" / question.file).is_file()
    manifest = json.loads((tmp_path / "world" / "manifest.json").read_text())
    assert len(manifest["sha256"]) == len(names) + sum(1 for q in questions if q.file)


@pytest.mark.django_db(transaction=True)
def test_word_slices_show_their_pattern_and_nothing_stays(tmp_path: Path, settings) -> None:
    settings.MMSEARCH = with_hashing(MEDIA_SPACES=[])
    world = make_world(3, seed=0)
    wanted = {n: b for n, b in world.files.items() if n.startswith(("docs/part-", "docs/note-"))}
    world.files = wanted
    world.questions = [q for q in world.questions if q.slice in {"T1", "T2", "Q1"}]
    write_world(tmp_path / "world", world, seed=0, size="smoke")
    with ingested(tmp_path / "world") as corpus:
        find = by_recipe(corpus, tmp_path / "world", "bm25")
        asked = [q for q in read_questions(tmp_path / "world") if q.slice == "T1"]
        assert all(find(q, 1)[0].source.filename in q.gold for q in asked)
    assert not Corpus.objects.exists()
    assert not Passage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_statements_rows_and_parts_of_questions_show_their_pattern(
    tmp_path: Path, settings
) -> None:
    parts = {"query": {"transforms": ["decompose"]}, "budget": {"total_ms": 60_000}}
    settings.MMSEARCH = with_hashing(
        MEDIA_SPACES=[], RECIPES={"by_parts": {"extends": "bm25", **parts}}
    )
    world = World()
    for words, questions in facts.several(2, seed=0):
        for name, text in words.items():
            world.put(f"{DOCUMENTS}/{name}", text.encode())
        world.questions += questions
    files, questions = printed.tables(2, seed=0)
    world.files |= files
    world.questions += questions
    write_world(tmp_path / "world", world, seed=0, size="smoke")
    asked = by_slice(read_questions(tmp_path / "world"))
    with ingested(tmp_path / "world") as corpus:
        apart, whole = (
            by_recipe(corpus, tmp_path / "world", name) for name in ("by_parts", "bm25")
        )
        for question in asked["T3"]:
            gold = set(question.gold)
            assert gold <= {one.source.filename for one in apart(question, 10)}
            assert not gold <= {one.source.filename for one in whole(question, 10)}
        rows = list(statements.rows(asked, corpus, tmp_path / "world"))
        assert [(row.slice, row.value) for row in rows] == [
            *(("T4", 1.0), ("T4", 0.5)),
            *(("C1", 1.0), ("C1", 0.5)),
        ]
        asked["Q1"] = []
        answers = {
            (row.slice, row.system): row.value
            for row in answered.rows(asked, corpus, tmp_path / "world")
        }
    assert answers["Q2", "default"] >= 0.5
    assert answers["Q2", "its first source"] == 0.0
    assert answers["P2", "default, tables in .html"] >= 0.5


@pytest.mark.django_db(transaction=True)
def test_a_large_world_tells_how_long_each_kind_of_question_takes(
    tmp_path: Path, settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.MMSEARCH = with_hashing(MEDIA_SPACES=[])
    folder = str(tmp_path / "world")
    call_command("synthworld", "generate", folder, size="large", units=crowd.PER_FILE + 20)
    with pytest.raises(CommandError, match="size large, not smoke"):
        call_command("synthworld", "measure", folder, size="smoke")
    call_command("synthworld", "measure", folder, size="large", json=True)
    body = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert body["passages"] == crowd.PER_FILE + 20
    kinds = {one["kind"] for one in body["latency"]}
    assert kinds >= {"identifier", "fact", "meaning", "comparison", "unknown"}
    assert all(0 < one["p50_ms"] <= one["p95_ms"] for one in body["latency"])


def test_a_world_that_asks_nothing_of_a_slice_is_named() -> None:
    with pytest.raises(SearchError, match="nothing of T3"):
        by_slice([])["T3"]


def test_a_broken_pattern_is_named_and_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / DOCUMENTS).mkdir()
    good = Row("T1", "bm25", "success@1", 1.0, 1.0, 1.0, 12, least=0.95)
    bad = Row("V2", "mean of frames", "twins", 0.6, 0.5, 0.7, 12, least=0.5, most=0.5)
    monkeypatch.setattr(command, "ingested", lambda folder, done: _nothing())
    monkeypatch.setattr(command, "table", lambda folder, corpus: [good, bad])
    with pytest.raises(CommandError, match=r"V2 mean of frames 0\.600") as caught:
        call_command("synthworld", "measure", str(tmp_path))
    assert caught.value.returncode == 1
    shown = capsys.readouterr().out
    assert "BROKEN" in shown.splitlines()[2]
    assert "BROKEN" not in shown.splitlines()[1]


def test_a_folder_that_is_no_world_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="holds no world"):
        call_command("synthworld", "measure", str(tmp_path))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(CommandError, match="is not empty"):
        call_command("synthworld", "generate", str(tmp_path / "full"))


def _nothing():
    from contextlib import nullcontext

    return nullcontext(None)
