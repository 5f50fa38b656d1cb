"""What a list's scores are worth: against the same question's scores on a sample of the library."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from search.answers.confidence import Rows, shipped, signs
from search.calibration import LEAST_SAMPLE, Background, Isotonic, by_chance
from search.conf import conf
from search.generators.terms import content_terms, guess_language, stems
from search.models import Corpus
from search.retrieval import dense, lexical
from search.retrieval.hybrid import Retrieved
from search.retrieval.lexical import Terms
from search.retrieval.matches import Matches
from search.types import Candidate, Query

log = logging.getLogger(__name__)

SAMPLE = 200  # passages
KEPT = 16  # samples that a process remembers, 300 KB each
OWN_CHANCES = "confidence.json"  # in the data folder: those that votes gave

# The passages whose hashed ids are the lowest: a random sample that hardly changes as the library
# does, and that one walk of an index gives, however large the corpora are.
_LOWEST = """
SELECT s.vector FROM unnest(%(corpora)s) AS c(id) CROSS JOIN LATERAL (
    SELECT hashint8(v.passage_id) AS lot, halfvec_send(v.values) AS vector
    FROM search_vector v WHERE v.corpus_id = c.id AND v.space_id = %(space)s
    ORDER BY v.corpus_id, v.space_id, hashint8(v.passage_id) LIMIT %(most)s
) s ORDER BY s.lot LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Judged:
    """The candidates with what they are worth.

    ``matching``: how many of them match well; None where that cannot be told.
    """

    candidates: tuple[Candidate, ...]
    matching: int | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The signs of a list of hits; ``is_enough``: it may be said that nothing matches."""

    rows: Rows
    by_meaning: bool
    is_enough: bool


def judge(query: Query, retrieved: Retrieved, candidates: Sequence[Candidate]) -> Judged:
    """Each candidate with its chance to be relevant.

    Nothing is said of the whole list when the library is too small to be compared with, was asked
    by other means than words and one vector for each passage, or was shown a passage, not words.
    """
    evidence = evidence_of(query, retrieved, candidates)
    models = shipped()
    model = models.with_meaning if evidence.by_meaning else models.words_only
    scores = model.scores(evidence.rows).tolist()
    chances = own_chances() or model.isotonic
    worth = tuple(
        replace(candidate, match=score, confidence=chances.chance(score))
        for candidate, score in zip(candidates, scores, strict=True)
    )
    matching = sum(score >= model.cut_off for score in scores)
    return Judged(worth, matching if evidence.is_enough else None)


def evidence_of(query: Query, retrieved: Retrieved, candidates: Sequence[Candidate]) -> Evidence:
    """What the question's words and its meaning say of each candidate."""
    keys = [candidate.passage_id for candidate in candidates]
    terms = retrieved.terms
    scored = retrieved.scored
    if not terms.passages:  # no word was looked for
        terms = lexical.read_terms(query.text, query.corpora)
        scored = lexical.match(terms, query.corpora)
    words = _words_held(query, terms, scored, keys)
    meaning = _deviations(query, retrieved, keys, passages=terms.passages)
    of_words = all(run.retriever == lexical.RETRIEVER for run in retrieved.runs)
    return Evidence(
        rows=signs(words, meaning),
        by_meaning=meaning is not None,
        is_enough=query.like_passage is None
        and terms.passages >= LEAST_SAMPLE
        and (of_words or meaning is not None),
    )


def own_chances() -> Isotonic | None:
    """The chances that this library's votes gave, if there are any for the models of today."""
    changed = chances_changed()
    return _read_chances(conf().data_dir / OWN_CHANCES, changed) if changed else None


def chances_changed() -> int:
    """When this library's own chances were written, ns since the epoch; 0 if they were not."""
    try:
        return (conf().data_dir / OWN_CHANCES).stat().st_mtime_ns
    except OSError:
        return 0


def write_chances(chances: Isotonic) -> Path:
    """Keep the chances for ``own_chances``, in place of those before; gives where."""
    path = conf().data_dir / OWN_CHANCES
    body = {"models": shipped().digest, "isotonic": json.loads(chances.to_json())}
    new = path.with_suffix(".new")
    new.write_text(json.dumps(body, sort_keys=True), encoding="utf-8")
    new.replace(path)
    return path


def _words_held(query: Query, terms: Terms, scored: Matches, keys: Sequence[int]) -> list[float]:
    """Each passage's BM25 score over the idf of all that was asked, 0..1."""
    found = lexical.score_within(scored, query.corpora, keys)
    language = guess_language(query.text)
    absent = stems(content_terms(query.text, language)) - terms.idf.keys()
    whole = sum(terms.idf.values()) + len(absent) * terms.idf_of_absent
    return [found.get(key, 0.0) / whole if whole else 0.0 for key in keys]


def _deviations(
    query: Query, retrieved: Retrieved, keys: Sequence[int], *, passages: float
) -> list[float] | None:
    """How far each passage's cosine stands above the best that chance would give.

    One without a vector stands where the sample's mean does.
    """
    if retrieved.meaning is None:
        return None
    vector, space = retrieved.meaning
    sample = _sample(space.pk, space.dim, _states(query.corpora))
    if len(sample) < LEAST_SAMPLE:
        return None
    background = Background.of((sample @ vector).tolist())
    run = dense.score_within(vector, space, query.corpora, keys)
    cosines = {hit.passage_id: hit.score for hit in run.hits}
    above = by_chance(passages)
    return [background.deviations(cosines.get(key, background.mean)) - above for key in keys]


def _states(corpora: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Corpora with their generations: a sample holds until one of them changes."""
    rows = Corpus.objects.filter(pk__in=list(corpora)).order_by("pk")
    return tuple(rows.values_list("pk", "generation"))


@lru_cache(maxsize=KEPT)
def _sample(space: int, dim: int, states: tuple[tuple[int, int], ...]) -> NDArray[np.float32]:
    """The vectors of a random sample of the corpora: (at most 200, dim)."""
    values = {"corpora": [corpus for corpus, _ in states], "space": space, "most": SAMPLE}
    with connection.cursor() as cursor:
        cursor.execute(_LOWEST, values)
        rows = [np.frombuffer(vector, dtype=">f2", offset=4) for (vector,) in cursor.fetchall()]
    return np.stack(rows).astype(np.float32) if rows else np.zeros((0, dim), dtype=np.float32)


@lru_cache(maxsize=1)
def _read_chances(path: Path, changed: int) -> Isotonic | None:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        chances = Isotonic.from_json(json.dumps(body["isotonic"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("%s is left out: %s. Run manage.py fit_confidence.", path, error)
        return None
    if body.get("models") != shipped().digest:
        log.warning("%s belongs to another release. Run manage.py fit_confidence.", path)
        return None
    return chances
