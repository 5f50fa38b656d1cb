"""Things named on a command line, found or refused with a sentence."""

from collections.abc import Sequence

from django.core.management.base import CommandError

from search.models import Corpus


def corpora_named(slugs: Sequence[str]) -> list[Corpus]:
    """The corpora with these slugs, all of them if none is named.

    Raises:
        CommandError: there is none of that slug; the exit status is 2.
    """
    found = Corpus.objects.filter(slug__in=slugs) if slugs else Corpus.objects.all()
    corpora = list(found.order_by("slug"))
    missing = set(slugs) - {corpus.slug for corpus in corpora}
    if missing:
        raise CommandError(f"There is no corpus {min(missing)!r}.", returncode=2)
    return corpora
