"""Documents of words, and questions that only some ways of searching can answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

_FIRST = ("ka", "lo", "mi", "ra", "tu", "ve", "so", "ni", "pe", "du", "za", "fi")
_LAST = ("bren", "dor", "mund", "wick", "tal", "ran", "vik", "sen", "lund", "gar")
_PARTS = ("valve", "flange", "bearing", "coupling", "gasket", "bracket")
_PLACES = ("bay 12", "the north shelf", "drawer 7", "the cellar", "rack 31", "the blue cabinet")
# What is said, and a question about it with which it shares no word that carries meaning.
_PARAPHRASES = (
    ("The physician examined the child.", "Which doctor looked at a kid?"),
    ("The automobile halted near the bridge.", "Where did a car stop?"),
    ("Rain fell all night upon the meadow.", "When was it pouring on grassland?"),
    ("The merchant purchased a stallion.", "Who bought a horse?"),
    ("Burglars robbed the jewellery shop.", "Which thieves stole gems from a store?"),
    ("The soup was too salty to eat.", "Why could nobody enjoy that broth?"),
    ("The attorney lost her case in court.", "How did a lawyer fail at trial?"),
    ("A vessel sank during the storm.", "What ship went down in rough weather?"),
    ("The infant slept in its cradle.", "Where did a baby take a nap?"),
    ("Its engine consumes little fuel.", "Does a motor use much petrol?"),
    ("The monarch built a large castle.", "Which king raised an enormous fortress?"),
    ("Her wages rose in spring.", "When did a salary increase?"),
    ("The pupils passed the examination.", "Which students succeeded in a test?"),
    ("A dog chased the rabbit.", "What hound ran after hares?"),
    ("The film bored its audience.", "Was a movie dull for viewers?"),
    ("They wed in a small chapel.", "In which church did a couple marry?"),
    ("The glacier melts every summer.", "Does ice thaw when it is warm?"),
    ("The violin was out of tune.", "Which fiddle sounded wrong?"),
    ("Robots assemble the telephones.", "What machines put phones together?"),
    ("The garbage is collected on Monday.", "Which day do they take away trash?"),
    ("Fog hid the airport.", "Why could planes not see a runway in mist?"),
    ("The teacher praised his essay.", "Did an instructor like some composition?"),
    ("The well is dry in August.", "Is there water underground late in summer?"),
    ("The tailor shortened the trousers.", "Who made pants less long?"),
)
_UNKNOWN = (
    "Who won the chess championship of {name}?",
    "How tall is the opera house of {name}?",
    "Which poet was born in {name}?",
    "What does a ferry ticket to {name} cost?",
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what answers it.

    ``file``: the picture, clip or sound that is asked with, of this ``medium``. ``gold``: names of
    documents, any of which answers; none where nothing does. ``start_s`` to ``end_s``: the moment.
    ``held_out``: made of things that no training sees. ``beside``: documents that look like the
    gold ones and do not answer. ``says``: what the words that answer hold, each of them.
    ``denied``: of a statement that is asked about, what the same documents contradict.
    """

    slice: str
    text: str = ""
    file: str = ""
    medium: str = ""
    gold: Sequence[str] = ()
    start_s: float | None = None
    end_s: float | None = None
    held_out: bool = False
    beside: Sequence[str] = ()
    says: Sequence[str] = ()
    denied: str = ""


def documents(count: int, rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Names and texts of the documents: parts with near misses, and plain statements."""
    for number in range(count):
        code, twin = _codes(number)
        for one in (code, twin):
            part, place = (_one(of, rng) for of in (_PARTS, _PLACES))
            yield f"part-{one}.txt", f"Part {one} is a brass {part}. It is kept in {place}.\n"
    for number, (said, _) in enumerate(_PARAPHRASES):
        yield f"note-{number:03}.txt", f"{said}\n"


def questions(count: int, rng: np.random.Generator) -> list[Question]:
    """What is asked about them, and what nothing answers."""
    found = [
        Question("T1", f"part {_codes(n)[0]}", gold=(f"part-{_codes(n)[0]}.txt",))
        for n in range(count)
    ]
    found += [
        Question("T2", asked, gold=(f"note-{number:03}.txt",))
        for number, (_, asked) in enumerate(_PARAPHRASES)
    ]
    for number in range(min(count, 24)):
        name = f"{_one(_FIRST, rng)}{_one(_LAST, rng)}".capitalize()
        found.append(Question("Q1", _UNKNOWN[number % len(_UNKNOWN)].format(name=name)))
    return found


def _codes(number: int) -> tuple[str, str]:
    """A part's number, and one that differs in a digit."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    first, second = letters[number % 23], letters[(7 * number + 3) % 23]
    value = 1000 + 37 * number
    return f"{first}{second}-{value}", f"{first}{second}-{value + 1}"


def _one(of: Sequence[str], rng: np.random.Generator) -> str:
    return of[int(rng.integers(len(of)))]
