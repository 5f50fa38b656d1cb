"""What the generated documents of words, tables and twins promise."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from search.evaluation.synthworld import bound, crowd, facts, names, printed, scenes
from search.transforms.decompose import sub_questions
from tests.ingestion.parsers.papers import parsed


def _made(slice_: str, count: int = 8):
    made = {
        questions[0].slice: (files, questions) for files, questions in facts.several(count, seed=2)
    }
    return made[slice_]


def test_no_two_numbers_have_the_same_name():
    several = [names.name(number) for number in range(2 * names.MOST)]
    assert len(set(several)) == len(several)
    with pytest.raises(ValueError, match="has 256"):
        names.own_names(0, names.SHARE + 1)


def test_a_comparison_is_taken_apart_and_each_part_names_one_of_its_documents():
    files, questions = _made("T3")
    for question in questions:
        parts = sub_questions(question.text)
        assert len(parts) == 2
        for part, gold in zip(parts, question.gold, strict=True):
            place = next(word for word in part.split() if word[0].isupper())
            assert place in files[gold]
            assert all(place in files[other] for other in question.beside)


@pytest.mark.parametrize("slice_", ["T4", "C1"])
def test_what_is_worded_alike_is_as_often_false_as_true(slice_):
    files, questions = _made(slice_)
    alike = []
    for question in questions:
        own = files[question.gold[0]].strip()
        if slice_ == "T4":
            assert question.denied not in own
            alike.append(len(question.text) > len(question.denied))
        else:
            trap = files[question.beside[0]].strip()
            assert question.text != trap
            alike.append(len(own) < len(trap))
    assert np.mean(alike) == 0.5


def test_sources_that_disagree_have_dates_and_figures_of_their_own():
    files, questions = _made("Q2")
    for question in questions:
        told = " ".join(files[name] for name in question.gold)
        assert all(one in told for one in question.says)
        assert len(set(question.says)) == 4


def test_twins_have_the_same_words_and_the_same_colours():
    for slice_, twin_of in (("I1", scenes.swapped_colours), ("I2", scenes.swapped_places)):
        for one in scenes.sample_scenes(8, seed=4, side=96, things=2):
            twin = twin_of(one)
            words, others = (
                sorted(caption.replace(",", "").split()) for caption in (one.caption, twin.caption)
            )
            assert words == others, slice_
            shown = bound.colours_shown(one.pixels, one.caption)
            assert shown == bound.colours_shown(twin.pixels, one.caption) == 2.0
            other = next(word for word in ("red", "green", "blue") if word not in one.caption)
            assert bound.colours_shown(one.pixels, other) < 0.5


def test_a_row_that_answers_is_read_from_the_printed_page_as_one_block(tmp_path: Path):
    files, questions = printed.tables(2, seed=1)
    for question in questions:
        name = question.gold[0]
        blocks = parsed(files[f"docs/{name}"], name, tmp_path).blocks
        rows = [block.text for block in blocks if question.says[0] in block.text]
        assert len(rows) == 1
        assert question.says[1] in rows[0]


def test_a_large_world_is_made_file_by_file_and_the_same_each_time():
    first = list(islice(crowd.files(10**12, seed=0), 2))
    again = list(islice(crowd.files(10**12, seed=0), 2))
    assert first == again
    assert [name.rpartition(".")[2] for name, _ in first] == ["md", "bib"]
    assert first[0][1].count(b"## ") == crowd.PER_FILE
    assert crowd.questions(500, each=2, seed=0) == crowd.questions(500, each=2, seed=0)
