"""Slices of which one view, or one medium, does not say enough."""

from collections import Counter
from itertools import chain

import pytest

from search.evaluation.synthworld import combined, motions
from search.evaluation.synthworld.texts import Question


@pytest.fixture(scope="module")
def made() -> tuple[dict[str, bytes], list[Question]]:
    several = list(combined.several(1, seed=3))
    files = {name: body for own, _ in several for name, body in own.items()}
    return files, list(chain.from_iterable(questions for _, questions in several))


def test_every_object_has_all_its_views_and_is_asked_for_with_another(made) -> None:
    files, questions = made
    for question in (q for q in questions if q.slice == "I4"):
        assert len(question.gold) == combined.VIEWS
        assert files[question.file] not in {files[f"docs/{name}"] for name in question.gold}


def test_each_part_of_the_answer_is_shared_by_other_films(made) -> None:
    files, questions = made
    words = Counter(body for name, body in files.items() if name.endswith(".vtt"))
    assert set(words.values()) == {combined.ALIKE}
    films = [body for name, body in files.items() if name.endswith(".mp4") and "docs" in name]
    assert len(set(films)) == len(films)  # the same bytes twice are one document
    for question in (q for q in questions if q.slice == "X1"):
        (name,) = question.gold
        assert name.startswith(question.file.removeprefix("asked/").removesuffix(".mp4"))
        assert question.text in files[f"docs/{name}".replace("mp4", "vtt")].decode()


def test_what_is_shown_is_shown_by_no_film_of_another_slice() -> None:
    taken = combined._asked_elsewhere(12, seed=2)
    found = combined._clips(6, taken=taken, seed=9)
    assert len({one.facts for one in found} - taken) == len(found) == 6
    assert motions.sample_clips(12, seed=2, side=combined.SIDE)[0].facts in taken
