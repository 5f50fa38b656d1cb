"""What others have published for known collections, to stand beside what is measured here.

None of it was run here. nDCG@10 of the whole collection, test questions.
"""

from collections.abc import Mapping

PUBLISHED: Mapping[str, Mapping[str, tuple[float, str]]] = {
    "scifact": {
        "BM25": (0.679, "Pyserini, BEIR, one field"),
        "BM25, title and text apart": (0.665, "Thakur et al., NeurIPS 2021, arXiv:2104.08663"),
        "all-MiniLM-L6-v2": (0.645, "MTEB leaderboard"),
        "BM25 and BGE-base, reciprocal ranks": (0.742, "Pyserini, BEIR fusion"),
        "BM25 and BGE-base, min-max": (0.747, "Pyserini, BEIR fusion"),
    }
}
"""Collection -> system -> (figure, source)."""
