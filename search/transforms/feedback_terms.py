"""Words that the first hits say often and the library seldom."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean

from search.generators.sentences import sentence_spans
from search.generators.terms import content_terms, stems

Weighted = list[tuple[str, float]]  # (word as it is written most often, weight), heaviest first


def feedback_terms(
    question: str,
    passages: Sequence[str],
    *,
    idf: Mapping[str, float],
    language: str,
    most: int,
) -> Weighted:
    """Terms of the passages, without the question's own.

    weight(t) = idf(t) * mean over passages of tf(t, d) / |d|, the earlier passages weighing more
    (1 / rank). A stem without an idf is given the mean one. Ties go by spelling. A term must stand
    in two passages, unless there is but one.

    Source: relevance models, Lavrenko and Croft, SIGIR 2001, doi:10.1145/383952.383972, with idf
    in place of the background model.
    """
    asked = stems(content_terms(question, language))
    unknown = fmean(idf.values()) if idf else 1.0
    weights: dict[str, float] = defaultdict(float)
    spread: Counter[str] = Counter()
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for rank, passage in enumerate(passages, start=1):
        found = content_terms(passage, language)
        counts = Counter(term.stem for term in found)
        for term in found:
            spellings[term.stem][passage[term.start : term.end].casefold()] += 1
        for stem, count in counts.items():
            weights[stem] += idf.get(stem, unknown) * count / len(found) / rank
            spread[stem] += 1
    needed = min(2, len(passages))
    kept = [stem for stem in weights if stem not in asked and spread[stem] >= needed]
    ordered = sorted(kept, key=lambda stem: (-weights[stem], stem))
    return [(_spelling(spellings[stem]), weights[stem]) for stem in ordered[:most]]


def companions(
    question: str,
    passages: Sequence[str],
    *,
    idf: Mapping[str, float],
    language: str,
    most: int,
) -> Weighted:
    """Terms that stand in one sentence with the question's, weighed by idf and by how many."""
    asked = stems(content_terms(question, language))
    unknown = fmean(idf.values()) if idf else 1.0
    weights: dict[str, float] = defaultdict(float)
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for passage in passages:
        for span in sentence_spans(passage):
            sentence = passage[span.start : span.end]
            found = content_terms(sentence, language)
            shared = sum(idf.get(stem, unknown) for stem in stems(found) & asked)
            for term in found if shared else ():
                spellings[term.stem][sentence[term.start : term.end].casefold()] += 1
            for stem in stems(found) - asked if shared else ():
                weights[stem] += shared * idf.get(stem, unknown)
    ordered = sorted(weights, key=lambda stem: (-weights[stem], stem))
    return [(_spelling(spellings[stem]), weights[stem]) for stem in ordered[:most]]


def key_phrases(question: str, language: str) -> tuple[str, ...]:
    """Runs of neighbouring content words, two or more: "drag of a delta wing" has "delta wing"."""
    found = content_terms(question, language)
    runs: list[list[str]] = [[question[t.start : t.end]] for t in found[:1]]
    for before, after in pairwise(found):
        word = question[after.start : after.end]
        if question[before.end : after.start].strip(" -"):
            runs.append([word])
        else:
            runs[-1].append(word)
    return tuple(dict.fromkeys(" ".join(run) for run in runs if len(run) > 1))


def _spelling(counts: Counter[str]) -> str:
    return min(counts, key=lambda word: (-counts[word], word))
