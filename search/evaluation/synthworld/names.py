"""Invented names of places: a number gives one name, and no two numbers the same."""

_FIRST = (
    *("bar", "cal", "dro", "elm", "fen", "gri", "hol", "jas", "kor", "lim", "mor", "nal", "osk"),
    *("pru", "sel", "tor"),
)
_SECOND = (
    *("ba", "de", "ga", "hi", "ja", "ke", "la", "mo", "no", "pa", "ri", "tu", "va", "wo", "zu"),
    "fe",
)
_LAST = (
    *("mar", "nith", "pol", "quay", "rest", "stad", "thor", "vane", "wen", "xam", "yard", "bek"),
    "dell",
)
MOST = len(_FIRST) * len(_SECOND) * len(_LAST)  # different names
SHARE = 256  # names that a slice may use for itself
_STEP = 1009  # has no divisor in common with MOST: names that follow one another differ throughout


def name(number: int) -> str:
    """The name of this number; the numbers from ``MOST`` on carry a second word."""
    place = number % MOST * _STEP % MOST
    place, first = divmod(place, len(_FIRST))
    last, second = divmod(place, len(_SECOND))
    word = f"{_FIRST[first]}{_SECOND[second]}{_LAST[last]}".capitalize()
    return word if number < MOST else f"{word} {name(number // MOST - 1)}"


def own_names(slice_: int, count: int) -> list[str]:
    """The first ``count`` names of a slice, which no other slice uses.

    Raises:
        ValueError: a slice has no names so many.
    """
    if count > SHARE:
        raise ValueError(f"{count} names were asked for; a slice has {SHARE}.")
    return [name(SHARE * slice_ + number) for number in range(count)]
