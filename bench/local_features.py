"""Photos, screenshots and crops against the pages and frames they were taken of.

    python -m bench.local_features FOLDER ... [--pages 100] [--frames 50] [--seed 1]
    python -m bench.local_features FOLDER ... --learn

Every page of the PDF files below the folders and a frame every two seconds of their recordings are
kept. A *crop* is 35 to 60 % of the width and height of one of them, a *photo* the whole one,
tilted, scaled, blurred and darkened; both as JPEG of quality 40. Equal pictures (also turned ones)
count as one. *Strangers* are asked while their own file is not kept. Search is exact; 50 candidates
are laid over. ``--learn`` writes the vocabulary from the pictures of the folders.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pypdfium2

from search.encoders import local_features as lf

CANDIDATES = 50
EQUAL = 0.95  # correlation from which two kept pictures count as one
LONGEST = 1000
BLANK = 40  # details below which a crop shows nothing to go by


def pictures(folders: list[Path]) -> Iterator[tuple[str, str, lf.Pixels]]:
    """File, place in it and picture."""
    for path in sorted(one for folder in folders for one in folder.rglob("*") if one.is_file()):
        try:
            if path.suffix.lower() == ".pdf":
                yield from _pages(path)
            else:
                yield from _frames(path)
        except (pypdfium2.PdfiumError, av.FFmpegError, IndexError) as error:
            print(f"  {path.name} left out: {type(error).__name__}")


def _pages(path: Path) -> Iterator[tuple[str, str, lf.Pixels]]:
    document = pypdfium2.PdfDocument(path)
    for number in range(min(len(document), 25)):
        page = document[number]
        image = page.render(scale=LONGEST / max(page.get_size()), rev_byteorder=True).to_pil()
        yield str(path), f"page {number + 1}", np.asarray(image.convert("RGB"))


def _frames(path: Path) -> Iterator[tuple[str, str, lf.Pixels]]:
    with av.open(path) as container:
        stream, last = container.streams.video[0], -9.0
        for frame in container.decode(stream):
            if frame.time is not None and frame.time - last >= 2.0:
                last = frame.time
                picture = frame.to_ndarray(format="rgb24").astype(np.uint8)
                yield str(path), f"{last:.2f} s", picture


def crop(picture: lf.Pixels, rng: random.Random) -> lf.Pixels:
    height, width = picture.shape[:2]
    share, scale = rng.uniform(0.35, 0.6), rng.uniform(0.7, 1.2)
    w, h = int(width * share), int(height * share)
    x, y = rng.randint(0, width - w), rng.randint(0, height - h)
    part = picture[y : y + h, x : x + w]
    return _jpeg(cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def photo(picture: lf.Pixels, rng: random.Random) -> lf.Pixels:
    height, width = picture.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    moved = corners + [[rng.uniform(-0.12, 0.12) * s for s in (width, height)] for _ in range(4)]
    moved = (moved - moved.min(axis=0)).astype(np.float32)
    size = tuple(int(n) + 1 for n in moved.max(axis=0))
    tilt = cv2.getPerspectiveTransform(corners, moved)
    seen = cv2.warpPerspective(picture, tilt, size, borderValue=(90, 110, 120))
    scale = rng.uniform(0.5, 0.9)
    seen = cv2.resize(seen, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    seen = cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.5, 1.2))
    return _jpeg(cv2.convertScaleAbs(seen, alpha=rng.uniform(0.8, 1.1), beta=rng.uniform(-20, 20)))


def _jpeg(picture: Any) -> lf.Pixels:
    _, body = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 40])
    return np.asarray(cv2.imdecode(body, cv2.IMREAD_COLOR), dtype=np.uint8)[..., ::-1].copy()


class Kept:
    """The pictures that are looked through."""

    def __init__(self, pixels: list[lf.Pixels]) -> None:
        self.pixels = pixels
        self.details = [lf.kept_details(one) for one in pixels]
        self.rows = [np.stack([lf.aggregate(own[k]) for own in self.details]) for k in (0, 1)]
        small = [_small(one) for one in pixels]
        turned = [np.stack([np.rot90(one, k).ravel() for one in small]) for k in range(4)]
        self.equal = np.max([turned[0] @ one.T for one in turned], axis=0) > EQUAL

    def ask(
        self, picture: lf.Pixels, without: frozenset[int] = frozenset()
    ) -> tuple[list[int], int]:
        """Candidates, best first, and how many places of the best agree."""
        asked = lf.asked_details(picture)
        rows = np.stack([lf.aggregate(one) for one in asked])
        scores = np.max([(rows @ own.T).max(axis=0) for own in self.rows], axis=0)
        scores[list(without)] = -2
        found = np.argsort(-scores, kind="stable")[:CANDIDATES].tolist()
        over = {key: lf.best_overlay(asked, self.details[key]) for key in found}
        found = lf.ranked(picture, {key: self.pixels[key] for key in found}, over)
        return found, over[found[0]].count


def _small(picture: lf.Pixels) -> lf.Rows:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    small = np.asarray(cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA), dtype=np.float32)
    small -= small.mean()
    return np.asarray(small / (np.linalg.norm(small) + 1e-6), dtype=np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--frames", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--learn", action="store_true")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    everything = list(pictures(options.folders))
    pixels = [picture for _, _, picture in everything]
    if options.learn:
        details = [one for picture in pixels for one in lf.kept_details(picture)]
        lf.write_vocabulary(lf.learn_vocabulary(details))
        print(f"{len(pixels)} pictures, {sum(map(len, details)):,} details")
        return
    began = time.perf_counter()
    kept = Kept(pixels)
    took = (time.perf_counter() - began) / len(pixels)
    print(f"{len(pixels)} pictures kept, {1000 * took:.0f} ms each")
    rng = random.Random(options.seed)
    pages = [n for n, (_, place, _) in enumerate(everything) if place.startswith("page")]
    frames = [n for n, (_, place, _) in enumerate(everything) if place.endswith(" s")]
    for what, some, most in (("pages", pages, options.pages), ("frames", frames, options.frames)):
        for name, how in (("crop", crop), ("photo", photo)):
            report(kept, rng.sample(some, min(most, len(some))), (name, what), how, rng)
    files = [file for file, _, _ in everything]
    counts = []
    for n in rng.sample(range(len(files)), min(50, len(files))):
        own = {m for m in range(len(files)) if files[m] == files[n] or kept.equal[n, m]}
        counts.append(kept.ask(photo(pixels[n], rng), frozenset(own))[1])
    print(f"strangers, agreeing places at the most of 50: {sorted(counts)[-8:]}")


Change = Callable[[lf.Pixels, random.Random], lf.Pixels]


def report(
    kept: Kept, chosen: list[int], name: tuple[str, str], how: Change, rng: random.Random
) -> None:
    first, near, counts, took, blank = [], [], [], [], 0
    for n in chosen:
        asked = how(kept.pixels[n], rng)
        if len(lf.read_details(asked, side=640, most=200)) < BLANK and how is crop:
            blank += 1
            continue
        began = time.perf_counter()
        found, count = kept.ask(asked)
        took.append(time.perf_counter() - began)
        first.append(bool(kept.equal[n, found[0]]))
        near.append(bool(kept.equal[n, found].any()))
        counts += [count] if first[-1] else []
    print(
        f"{name[0]:6}{name[1]:7} {len(first):4} asked ({blank} blank)  first {np.mean(first):.3f}"
        f"  among {CANDIDATES} {np.mean(near):.3f}  {1000 * np.median(took):.0f} ms"
        f"  agreeing places at least {sorted(counts)[:5]}",
        flush=True,
    )


if __name__ == "__main__":
    main()
