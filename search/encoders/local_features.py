"""Pictures by their details: what finds a photo, a screenshot or a crop of a page again, unaided.

Nothing is learnt of meaning here and no weights are needed. Corners and blobs are described by
RootSIFT; all of a picture are aggregated into one vector (VLAD), by which it is looked for; then
the details of the candidates are laid over those of the question by a homography, and what lies on
top of each other is counted. The homography also says which part of the picture was asked about.

Sources: Lowe, IJCV 2004, doi:10.1023/B:VISI.0000029664.99615.94 (SIFT; its patent ended in 2020);
Arandjelović and Zisserman, CVPR 2012 (RootSIFT), and CVPR 2013 (intra-normalised VLAD); Jégou et
al., CVPR 2010, doi:10.1109/CVPR.2010.5540039 (VLAD); Barath et al., CVPR 2020 (MAGSAC++).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]  # (height, width, 3), RGB
Rows = NDArray[np.float32]

KEPT = ((960, 700), (480, 350))  # longer side in pixels, most details: of a picture that is kept
ASKED = ((960, 800), (634, 800), (422, 800))  # of a question, which may show a part or be small
DIM = 128
WORDS, AXES = 64, 62  # 64 * 62 is what an index over half-precision vectors still takes (4,000)
_SCALE = 512  # a descriptor's largest value as a byte
_LARGEST_ENLARGING = 2.0
_LIKE = 0.8  # cosine of two descriptors that may show the same
_GRID = 1000.0  # MAGSAC++ reckons in pixels: steps of the longer side
_REACH = 4.0  # steps that a detail may lie from where it should
_LEAST = 4  # details that make a homography
_CELL = 0.0125  # of the longer side: details of one cell count once
_NEARBY = 0.08  # of the longer side: how far things move that are still looked for
_EDGE, _LEAST_PATCH = 0.1, 10
_PARTS = ("mean", "axes", "centres")
CLOSE = 0.35  # of the places that agree at the best: then likeness decides
_VOCABULARY = Path(__file__).with_name("local_features.npz")


@dataclass(frozen=True, slots=True)
class Details:
    """Of one picture: where they are, in units of its longer side, (n, 2), and what (n, 128)."""

    points: Rows
    descriptors: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True, slots=True)
class Overlay:
    """How well one picture lies over another.

    ``count``: cells of the asked picture whose details agree. ``homography`` maps places of the
    asked picture to places of the kept one, both in units of their longer sides.
    """

    count: int
    homography: NDArray[np.float64]

    def outline(self, width: int, height: int) -> Rows:
        """The corners of an asked picture of this size on the kept one, (4, 2), as it units."""
        side = max(width, height)
        x, y = width / side, height / side
        corners = np.array([[0, 0, 1], [x, 0, 1], [x, y, 1], [0, y, 1]]) @ self.homography.T
        return (corners[:, :2] / corners[:, 2:]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What details are told apart by: ``centres`` (words, axes) of those axes (axes, 128) along
    which details differ most, from ``mean`` (128,).
    """

    mean: Rows
    axes: Rows
    centres: Rows

    @property
    def dim(self) -> int:
        """The length of a picture's vector."""
        return self.centres.size

    def projected(self, details: Details) -> Rows:
        """Descriptors along the axes, (n, axes)."""
        return np.asarray((_rows(details) - self.mean) @ self.axes.T, dtype=np.float32)


NOTHING = Overlay(0, np.eye(3))


def read_details(picture: Pixels, *, side: int, most: int) -> Details:
    """The strongest details of a picture that is scaled to this longer side, in pixels."""
    cv2 = _cv2()
    height, width = picture.shape[:2]
    factor = min(side / max(height, width), _LARGEST_ENLARGING)
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    grey = cv2.cvtColor(cv2.resize(picture, size, interpolation=how), cv2.COLOR_RGB2GRAY)
    found, rows = cv2.SIFT_create(nfeatures=most, contrastThreshold=0.02).detectAndCompute(
        grey, None
    )
    if rows is None:
        return Details(np.zeros((0, 2), np.float32), np.zeros((0, DIM), np.uint8))
    roots = np.sqrt(rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-9))
    points = np.array([one.pt for one in found], dtype=np.float32) / max(size)
    return Details(points, np.minimum(roots * _SCALE, 255).astype(np.uint8))


