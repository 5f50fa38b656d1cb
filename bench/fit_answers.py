"""Fit the weights of the extractive generator on XQuAD, English.

Half of the articles fit, the other half report. Prints the weights to be copied, rounded, into
search/generators/extractive.py, and what they do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bench.answer_data import Library, Question, embed, load
from search.generators.extractive import SIGNS, signs
from search.generators.questions import parts
from search.generators.reading import FEATURES, features, read, weigh

BY_HAND = {"restates", "fragment", "asks", "reference", "brief"}
FITTED = tuple(name for name in FEATURES if name not in BY_HAND)
Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """One question's sentences as features; ``holds``: the gold answer stands in it."""

    article: str
    rows: Rows
    holds: NDArray[np.bool_]
    without: Rows  # the features when the gold paragraph is taken away


def main() -> None:
    documents, questions = load("xquad/en")
    library = Library(documents)
    seen = [_seen(library, question) for question in questions]
    articles = sorted({one.article for one in seen})
    fitting = set(articles[::2])
    fit = [one for one in seen if one.article in fitting]
    for by_meaning in (True, False):
        _report(fit, [one for one in seen if one.article not in fitting], by_meaning)


def _seen(library: Library, question: Question) -> Seen:
    rows, holds = _rows(library, question, without="")
    away, _ = _rows(library, question, without=question.gold)
    return Seen(question.gold.rsplit("#", 1)[0], rows, holds, away)


def _rows(library: Library, question: Question, without: str) -> tuple[Rows, NDArray[np.bool_]]:
    evidence = library.evidence(question.text, without)
    units = read(evidence, "en")
    part = parts(question.text, "en")[0]
    rows = features(part, units, weigh(units, library.weights), embed=embed)
    names = {e.label: library.documents[e.candidate.passage_id - 1]["_id"] for e in evidence}
    holds = [
        names[u.label] == question.gold
        and any(answer.lower() in u.text.lower() for answer in question.answers)
        for u in units
    ]
    return rows, np.array(holds)


def _report(fit: list[Seen], test: list[Seen], by_meaning: bool) -> None:
    chosen = [n for n in FITTED if by_meaning or n != "meaning"]
    columns = [FEATURES.index(name) for name in chosen]
    model = LogisticRegression(C=10, max_iter=3000)
    model.fit(np.vstack([s.rows[:, columns] for s in fit]), np.concatenate([s.holds for s in fit]))
    print("\nsentences", _named(chosen, model))
    weights = model.coef_[0].copy()
    for name in ("first", "prior"):
        weights[chosen.index(name)] /= 2
    for k in (1, 3, 6):
        found = [s.holds[np.argsort(-(s.rows[:, columns] @ weights))[:k]].any() for s in test]
        print(f"  answer in the first {k}: {np.mean(found):.3f} of {len(test)} held-out questions")
    _report_refusal(fit, test, columns, weights, by_meaning)


def _report_refusal(
    fit: list[Seen], test: list[Seen], columns: list[int], weights: Rows, by_meaning: bool
) -> None:
    kept = [i for i, name in enumerate(SIGNS) if by_meaning or "meaning" not in name]

    def told(rows: Rows) -> Rows:
        return signs(rows, int(np.argmax(rows[:, columns] @ weights)))[kept]

    model = LogisticRegression(C=10, max_iter=3000)
    pairs = [(told(s.rows), told(s.without)) for s in fit]
    model.fit([row for pair in pairs for row in pair], [1, 0] * len(pairs))
    print("held", _named([SIGNS[i] for i in kept], model))
    answerable = model.predict_proba([told(s.rows) for s in test])[:, 1]
    unanswerable = model.predict_proba([told(s.without) for s in test])[:, 1]
    for line in (0.15, 0.2, 0.25, 0.3, 0.4):
        false, true = (answerable < line).mean(), (unanswerable < line).mean()
        print(f"  refuse below {line}: {false:.3f} of answerable, {true:.3f} of unanswerable")


def _named(names: list[str], model: LogisticRegression) -> str:
    found = {name: round(float(w), 2) for name, w in zip(names, model.coef_[0], strict=True)}
    return f"{found} constant {model.intercept_[0]:.2f}"


if __name__ == "__main__":
    main()
