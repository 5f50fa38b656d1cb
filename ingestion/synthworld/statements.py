"""The slices of statements: does a source carry them (T4), and which of two does (C1)?"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from ingestion.synthworld.asking import Find, by_recipe
from ingestion.synthworld.rows import Row, share
from search.answers.citations import cite
from search.answers.verify import verified
from search.conf import conf
from search.evaluation.synthworld.slices import twin_accuracy
from search.evaluation.synthworld.texts import Question
from search.generators.base import Drafted
from search.models import Corpus
from search.retrieval.encoding import LOAD_DEADLINE_S, encode_texts
from search.types import Candidate, Evidence, Support

_CARRIED = {Support.QUOTED: 1.0, Support.SUPPORTED: 1.0}
_DEPTH = 10


def rows(asked: Mapping[str, Sequence[Question]], corpus: Corpus, folder: Path) -> Iterator[Row]:
    """The verifier against the nearness of meaning."""
    hybrid, dense = (by_recipe(corpus, folder, name) for name in ("hybrid", "dense"))
    sources = [_source(one, hybrid) for one in asked["T4"]]
    read = [
        _twins(_carried(one.text, source), _carried(one.denied, source))
        for one, source in zip(asked["T4"], sources, strict=True)
    ]
    yield share("T4", "verifier", read, least=0.9)
    near = [_nearer(one, source) for one, source in zip(asked["T4"], sources, strict=True)]
    yield share("T4", "cosine of statement and source", near, least=0.35, most=0.65)
    carrying = [_cited(one, _first_carrying(one, hybrid)) for one in asked["C1"]]
    yield share("C1", "first that the verifier passes", carrying, measure="cites right", least=0.9)
    alike = [_cited(one, next(iter(dense(one, 1)), None)) for one in asked["C1"]]
    yield share("C1", "most similar", alike, measure="cites right", least=0.35, most=0.65)


def _source(question: Question, find: Find) -> Candidate | None:
    """The document that is spoken of, where it is found at all."""
    found = (one for one in find(question, _DEPTH) if one.source.filename in question.gold)
    return next(found, None)


def _carried(statement: str, source: Candidate | None) -> float:
    """1 if the verifier finds that the passage carries the statement, cited as a writer's is."""
    if source is None:
        return 0.0
    drafted = Drafted(statement, labels=(1,))
    checked = verified(cite([drafted], [Evidence(1, source)]))
    return max((_CARRIED.get(support, 0.0) for _, support in checked), default=0.0)


def _nearer(question: Question, source: Candidate | None) -> float:
    if source is None:
        return 0.5
    encode = partial(encode_texts, conf().text_encoder, patience_s=LOAD_DEADLINE_S)
    so, not_so, passage = encode([question.text, question.denied, source.text])
    return _twins(float(so @ passage), float(not_so @ passage))


def _twins(own: float, other: float) -> float:
    return twin_accuracy(np.array([own]), np.array([other]))


def _first_carrying(question: Question, find: Find) -> Candidate | None:
    found = (one for one in find(question, _DEPTH) if _carried(question.text, one))
    return next(found, None)


def _cited(question: Question, source: Candidate | None) -> float:
    return float(source is not None and source.source.filename in question.gold)
