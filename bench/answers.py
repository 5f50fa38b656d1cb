"""Measure extractive answers on XQuAD: are the right sentences quoted, is refusal honest?

    python -m bench.answers [--words-only] [--language en]

Documents are paragraphs; a question is unanswerable when its own paragraph is taken away, or when
it was asked about other documents (HotpotQA, PubMedQA). An answer is also refused when nothing that
was found matches well, as search does. "calibration_error" is that of the confidence as the chance
that a quoted sentence holds the answer, half of the questions without their paragraph. The folder
of the data is named by MMSEARCH_BENCH_DATA, else it is ../shared/data.
"""

import argparse
import json
import time
from collections.abc import Sequence

import numpy as np

from bench.answer_data import Library, Question, embed, load
from search.answers.compose import compose
from search.calibration import expected_calibration_error
from search.generators.extractive import Extractive
from search.types import Answer

OFF_DOMAIN = ("hotpotqa-50", "pubmedqa-dev")
MOST_OFF_DOMAIN = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words-only", action="store_true")
    parser.add_argument("--language", default="en")
    options = parser.parse_args()
    documents, questions = load(f"xquad/{options.language}")
    library = Library(documents, language=options.language)
    asker = Asker(library, by_meaning=not options.words_only)
    figures = asker.answerable(questions) | {
        "true_refusals_paragraph_removed": asker.refused(questions, remove=True)
    }
    figures["calibration_error"] = expected_calibration_error(*zip(*asker.said, strict=True))
    if options.language == "en":
        for folder in OFF_DOMAIN:
            others = load(folder)[1][:MOST_OFF_DOMAIN]
            figures[f"true_refusals_{folder}"] = asker.refused(others, remove=False)
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}, indent=2))


class Asker:
    """Asks a library and counts."""

    def __init__(self, library: Library, *, by_meaning: bool) -> None:
        self.library = library
        self.embed = embed if by_meaning else None
        self.generator = Extractive()
        self.spent_ms: list[float] = []
        self.said: list[tuple[float, bool]] = []  # confidence, and whether a quote was right

    def answer(self, question: Question, without: str = "") -> Answer:
        candidates = [e.candidate for e in self.library.evidence(question.text, without)]
        began = time.perf_counter()
        written = compose(
            question.text,
            candidates,
            self.generator,
            embed=self.embed,
            weights=self.library.weights,
            refuse=not self.library.matches(
                question.text, without, by_meaning=self.embed is not None
            ),
        )
        self.spent_ms.append((time.perf_counter() - began) * 1000)
        return written

    def answerable(self, questions: Sequence[Question]) -> dict[str, float]:
        answers = [(question, self.answer(question)) for question in questions]
        given = [(q, a) for q, a in answers if not a.refused]
        self.said += [(a.confidence, self._holds(q, a, 6)) for q, a in answers]
        first = [self._holds(q, a, 1) for q, a in given]
        some = [self._holds(q, a, 6) for q, a in given]
        place = [self._is_gold(q, a, 0) for q, a in given]
        return {
            "questions": len(questions),
            "false_refusals": 1 - len(given) / len(questions),
            "first_sentence_holds_answer": float(np.mean(first)),
            "some_sentence_holds_answer": float(np.mean(some)),
            "first_sentence_from_gold_paragraph": float(np.mean(place)),
            "sentences_per_answer": float(np.mean([len(a.sentences) for _, a in given])),
            "quoted": float(
                np.mean([s.support == "quoted" for _, a in given for s in a.sentences])
            ),
            "ms_p50_vectors_remembered": float(np.median(self.spent_ms)),
        }

    def refused(self, questions: Sequence[Question], *, remove: bool) -> float:
        answers = [self.answer(q, q.gold if remove else "") for q in questions]
        self.said += [(a.confidence, False) for a in answers]
        return float(np.mean([a.refused for a in answers]))

    def _holds(self, question: Question, answer: Answer, most: int) -> bool:
        return any(
            self._is_gold(question, answer, at)
            and any(gold.lower() in " ".join(c.quote.lower().split()) for gold in question.answers)
            for at, c in enumerate(answer.citations[:most])
        )

    def _is_gold(self, question: Question, answer: Answer, at: int) -> bool:
        return answer.citations[at].candidate.source.filename == question.gold


if __name__ == "__main__":
    main()