def kept_details(picture: Pixels) -> list[Details]:
    """The details of a picture that will be looked for, fine and coarse."""
    return [read_details(picture, side=side, most=most) for side, most in KEPT]


def asked_details(picture: Pixels) -> list[Details]:
    """The details of a question, as a whole picture has them and as parts of one do."""
    return [read_details(picture, side=side, most=most) for side, most in ASKED]


def aggregate(details: Details, words: Vocabulary | None = None) -> Rows:
    """All details in one unit vector, (64 * 62,); zeros for a picture without any."""
    words = words or vocabulary()
    centres, rows = words.centres, words.projected(details)
    sums = np.zeros(centres.shape, dtype=np.float32)
    if len(rows):
        nearest = (rows @ centres.T - 0.5 * np.square(centres).sum(axis=1)).argmax(axis=1)
        np.add.at(sums, nearest, rows - centres[nearest])
    sums = np.sign(sums) * np.sqrt(np.abs(sums))
    sums /= np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    whole = sums.ravel()
    return whole / max(float(np.linalg.norm(whole)), 1e-9)


def lay_over(asked: Details, kept: Details) -> Overlay:
    """The homography by which most details of the asked picture meet their like in the other."""
    if len(asked) < _LEAST or len(kept) < _LEAST:
        return NOTHING
    cv2 = _cv2()
    alike = _rows(asked) @ _rows(kept).T
    there, back = alike.argmax(axis=1), alike.argmax(axis=0)
    own = np.arange(len(asked))
    pairs = np.flatnonzero((back[there] == own) & (alike[own, there] > _LIKE))
    if len(pairs) < _LEAST:
        return NOTHING
    here, yonder = asked.points[pairs], kept.points[there[pairs]]
    matrix, inliers = cv2.findHomography(
        here * _GRID, yonder * _GRID, cv2.USAC_MAGSAC, _REACH, maxIters=3000, confidence=0.999
    )
    if matrix is None or not 0.02 < np.linalg.det(matrix[:2, :2]) < 50:
        return NOTHING
    matrix = np.diag([1 / _GRID, 1 / _GRID, 1]) @ matrix @ np.diag([_GRID, _GRID, 1])
    met = here[inliers.ravel().astype(bool)]
    return Overlay(len(np.unique((met / _CELL).astype(int), axis=0)), matrix)


def best_overlay(asked: Sequence[Details], kept: Sequence[Details]) -> Overlay:
    """The best of all pairs of scales."""
    return max((lay_over(a, k) for a in asked for k in kept), key=lambda one: one.count)


def ranked(asked: Pixels, kept: Mapping[int, Pixels], overlays: Mapping[int, Overlay]) -> list[int]:
    """The kept pictures, best first: by likeness where enough agrees, the others by how much does.

    Pages of one template agree in more places with the wrong page than a crop does with its own;
    what lies between those places differs.
    """
    best = max((one.count for one in overlays.values()), default=0)
    near = {
        key: likeness(asked, kept[key], one)
        for key, one in overlays.items()
        if one.count and one.count >= CLOSE * best
    }
    return sorted(
        overlays, key=lambda key: (key not in near, -near.get(key, 0), -overlays[key].count)
    )


def likeness(asked: Pixels, kept: Pixels, overlay: Overlay, *, side: int = 480) -> float:
    """The correlation of both pictures where they lie over each other, -1 to 1.

    It tells apart what has the same details in the same places: two frames of one shot, two pages
    of one template.
    """
    laid, inside, second = _laid(asked, kept, overlay, side)
    if inside.sum() < side:
        return 0.0
    one, other = laid[inside].astype(np.float64), second[inside].astype(np.float64)
    one, other = one - one.mean(), other - other.mean()
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / max(lengths, 1e-9)


