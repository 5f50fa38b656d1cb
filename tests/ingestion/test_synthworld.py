"""The generated world: its files, its questions, and what is said when a pattern breaks."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ingestion.management.commands import synthworld as command
from ingestion.synthworld.asking import by_recipe
from ingestion.synthworld.library import ingested
from ingestion.synthworld.rows import Row
from search.evaluation.synthworld.world import DOCUMENTS, make_world, read_questions, write_world
from search.models import Corpus, Passage
from tests.search.library import with_hashing


def test_the_same_seed_makes_the_same_files_and_another_seed_others() -> None:
    one, again, other = (make_world(2, seed=seed) for seed in (3, 3, 4))
    assert one.files == again.files
    assert one.questions == again.questions
    assert one.files != other.files


def test_every_question_names_files_that_are_there(tmp_path: Path) -> None:
    write_world(tmp_path / "world", make_world(3, seed=0), seed=0, size="smoke")
    names = {path.name for path in (tmp_path / "world" / DOCUMENTS).iterdir()}
    questions = list(read_questions(tmp_path / "world"))
    words = {"T1", "T2", "T3", "T4", "Q1", "Q2", "C1", "P2"}
    looked = {"I0", "I1", "I2", "I3", "P1", "V2", "V4", "V5", "A1", "A2"}
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
