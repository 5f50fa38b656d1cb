"""The spaces that the database keeps: which model filled each, how far, and whether it is asked.

A model that is replaced leaves its space behind, which is the way back; nobody asks it meanwhile.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from search import backfill, picture_index, registry, spaces
from search.conf import conf
from search.encoders.picture_signature import FINGERPRINT as DETAILS
from search.errors import ModelMissingError, SearchError
from search.models import Corpus, Passage, VectorSpace

BATCH = 10_000


@dataclass(frozen=True, slots=True)
class KeptSpace:
    """A space. ``held``: passages of which it has something; ``lacking``: passages that its model
    still has to read, None where no setting names the model.
    """

    alias: str
    fingerprint: str
    kind: str
    dim: int
    held: int
    lacking: int | None

    @property
    def is_used(self) -> bool:
        """Whether settings name the model that filled it."""
        return self.lacking is not None


def kept_spaces() -> list[KeptSpace]:
    """Every space, those in use first."""
    used = dict(_used())
    found = [_described(one, used) for one in VectorSpace.objects.order_by("alias", "-created_at")]
    return sorted(found, key=lambda one: not one.is_used)


def remove_space(fingerprint: str) -> int:
    """Remove a space that nobody asks, batch by batch; gives how many rows went.

    Raises:
        SearchError: there is none, or settings name its model.
    """
    space = VectorSpace.objects.filter(fingerprint=fingerprint).first()
    if space is None:
        known = ", ".join(one.fingerprint for one in VectorSpace.objects.all()) or "there are none"
        raise SearchError(f"There is no space {fingerprint!r}; known: {known}.")
    if space.fingerprint in dict(_used()):
        raise SearchError(
            f"The space {fingerprint!r} is in use: settings name the model that filled it "
            f"({space.alias}). Name another there first."
        )
    gone = 0
    while some := _remove_some(space):
        gone += some
    with transaction.atomic():
        Corpus.objects.update(generation=F("generation") + 1)
        space.delete()
    return gone


def _remove_some(space: VectorSpace) -> int:
    rows = spaces.rows_of(space)
    keys: Sequence[int] = list(rows.values_list("pk", flat=True)[:BATCH])
    return int(rows.filter(pk__in=keys)._raw_delete("default") or 0) if keys else 0


def _used() -> Iterator[tuple[str, str]]:
    """The fingerprints of spaces that are asked, each with its alias."""
    yield DETAILS, "details"
    for alias in (conf().text_encoder, *conf().spaces, *conf().media_spaces):
        if not alias:
            continue
        try:
            yield registry.encoder(alias).fingerprint, alias
        except ModelMissingError:  # it cannot say which is its own: all of its name may be
            for space in VectorSpace.objects.filter(alias=alias):
                yield space.fingerprint, alias


def _described(space: VectorSpace, used: dict[str, str]) -> KeptSpace:
    return KeptSpace(
        space.alias,
        space.fingerprint,
        space.kind,
        space.dim,
        spaces.rows_of(space).values("passage_id").distinct().count(),
        _lacking(space, used[space.fingerprint]) if space.fingerprint in used else None,
    )


def _lacking(space: VectorSpace, alias: str) -> int:
    if space.fingerprint == DETAILS:
        return sum(picture_index.lacking(corpus).count() for corpus in Corpus.objects.all())
    try:
        readable = backfill.readable(alias, Passage.objects.all())
    except ModelMissingError:
        return 0
    return spaces.without_row(space, readable).count()
