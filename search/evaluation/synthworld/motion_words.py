"""What captions call a motion: words that training sees, and words kept for tests."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

_WAYS = {
    "right": ("to the right", "rightwards", "from left to right", "right edge"),
    "left": ("to the left", "leftwards", "from right to left", "left edge"),
    "up": ("up", "upwards", "from bottom to top", "top edge"),
    "down": ("down", "downwards", "from top to bottom", "bottom edge"),
}


def _known(towards: str, wards: str, course: str, edge: str) -> Sequence[str]:
    return (
        f"moves {towards}",
        f"slides {wards}",
        f"goes {course}",
        f"drifts towards the {edge}",
        f"travels {towards}",
        f"shifts {wards}",
        f"passes {course}",
        f"runs to the {edge}",
    )


def _new(towards: str, wards: str, course: str, edge: str) -> Sequence[str]:
    return (f"glides {wards}", f"wanders {course}", f"heads for the {edge}")


KNOWN: Mapping[str, Sequence[str]] = MappingProxyType(
    {name: _known(*words) for name, words in _WAYS.items()}
    | {
        "grow": (
            "grows",
            "gets bigger",
            "swells",
            "becomes larger",
            "expands",
            "grows from small to large",
        ),
        "shrink": (
            "shrinks",
            "gets smaller",
            "dwindles",
            "becomes smaller",
            "contracts",
            "shrinks from large to small",
        ),
        "clockwise": (
            "circles clockwise",
            "goes round clockwise",
            "moves clockwise around the middle",
            "turns about the centre clockwise",
            "orbits in a clockwise direction",
            "runs around with the hands of the clock",
        ),
        "anticlockwise": (
            "circles anticlockwise",
            "goes round counterclockwise",
            "moves anticlockwise around the middle",
            "turns about the centre counterclockwise",
            "orbits in an anticlockwise direction",
            "runs around against the hands of the clock",
        ),
    }
)

NEW: Mapping[str, Sequence[str]] = MappingProxyType(
    {name: _new(*words) for name, words in _WAYS.items()}
    | {
        "grow": ("increases in size", "gets larger and larger"),
        "shrink": ("decreases in size", "gets smaller and smaller"),
        "clockwise": ("makes a clockwise loop", "travels clockwise in a circle"),
        "anticlockwise": ("makes an anticlockwise loop", "travels anticlockwise in a circle"),
    }
)

OPPOSITE: Mapping[str, str] = MappingProxyType(
    {
        "right": "left",
        "left": "right",
        "up": "down",
        "down": "up",
        "grow": "shrink",
        "shrink": "grow",
        "clockwise": "anticlockwise",
        "anticlockwise": "clockwise",
    }
)
MOTIONS = tuple(OPPOSITE)

ONE_EVENT = ("a {thing} {first}", "the {thing} {first}", "a {thing} that {first}")
TWO_EVENTS = (
    "a {thing} {first} and then {second}",
    "first the {thing} {first}, then it {second}",
    "a {thing} {first} before it {second}",
    "a {thing} {first}, after that it {second}",
    "a {thing} {first} and afterwards {second}",
)
NEW_TWO_EVENTS = ("a {thing} {first}, next it {second}", "a {thing} {first} and later {second}")
