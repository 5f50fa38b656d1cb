"""The rows of a space: passages encoded, checked, stored and removed, in the table of its kind.

What a space holds of a passage is its *row*: a vector, several, or weights of words.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray
from pgvector import HalfVector
from pgvector import SparseVector as Weights

from search import joined, registry
from search.encoders.base import MOST_WEIGHTS, Encoder, Kind, Ragged, Rows
from search.encoders.fde import FixedDimensional
from search.encoders.fused_media import MEDIA, FusedMedia
from search.encoders.late_interaction import TokenStates
from search.encoders.media import MediaEncoder
from search.errors import ConfigurationError, ModelMissingError
from search.material import Material
from search.material import encode as encode_material
from search.models import (
    Corpus,
    Document,
    Passage,
    PictureDetails,
    SparseVector,
    TokenVectors,
    Vector,
    VectorSpace,
)

log = logging.getLogger(__name__)

Encoded = Rows | Ragged  # one row, or one part, for each passage
Pairs = Sequence[tuple[Document, Passage]]
TABLES = (Vector, TokenVectors, SparseVector, PictureDetails)
BATCH = 1000
ENCODE_BATCH = 64


def text_for_encoder(title: str, heading: str, text: str) -> str:
    """What an encoder reads of a passage: title, heading and text, each once."""
    parts = dict.fromkeys(part.strip() for part in (title, heading, text))
    return "\n".join(part for part in parts if part)


def space_for(alias: str) -> VectorSpace:
    """The space of the encoder with this alias; made at its first use.

    Raises:
        SearchError: the encoder is not configured, or not on this machine.
    """
    encoder = registry.encoder(alias)
    space, _ = VectorSpace.objects.get_or_create(
        fingerprint=encoder.fingerprint,
        defaults={"alias": alias, "dim": encoder.dim, "kind": encoder.kind},
    )
    return space


def encode(
    aliases: Iterable[str], texts: Sequence[str], progress: Callable[[float], object]
) -> dict[str, Encoded]:
    """What each encoder makes of the texts; an encoder that is not on this machine is left out.

    Token vectors that one encoder gives and another folds are made once. ``progress`` is told the
    fraction done.
    """
    encoders = dict(_present(aliases))
    batches: dict[str, list[Encoded]] = {alias: [] for alias in encoders}
    for start in range(0, len(texts), ENCODE_BATCH):
        made = _encode_batch(encoders, texts[start : start + ENCODE_BATCH])
        for alias, encoded in made.items():
            batches[alias].append(encoded)
        progress(min(1.0, (start + ENCODE_BATCH) / len(texts)))
    return {alias: _joined(encoders[alias], parts) for alias, parts in batches.items()}


def encode_media(
    aliases: Iterable[str],
    materials: Sequence[Material],
    progress: Callable[[float], object],
    *,
    known: Ragged | None = None,
) -> dict[str, Encoded]:
    """What each encoder sees or hears of passages, rows for each; the missing are left out.

    What joins the vectors of another comes after it and takes those it made, or the ``known``.
    """
    made: dict[str, Encoded] = {}
    encoders = dict(_present(aliases))
    joining = [alias for alias, one in encoders.items() if isinstance(one, FusedMedia)]
    for alias in [*(a for a in encoders if a not in joining), *joining]:
        encoder = encoders[alias]
        if not isinstance(encoder, MediaEncoder):
            raise ConfigurationError(
                f'MMSEARCH["MEDIA_SPACES"] names {alias!r}, which neither looks nor listens; '
                "encoders that read words belong into SPACES."
            )
        if isinstance(encoder, FusedMedia):
            rows = next((made[a] for a in made if encoders[a] is encoder.media_encoder), known)
            own = rows if isinstance(rows, Ragged) else None
            made[alias] = joined.encode(encoder, materials, progress, known=own)
        else:
            made[alias] = encode_material(encoder, materials, progress)
    return made


def check(alias: str, encoded: Encoded, count: int) -> None:
    """Refuse what must not be stored.

    Raises:
        ValueError: there is not one row for each of ``count`` passages, a row is not of length 1
            where it must be, or has too many weights.
    """
    if len(encoded) != count:
        raise ValueError(f"{count} passages came with {len(encoded)} vectors of {alias!r}.")
    kind = registry.encoder(alias).kind
    rows = encoded.values if isinstance(encoded, Ragged) else encoded
    if kind in {Kind.DENSE, Kind.MULTI}:
        vectors = rows[:, : registry.encoder(alias).dim]  # what joins media tells its weights, too
        lengths = np.linalg.norm(vectors, axis=1) if len(rows) else np.ones(0)
        if not np.allclose(lengths, 1.0, atol=1e-3):
            raise ValueError(f"A vector of {alias!r} has length {lengths.min():.3f}; it must be 1.")
    if not np.isfinite(rows).all():
        raise ValueError(f"A number of {alias!r} is not finite.")
    most = int(encoded.counts.max(initial=0)) if isinstance(encoded, Ragged) else 0
    if kind == Kind.SPARSE and most > MOST_WEIGHTS:
        raise ValueError(
            f"{alias!r} gave {most} weights for a passage; an index holds {MOST_WEIGHTS}."
        )


def store(space: VectorSpace, pairs: Pairs, encoded: Iterable[NDArray[np.floating]]) -> int:
    """Store a row for each passage with words, in the caller's transaction; gives how many.

    Of encoders that look or listen, all rows of each passage that they read.
    """
    make = {Kind.MULTI: _token_row, Kind.SPARSE: _sparse_row}.get(Kind(space.kind), _dense_row)
    by_media = registry.is_media(space.alias)
    kept = [
        (passage, row)
        for (_, passage), row in zip(pairs, encoded, strict=True)
        if (len(row) if by_media else has_words(passage))
    ]
    several = by_media and space.kind == Kind.DENSE
    made = [
        make(space, passage, one) for passage, row in kept for one in (row if several else [row])
    ]
    _table(space)._base_manager.bulk_create(made, batch_size=BATCH)
    return len(kept)


def remove(passage_ids: Sequence[int]) -> dict[str, int]:
    """Remove the rows of passages from every space; gives how many went from which table."""
    return {
        table._meta.db_table: table._base_manager.filter(passage__in=passage_ids)._raw_delete(
            "default"
        )
        or 0  # None is what an empty list of ids gives
        for table in TABLES
    }


def remove_corpus(corpus: Corpus) -> dict[str, int]:
    """Remove the rows of a whole corpus; gives how many went from which table."""
    return {
        table._meta.db_table: table._base_manager.filter(corpus=corpus)._raw_delete("default")
        for table in TABLES
    }


def without_row(space: VectorSpace, passages: "QuerySet[Passage]") -> "QuerySet[Passage]":
    """Those of the passages that the space holds nothing of."""
    return passages.exclude(pk__in=rows_of(space).values("passage_id"))


def rows_of(space: VectorSpace) -> "QuerySet[Any]":
    """All rows of a space, in the table of its kind."""
    return _table(space)._base_manager.filter(space=space)


def has_words(passage: Passage) -> bool:
    """Whether there is something to encode."""
    return bool(passage.text.strip() or passage.heading.strip())


def _table(space: VectorSpace) -> type[Vector] | type[TokenVectors] | type[SparseVector]:
    if space.kind == Kind.MULTI:
        return TokenVectors
    return SparseVector if space.kind == Kind.SPARSE else Vector


def _present(aliases: Iterable[str]) -> Iterable[tuple[str, Encoder]]:
    for alias in dict.fromkeys(aliases):
        try:
            yield alias, registry.encoder(alias)
        except ModelMissingError as error:
            log.warning("The encoder %r is left out: %s", alias, error)


def _encode_batch(encoders: Mapping[str, Any], texts: Sequence[str]) -> dict[str, Encoded]:
    """What each makes of the texts; one pass of a model serves all that use it."""
    made = _in_one_pass(encoders, texts)
    folding = {a: one for a, one in encoders.items() if isinstance(one, FixedDimensional)}
    for alias in encoders.keys() - made.keys() - folding.keys():
        made[alias] = encoders[alias].encode_documents(texts)
    tokens = {id(encoders[a]): found for a, found in made.items() if isinstance(found, Ragged)}
    for alias, encoder in folding.items():
        known = tokens.get(id(encoder.tokens))
        made[alias] = (
            encoder.encode_documents(texts) if known is None else encoder.fold_documents(known)
        )
    return made


def _in_one_pass(encoders: Mapping[str, Any], texts: Sequence[str]) -> dict[str, Encoded]:
    """Token vectors and the vectors of the text encoder whose states they are."""
    made: dict[str, Encoded] = {}
    aliases = {id(encoder): alias for alias, encoder in encoders.items()}
    for alias, encoder in encoders.items():
        pooled = aliases.get(id(encoder.text)) if isinstance(encoder, TokenStates) else None
        if pooled is not None and pooled not in made:
            made[pooled], made[alias] = encoder.encode_with_text(texts)
    return made


def _joined(encoder: Encoder, parts: Sequence[Encoded]) -> Encoded:
    if encoder.kind in {Kind.DENSE, Kind.FDE}:
        empty = np.zeros((0, encoder.dim), dtype=np.float32)
        return np.concatenate([empty, *(part for part in parts if not isinstance(part, Ragged))])
    ragged = [part for part in parts if isinstance(part, Ragged)]
    width = 2 if encoder.kind == Kind.SPARSE else encoder.dim
    return Ragged.of([one for part in ragged for one in part], width=width)


def _dense_row(space: VectorSpace, passage: Passage, row: NDArray[np.floating]) -> Vector:
    values, told = row[: space.dim], row[space.dim :]
    weights = {str(m): round(float(w), 4) for m, w in zip(MEDIA, told, strict=False) if w > 0}
    return Vector(
        passage=passage,
        corpus_id=passage.corpus_id,
        space=space,
        values=HalfVector(values),
        weights=weights or None,
    )


def _token_row(space: VectorSpace, passage: Passage, rows: NDArray[np.floating]) -> TokenVectors:
    return TokenVectors(
        passage=passage,
        corpus_id=passage.corpus_id,
        space=space,
        count=len(rows),
        values=rows.astype("<f2").tobytes(),
    )


def _sparse_row(space: VectorSpace, passage: Passage, rows: NDArray[np.floating]) -> SparseVector:
    weights = {int(key): float(weight) for key, weight in rows.tolist()}
    return SparseVector(
        passage=passage,
        corpus_id=passage.corpus_id,
        space=space,
        values=Weights(weights, space.dim),
    )
