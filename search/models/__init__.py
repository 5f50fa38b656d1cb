"""The tables of search."""

from search.models.access import Preference, Token
from search.models.corpus import Asset, Corpus, Document, Membership, Role, Visibility
from search.models.errand import Errand
from search.models.evaluation import EvaluationRun
from search.models.index import (
    Passage,
    PictureDetails,
    Posting,
    SpaceKind,
    SparseVector,
    TermFrequency,
    TokenVectors,
    Vector,
    VectorSpace,
)
from search.models.log import Answer, Feedback, Search
from search.models.qrels import Judged, Topic

__all__ = [
    "Answer",
    "Asset",
    "Corpus",
    "Document",
    "Errand",
    "EvaluationRun",
    "Feedback",
    "Judged",
    "Membership",
    "Passage",
    "PictureDetails",
    "Posting",
    "Preference",
    "Role",
    "Search",
    "SpaceKind",
    "SparseVector",
    "TermFrequency",
    "Token",
    "TokenVectors",
    "Topic",
    "Vector",
    "VectorSpace",
    "Visibility",
]
