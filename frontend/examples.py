"""Questions to begin with, for those who have the sample library."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from django.conf import settings

from search.models import Corpus

SAMPLE_CORPUS = "sample"
_MOST = 4


def example_questions(corpora: Sequence[Corpus]) -> tuple[str, ...]:
    """A few questions that the sample library answers; none where it is not visible."""
    if not any(corpus.slug == SAMPLE_CORPUS and corpus.passage_count for corpus in corpora):
        return ()
    return _questions(Path(settings.BASE_DIR) / "sample" / "questions.json")[:_MOST]


@cache
def _questions(path: Path) -> tuple[str, ...]:
    if not path.is_file():
        return ()
    topics = json.loads(path.read_text(encoding="utf-8"))
    return tuple(str(topic["question"]) for topic in topics if topic["expects"])
