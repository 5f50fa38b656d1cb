"""Questions with judgments from history and votes: what people said becomes what is measured.

A vote on a passage judges it; several voters are counted together, and a draw judges nothing.
Asked for so, a helpful answer also judges the passages it cites. Only what was asked in the corpora
named, and nowhere else, is used: a question may give away what another corpus holds.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from search.errors import SearchError
from search.evaluation.trec import qrels_lines
from search.language import fold
from search.models import Corpus, Feedback, Judged, Passage, Search, Topic


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the gain of each judged passage."""

    search_id: int  # the first that asked it
    text: str
    corpora: tuple[int, ...]
    gains: Mapping[int, float]  # passage id -> 1 relevant, 0 judged not to be
    votes: Mapping[int, int]  # passage id -> how many votes


@dataclass(frozen=True, slots=True)
class Gathered:
    """Topics, and what could not become one."""

    topics: tuple[Asked, ...]
    elsewhere: int  # votes on questions that also looked into other corpora
    gone: int  # judged passages that no longer exist


def gather(
    corpora: Sequence[Corpus], *, since: datetime | None = None, with_answers: bool = False
) -> Gathered:
    """The judged questions of these corpora, oldest first."""
    named = {corpus.pk for corpus in corpora}
    votes = list(_votes(named, since=since, with_answers=with_answers))
    inside = [vote for vote in votes if set(vote.search.corpora) <= named]
    judged = {key for vote in inside for key in vote.passages}
    rows = Passage.objects.filter(pk__in=judged, corpus__in=named)
    there = set(rows.values_list("pk", flat=True))
    asked: dict[str, list[_Vote]] = {}
    for vote in inside:
        asked.setdefault(_hash(vote.search.text), []).append(vote)
    topics = (_topic(same, there) for same in asked.values())
    return Gathered(
        topics=tuple(topic for topic in topics if topic.gains),
        elsewhere=len(votes) - len(inside),
        gone=len(judged - there),
    )


def save_topics(name: str, topics: Sequence[Asked]) -> int:
    """Keep the topics under a name, in place of those it had; gives how many judgments."""
    with transaction.atomic():
        Topic.objects.named(name).delete()
        rows = [
            Topic(
                collection=name,
                text=topic.text,
                text_hash=_hash(topic.text),
                corpora=list(topic.corpora),
                search_id=topic.search_id,
            )
            for topic in topics
        ]
        Topic.objects.bulk_create(rows)
        judged = [
            Judged(topic=row, passage_id=key, gain=gain, votes=topic.votes[key])
            for row, topic in zip(rows, topics, strict=True)
            for key, gain in topic.gains.items()
        ]
        return len(Judged.objects.bulk_create(judged))


def write_topics(folder: Path, corpora: Sequence[Corpus], topics: Sequence[Asked]) -> int:
    """A folder in BEIR's form: every passage of the corpora is a document. Gives how many.

    Raises:
        SearchError: the folder holds something already, or cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # it may hold what few may read
        if any(folder.iterdir()):
            raise SearchError(f"{folder} is not empty; name a new folder.")
        (folder / "qrels").mkdir()
        count = _write(folder / "corpus.jsonl", _passages(corpora))
        _write(folder / "queries.jsonl", _queries(topics))
        qrels = {
            str(topic.search_id): {str(key): gain for key, gain in topic.gains.items()}
            for topic in topics
        }
        _write(folder / "qrels" / "test.tsv", qrels_lines(qrels))
    except OSError as error:
        raise SearchError(f"{folder} cannot be written: {error}.") from error
    return count


@dataclass(frozen=True, slots=True)
class _Vote:
    """One vote, as a judgment of these passages under this search."""

    search: Search
    passages: tuple[int, ...]
    value: int


def _votes(
    corpora: Collection[int], *, since: datetime | None, with_answers: bool
) -> Iterator[_Vote]:
    """Oldest first; those on answers, if wanted, after those on passages."""
    rows = Feedback.objects.order_by("pk").select_related("search", "answer__search")
    rows = rows.filter(created_at__gte=since) if since else rows
    on_hits = rows.filter(search__corpora__overlap=list(corpora), search__text__gt="")
    for vote in on_hits:
        if vote.search is not None and vote.passage_id is not None:
            yield _Vote(vote.search, (vote.passage_id,), vote.value)
    if not with_answers:
        return
    on_answers = rows.filter(answer__search__corpora__overlap=list(corpora), value=1)
    for vote in on_answers.filter(answer__search__text__gt=""):
        if vote.answer is not None:
            yield _Vote(vote.answer.search, _cited(vote.answer.body), vote.value)


def _cited(body: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(sorted({int(c["passage"]) for c in body.get("citations", ()) if c.get("passage")}))


def _topic(votes: Sequence[_Vote], there: Collection[int]) -> Asked:
    """One question from all votes on it."""
    sums: dict[int, list[int]] = {}
    for vote in votes:
        for key in vote.passages:
            if key in there:
                sums.setdefault(key, []).append(vote.value)
    decided = {key: values for key, values in sums.items() if sum(values)}
    return Asked(
        search_id=votes[0].search.pk,
        text=" ".join(votes[0].search.text.split()),
        corpora=tuple(sorted({key for vote in votes for key in vote.search.corpora})),
        gains={key: float(sum(values) > 0) for key, values in decided.items()},
        votes={key: len(values) for key, values in decided.items()},
    )


def _hash(text: str) -> str:
    return hashlib.sha256((fold(text) or text).encode()).hexdigest()


def _passages(corpora: Sequence[Corpus]) -> Iterator[str]:
    rows = Passage.objects.filter(corpus__in=corpora).select_related("document").order_by("pk")
    for passage in rows.iterator(1000):
        text = f"{passage.heading}\n{passage.text}".strip()
        row = {"_id": str(passage.pk), "title": passage.document.title, "text": text}
        yield json.dumps(row, ensure_ascii=False) + "\n"


def _queries(topics: Sequence[Asked]) -> Iterator[str]:
    for topic in topics:
        row = {"_id": str(topic.search_id), "text": topic.text}
        yield json.dumps(row, ensure_ascii=False) + "\n"


def _write(path: Path, lines: Iterable[str]) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for line in lines:
            file.write(line)
            count += 1
    return count
