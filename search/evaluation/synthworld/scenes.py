"""Pictures of one or two things, of which the place, colour, shape and relation are known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from search.evaluation.synthworld.shapes import Pixels, Placed, paint, pairs, with_noise

ROWS = ("top", "middle", "bottom")
COLUMNS = ("left", "centre", "right")
SIZES = {"small": 0.105, "large": 0.165}  # radius as a share of the picture's side
RELATIONS = ("left of", "above")
_NOISE = 4.0
_ONE = (
    "a {size} {colour} {shape} at the {place}",
    "the {size} {colour} {shape} in the {place}",
    "a {colour} {shape}, {size}, at the {place}",
    "at the {place} there is a {size} {colour} {shape}",
    "a picture of a {size} {colour} {shape} at the {place}",
)
_NEW_ONE = (
    "one {size} {colour} {shape} placed at the {place}",
    "{place}: a {size} {colour} {shape}",
)
_TWO = {
    "left of": (
        "a {first} left of a {second}",
        "a {first} to the left of a {second}",
        "a {second} right of a {first}",
        "a {first} on the left and a {second} on the right",
        "on the right a {second}, on the left a {first}",
        "a {second} with a {first} to its left",
        "a {first} with a {second} to its right",
        "a {first}, and right of it a {second}",
        "a {second}, and left of it a {first}",
    ),
    "above": (
        "a {first} above a {second}",
        "a {first} over a {second}",
        "a {second} below a {first}",
        "a {first} at the top and a {second} at the bottom",
        "at the bottom a {second}, at the top a {first}",
        "a {second} with a {first} above it",
        "a {first} with a {second} below it",
        "a {second} under a {first}",
        "a {first}, and beneath it a {second}",
    ),
}
_NEW_TWO = {
    "left of": ("a {second} with a {first} on its left", "a {first} beside and left of a {second}"),
    "above": ("a {second} with a {first} on top of it", "a {second} underneath a {first}"),
}


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing of a scene; ``row`` and ``column`` are 0 to 2, from the top left."""

    shape: str
    colour: str
    size: str
    row: int
    column: int

    @property
    def place(self) -> str:
        """The cell in words, as "top left"; the one in the middle is the "centre"."""
        if (self.row, self.column) == (1, 1):
            return "centre"
        return f"{ROWS[self.row]} {COLUMNS[self.column]}"


@dataclass(frozen=True, slots=True)
class View:
    """How a scene is looked at: shift as a share of the side, scale, light, ground and grain."""

    shift_x: float
    shift_y: float
    scale: float
    light: float
    shade: int
    grain: int


@dataclass(frozen=True, slots=True)
class SceneSample:
    """``pixels`` (side, side, 3), RGB, with a caption and what is known of them.

    ``scene`` numbers the scene, of which there may be several views. ``relation`` holds between
    the first thing and the second, and is empty where there is one thing.
    """

    pixels: Pixels
    caption: str
    things: tuple[Thing, ...]
    relation: str
    view: View
    scene: int
    wording: int
    new_phrasing: bool = False

    @property
    def facts(self) -> tuple[str, ...]:
        """What the caption says: pictures with the same facts answer the same question."""
        if self.relation:
            words = [(thing.colour, thing.shape) for thing in self.things]
            return (self.relation, *words[0], *words[1])
        (thing,) = self.things
        return (thing.size, thing.colour, thing.shape, thing.place)


def sample_scenes(
    count: int,
    *,
    seed: int,
    side: int = 32,
    held_out: bool = False,
    new_phrasing: bool = False,
    things: int | None = None,
    views: int = 1,
) -> list[SceneSample]:
    """``count`` scenes drawn by ``seed``, each in ``views`` views that follow one another.

    ``things`` is 1 or 2; None takes both in turn. ``held_out`` and ``new_phrasing`` as in
    ``sample_clips``; of two held-out things the first has a held-out pair.
    """
    rng = np.random.default_rng([seed, 7, held_out, new_phrasing, things or 0])
    samples = []
    for scene in range(count):
        number = things or 1 + scene % 2
        placed, relation = _arrange(rng, number=number, held_out=held_out)
        wording = int(rng.integers(1000))
        for _ in range(views):
            samples.append(
                _sample(
                    placed,
                    relation,
                    _look(rng),
                    scene=scene,
                    wording=wording,
                    side=side,
                    new=new_phrasing,
                )
            )
    return samples