def likeness_nearby(asked: Pixels, kept: Pixels, overlay: Overlay, *, side: int = 224) -> float:
    """As ``likeness`` at the best place near the one that the overlay says, -1 to 1.

    An overlay found on one frame does not quite fit the frames before and after it, where what is
    shown, or the camera, has moved.
    """
    cv2 = _cv2()
    laid, inside, second = _laid(asked, kept, overlay, side)
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if len(rows) < _LEAST_PATCH or len(columns) < _LEAST_PATCH:
        return 0.0
    top, bottom = _inner(rows[0], rows[-1])
    left, right = _inner(columns[0], columns[-1])
    reach = round(_NEARBY * side)
    near = second[max(0, top - reach) : bottom + reach, max(0, left - reach) : right + reach]
    patch = laid[top:bottom, left:right]
    if patch.std() < 1.0:  # without any contrast it would be like everything
        return 0.0
    return float(cv2.matchTemplate(near, patch, cv2.TM_CCOEFF_NORMED).max())


def _inner(first: int, last: int) -> tuple[int, int]:
    """A span without its edges, which a tilted picture does not fill."""
    edge = round(_EDGE * (last - first))
    return int(first) + edge, int(last) + 1 - edge


def _laid(
    asked: Pixels, kept: Pixels, overlay: Overlay, side: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.uint8]]:
    """The asked picture laid over the kept one, where it lies, and the kept one; grey, scaled."""
    cv2 = _cv2()
    first, second = _grey(asked, side), _grey(kept, side)
    to = np.diag([side, side, 1.0]) @ overlay.homography @ np.diag([1 / side, 1 / side, 1.0])
    size = second.shape[1], second.shape[0]
    laid = cv2.warpPerspective(first, to, size)
    return laid, cv2.warpPerspective(np.full_like(first, 255), to, size) > 250, second


def learn_vocabulary(
    several: Sequence[Details], *, words: int = WORDS, axes: int = AXES, seed: int = 0
) -> Vocabulary:
    """The vocabulary of the details of several pictures: principal axes, then k-means."""
    cv2 = _cv2()
    rows = np.concatenate([_rows(one) for one in several])
    mean = np.asarray(rows.mean(axis=0), dtype=np.float32)
    _, vectors = np.linalg.eigh(np.cov(rows - mean, rowvar=False))
    strongest = np.ascontiguousarray(vectors[:, ::-1][:, :axes].T, dtype=np.float32)
    cv2.setRNGSeed(seed)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 30, 1e-3)
    along = np.ascontiguousarray((rows - mean) @ strongest.T)
    _, _, centres = cv2.kmeans(along, words, None, stop, 3, cv2.KMEANS_PP_CENTERS)
    return Vocabulary(mean, strongest, np.asarray(centres, dtype=np.float32))


@cache
def vocabulary() -> Vocabulary:
    """The one that comes with the product, learnt from the pictures of the sample library."""
    with np.load(_VOCABULARY, allow_pickle=False) as kept:
        return Vocabulary(*(kept[name].astype(np.float32) for name in _PARTS))


def write_vocabulary(words: Vocabulary, path: Path = _VOCABULARY) -> None:
    """Keep it in half precision, 25 kB."""
    np.savez_compressed(path, **{n: getattr(words, n).astype(np.float16) for n in _PARTS})


def _rows(details: Details) -> Rows:
    """Descriptors as unit vectors."""
    return details.descriptors.astype(np.float32) / np.float32(_SCALE)


def _grey(picture: Pixels, side: int) -> NDArray[np.uint8]:
    cv2 = _cv2()
    height, width = picture.shape[:2]
    factor = side / max(height, width)
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))


def _cv2() -> Any:
    """OpenCV, which takes a fifth of a second to load."""
    import cv2

    return cv2
