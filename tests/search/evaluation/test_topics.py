"""Topics from history and votes: who may lend what, and what a vote means."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from search.evaluation.topics import gather
from search.forgetting import forget_searches
from search.models import Answer, Corpus, Feedback, Judged, Search, Topic
from tests.people import viewer
from tests.search.evaluation.folders import evaluate, run, say
from tests.search.library import add


@pytest.fixture
def passages(corpus: Corpus) -> list[int]:
    return add(corpus, "The heron eats frogs.", "Swifts sleep on the wing.", "Owls hoot.")


def asked(person: User, text: str, *corpora: Corpus) -> Search:
    return Search.objects.create(
        user=person, text=text, recipe="default", corpora=[corpus.pk for corpus in corpora]
    )


def voted(search: Search, passage: int, value: int) -> None:
    assert search.user is not None
    Feedback.objects.create(user=search.user, search=search, passage_id=passage, value=value)


def test_a_vote_for_a_passage_is_relevant_and_one_against_it_judged_not_to_be(
    corpus: Corpus, passages: list[int], ada: User
) -> None:
    search = asked(ada, "what do herons eat?", corpus)
    voted(search, passages[0], 1)
    voted(search, passages[1], -1)
    (topic,) = gather([corpus]).topics
    assert topic.text == "what do herons eat?"
    assert topic.gains == {passages[0]: 1.0, passages[1]: 0.0}


def test_one_question_by_several_people_is_one_topic_and_a_draw_judges_nothing(
    corpus: Corpus, passages: list[int], ada: User, bob: User, carol: User
) -> None:
    for person, text, values in (
        (ada, "What do herons eat?", (1, 1)),
        (bob, "what  do HERONS eat", (1, -1)),
        (carol, "what do herons eat?", (-1, 1)),
    ):
        search = asked(person, text, corpus)
        voted(search, passages[0], values[0])
        if person != carol:
            voted(search, passages[1], values[1])
    (topic,) = gather([corpus]).topics
    assert topic.gains == {passages[0]: 1.0}
    assert topic.votes == {passages[0]: 3}


def test_a_question_that_looked_elsewhere_too_is_left_out_and_counted(
    corpus: Corpus, other_corpus: Corpus, passages: list[int], ada: User
) -> None:
    voted(asked(ada, "what do herons eat?", corpus, other_corpus), passages[0], 1)
    assert gather([corpus]).topics == ()
    assert gather([corpus]).elsewhere == 1
    assert gather([corpus, other_corpus]).elsewhere == 0
    with pytest.raises(CommandError, match="1 votes were left out") as caught:
        call_command("make_topics", "--corpus", corpus.slug, "--save", "birds")
    assert caught.value.returncode == 1


def test_only_documents_of_the_corpora_named_are_written(
    corpus: Corpus, other_corpus: Corpus, passages: list[int], ada: User, tmp_path: Path
) -> None:
    add(other_corpus, "The secret of the lamp.")
    voted(asked(ada, "what do herons eat?", corpus), passages[0], 1)
    run("make_topics", "--corpus", corpus.slug, "--output", str(tmp_path / "topics"))
    assert "lamp" not in (tmp_path / "topics" / "corpus.jsonl").read_text()
    assert (tmp_path / "topics").stat().st_mode & 0o077 == 0


def test_the_folder_can_be_measured(
    corpus: Corpus, passages: list[int], ada: User, tmp_path: Path
) -> None:
    search = asked(ada, "what do herons eat?", corpus)
    voted(search, passages[0], 1)
    voted(search, passages[1], -1)
    folder = tmp_path / "topics"
    said, _ = run("make_topics", "--corpus", corpus.slug, "--output", str(folder))
    assert said == {"topics": 1, "relevant": 1, "not_relevant": 1, "asked_elsewhere": 0,
                    "gone": 0, "passages": 3}  # fmt: skip
    body, _ = evaluate(folder, "--recipe", "bm25")
    assert body["recipes"]["bm25"]["ndcg@10"] == 1
    with pytest.raises(CommandError, match="not empty"):
        call_command("make_topics", "--corpus", corpus.slug, "--output", str(folder))


def test_topics_are_kept_under_a_name_and_replaced(
    corpus: Corpus, passages: list[int], ada: User
) -> None:
    search = asked(ada, "what do herons eat?", corpus)
    voted(search, passages[0], 1)
    arguments = ("make_topics", "--corpus", corpus.slug, "--save", "birds")
    assert "1 topics with 1 relevant passages" in say(*arguments)
    voted(search, passages[1], -1)
    say(*arguments)
    (topic,) = Topic.objects.named("birds")
    assert topic.corpora == [corpus.pk]
    assert {(j.passage_id, j.gain) for j in Judged.objects.filter(topic=topic)} == {
        (passages[0], 1.0), (passages[1], 0.0)
    }  # fmt: skip


def test_a_forgotten_question_is_no_topic_any_more(
    corpus: Corpus, passages: list[int], ada: User
) -> None:
    voted(asked(ada, "what do herons eat?", corpus), passages[0], 1)
    say("make_topics", "--corpus", corpus.slug, "--save", "birds")
    forget_searches(viewer(ada))
    assert not Topic.objects.exists()
    assert not Judged.objects.exists()


def test_helpful_answers_judge_what_they_cite_only_if_asked_for(
    corpus: Corpus, passages: list[int], ada: User
) -> None:
    body = {"citations": [{"passage": str(passages[0])}, {"passage": ""}]}
    for text, value in (("what do herons eat?", 1), ("do owls hoot?", -1)):
        answer = Answer.objects.create(search=asked(ada, text, corpus), user=ada, body=body)
        Feedback.objects.create(user=ada, answer=answer, value=value)
    assert gather([corpus]).topics == ()
    (topic,) = gather([corpus], with_answers=True).topics
    assert (topic.text, topic.gains) == ("what do herons eat?", {passages[0]: 1.0})


def test_a_passage_that_is_gone_judges_nothing(
    corpus: Corpus, passages: list[int], ada: User
) -> None:
    search = asked(ada, "what do herons eat?", corpus)
    voted(search, passages[0], 1)
    voted(search, 12345, 1)
    found = gather([corpus])
    assert found.topics[0].gains == {passages[0]: 1.0}
    assert found.gone == 1


@pytest.mark.parametrize(
    "arguments",
    [["--corpus", "birds"], ["--corpus", "none", "--save", "x"],
     ["--corpus", "birds", "--save", "x", "--days", "0"]],
)  # fmt: skip
def test_wrong_usage_of_make_topics(corpus: Corpus, arguments: list[Any]) -> None:
    with pytest.raises(CommandError) as caught:
        call_command("make_topics", *arguments)
    assert caught.value.returncode == 2


def test_topics_speak_json_lines_of_any_script(
    corpus: Corpus, passages: list[int], ada: User, tmp_path: Path
) -> None:
    voted(asked(ada, "鹭吃什么?", corpus), passages[0], 1)
    say("make_topics", "--corpus", corpus.slug, "--output", str(tmp_path / "t"), "--days", "1")
    (row,) = (tmp_path / "t" / "queries.jsonl").read_text().splitlines()
    assert json.loads(row)["text"] == "鹭吃什么?"