def swapped_colours(sample: SceneSample) -> SceneSample:
    """The scene of two things with their colours exchanged, seen in the same view (I1).

    A bag of shapes and colours cannot tell the two apart.
    """
    first, second = sample.things
    things = (
        replace(first, colour=second.colour),
        replace(second, colour=first.colour),
    )
    return _again(sample, things)


def swapped_places(sample: SceneSample) -> SceneSample:
    """The scene of two things in each other's places, seen in the same view (I2)."""
    first, second = sample.things
    things = (
        replace(second, row=first.row, column=first.column),
        replace(first, row=second.row, column=second.column),
    )
    return _again(sample, things)


def moved(sample: SceneSample, rng: np.random.Generator) -> SceneSample:
    """The scene of one thing with the thing in another cell, seen in the same view."""
    (thing,) = sample.things
    cells = [cell for cell in range(9) if cell != 3 * thing.row + thing.column]
    row, column = divmod(int(cells[rng.integers(len(cells))]), 3)
    return _again(sample, (replace(thing, row=row, column=column),))


def _again(sample: SceneSample, things: tuple[Thing, ...]) -> SceneSample:
    return _sample(
        things,
        sample.relation,
        sample.view,
        scene=sample.scene,
        wording=sample.wording,
        side=len(sample.pixels),
        new=sample.new_phrasing,
    )


def _arrange(
    rng: np.random.Generator, *, number: int, held_out: bool
) -> tuple[tuple[Thing, ...], str]:
    first = _thing(rng, held_out=held_out)
    if number == 1:
        return (first,), ""
    second = _thing(rng, held_out=False)
    while second.colour == first.colour or second.shape == first.shape or _unseen(first, second):
        second = _thing(rng, held_out=False)
    low, high = sorted(int(cell) for cell in rng.choice(3, size=2, replace=False))
    relation = RELATIONS[rng.integers(2)]
    if relation == "left of":
        return (replace(first, column=low), replace(second, column=high)), relation
    return (replace(first, row=low), replace(second, row=high)), relation


def _unseen(first: Thing, second: Thing) -> bool:
    """Whether exchanged colours would show a pair that training must not see."""
    seen = pairs(held_out=False)
    crossed = [(first.shape, second.colour), (second.shape, first.colour)]
    return not all(pair in seen for pair in crossed)


def _thing(rng: np.random.Generator, *, held_out: bool) -> Thing:
    allowed = pairs(held_out=held_out)
    shape, colour = allowed[rng.integers(len(allowed))]
    row, column = (int(cell) for cell in rng.integers(3, size=2))
    return Thing(shape, colour, list(SIZES)[rng.integers(2)], row, column)


def _look(rng: np.random.Generator) -> View:
    shift_x, shift_y = (float(value) for value in rng.uniform(-0.03, 0.03, size=2))
    scale, light = float(rng.uniform(0.92, 1.06)), float(rng.uniform(0.85, 1.1))
    return View(shift_x, shift_y, scale, light, int(rng.integers(20, 90)), int(rng.integers(2**31)))


def _sample(
    things: tuple[Thing, ...],
    relation: str,
    view: View,
    *,
    scene: int,
    wording: int,
    side: int,
    new: bool,
) -> SceneSample:
    caption = _caption(things, relation, wording, new=new)
    return SceneSample(
        _photograph(things, view, side), caption, things, relation, view, scene, wording, new
    )


def _photograph(things: Sequence[Thing], view: View, side: int) -> Pixels:
    placed = [
        Placed(
            thing.shape,
            thing.colour,
            0.5 + (thing.column - 1) * 0.32 * view.scale + view.shift_x,
            0.5 + (thing.row - 1) * 0.32 * view.scale + view.shift_y,
            SIZES[thing.size] * view.scale,
        )
        for thing in things
    ]
    pixels = paint(placed, side=side, shade=view.shade, light=view.light)
    return with_noise(pixels, np.random.default_rng(view.grain), spread=_NOISE)


def _caption(things: Sequence[Thing], relation: str, wording: int, *, new: bool) -> str:
    if relation:
        forms: Sequence[str] = (_NEW_TWO if new else _TWO)[relation]
        first, second = (f"{thing.colour} {thing.shape}" for thing in things)
        return forms[wording % len(forms)].format(first=first, second=second)
    forms, (thing,) = _NEW_ONE if new else _ONE, things
    return forms[wording % len(forms)].format(
        size=thing.size, colour=thing.colour, shape=thing.shape, place=thing.place
    )
