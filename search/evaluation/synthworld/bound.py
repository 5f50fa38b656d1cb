"""Pictures that differ only in what belongs to what (I1) and where it is (I2), as files."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from search.evaluation.synthworld import scenes
from search.evaluation.synthworld.films import SIDE, Files, Made, png
from search.evaluation.synthworld.shapes import COLOURS, Pixels
from search.evaluation.synthworld.texts import Question

_ENOUGH = 0.01  # of the pixels: so much of a colour shows that it is there
_TWINS: dict[str, Callable[[scenes.SceneSample], scenes.SceneSample]] = {
    "I1": scenes.swapped_colours,
    "I2": scenes.swapped_places,
}


def pictures(count: int, *, seed: int) -> Made:
    """Each picture with its twin, and both captions asked; the other picture lies ``beside``."""
    files: Files = {}
    questions: list[Question] = []
    for place, (slice_, twin_of) in enumerate(_TWINS.items()):
        for held_out in (False, True):
            word = f"{slice_.lower()}-{'held' if held_out else 'seen'}"
            samples = scenes.sample_scenes(
                count, seed=seed + place, side=SIDE, things=2, held_out=held_out
            )
            for number, one in enumerate(samples):
                both = (one, twin_of(one))
                names = [f"{word}-{number:04}{letter}.png" for letter in "ab"]
                for own, other in ((0, 1), (1, 0)):
                    files[f"docs/{names[own]}"] = png(both[own].pixels)
                    questions.append(
                        Question(
                            slice_,
                            both[own].caption,
                            gold=[names[own]],
                            beside=[names[other]],
                            held_out=held_out,
                        )
                    )
    return files, questions


def colours_shown(pixels: Pixels, words: str) -> float:
    """How many of the colours that are named a picture shows, wherever: a pooled histogram."""
    named = [colour for colour in COLOURS if colour in words.split()]
    histogram = _histogram(pixels)
    return sum(min(float(histogram[list(COLOURS).index(one)]), _ENOUGH) for one in named) / _ENOUGH


def _histogram(pixels: Pixels) -> NDArray[np.float64]:
    """The share of the pixels that are nearest to each colour, and to no grey: (colours,)."""
    flat = pixels.reshape(-1, 3).astype(np.float64)
    palette: Sequence[tuple[int, int, int]] = [*COLOURS.values(), (20, 20, 20), (90, 90, 90)]
    apart = np.linalg.norm(flat[:, None, :] - np.array(palette, dtype=np.float64), axis=2)
    nearest = np.bincount(apart.argmin(axis=1), minlength=len(palette))  # (colours and greys,)
    return nearest[: len(COLOURS)] / len(flat)
