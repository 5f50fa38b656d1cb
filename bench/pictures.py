"""Photos and crops asked of a library, from the file to the hit: the right page, the right second.

    python -m bench.pictures FOLDER ... --corpus SLUG ... [--strangers FOLDER] [--seed 1]

The folders' PDF files and recordings must have been ingested into the corpora. Pages are rendered
from the files and frames decoded at seconds spread over them, so that nothing that was kept is
asked with itself; both become JPEG files of quality 40, tilted, scaled, blurred and darkened
(*photo*) or 35 to 60 % of their width and height (*crop*). With what shows hardly anything
(*blank*) nothing is asked. A hit is right if it is that page, or a moment of that recording within
half a second; a page or frame that looks the same (correlation over .95) counts too. Strangers are
pictures of which nothing was ingested: right is to find nothing.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pypdfium2
from PIL import Image

from bench.local_features import BLANK, EQUAL, LONGEST, crop, photo
from mmsearch_site.command_line import database_for

Pixels = Any
Change = Callable[[Pixels, random.Random], Pixels]
SECONDS = 0.5


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--corpus", action="append", required=True)
    parser.add_argument("--strangers", type=Path)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--frames", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with database_for(["manage.py", "search"]):
        import django

        django.setup()
        measure(options)


def measure(options: argparse.Namespace) -> None:
    rng = random.Random(options.seed)
    files = [p for folder in options.folders for p in sorted(folder.rglob("*")) if p.is_file()]
    pages = rng.sample(*_most(_pages(files), options.pages))
    frames = rng.sample(*_most(_moments(files), options.frames))
    for name, places, read in (("pages", pages, _page), ("frames", frames, _frame)):
        for how, change in (("photo", photo), ("crop", crop)) if places else ():
            _report(f"{how} of {name}", places, (read, change), options.corpus, rng)
    if options.strangers:
        _strangers(options, rng)


def _most(places: list[Any], most: int) -> tuple[list[Any], int]:
    return places, min(most, len(places))


def _pages(files: Sequence[Path]) -> list[tuple[Path, int]]:
    found = []
    for path in files:
        if path.suffix.lower() == ".pdf":
            try:
                found += [(path, n) for n in range(len(pypdfium2.PdfDocument(path)))]
            except pypdfium2.PdfiumError:
                continue
    return found


def _moments(files: Sequence[Path]) -> list[tuple[Path, float]]:
    """Ten evenly spread seconds of each recording, counted from where it begins."""
    found = []
    for path in files:
        if path.suffix.lower() == ".pdf":
            continue
        try:
            with av.open(path) as container:
                origin = _origin_s(container)
                times = [f.time - origin for f in container.decode(video=0) if f.time is not None]
        except (av.FFmpegError, IndexError):
            continue
        found += [(path, times[at * (len(times) - 1) // 9]) for at in range(10)]
    return sorted(set(found))


def _origin_s(container: Any) -> float:
    return float(container.start_time or 0) / av.time_base


def _page(place: tuple[Path, int]) -> Pixels:
    page = pypdfium2.PdfDocument(place[0])[place[1]]
    image = page.render(scale=LONGEST / max(page.get_size()), rev_byteorder=True).to_pil()
    return np.asarray(image.convert("RGB"))


def _frame(place: tuple[Path, float]) -> Pixels:
    from ingestion.media.frames import grab

    with av.open(place[0]) as container:
        stream = container.streams.video[0]
        _, _, picture = next(grab(container, stream, [place[1]], origin_s=_origin_s(container),
                                  max_side=LONGEST))  # fmt: skip
        return np.asarray(picture.convert("RGB"))


def _report(
    name: str,
    places: Sequence[Any],
    how: tuple[Callable[[Any], Pixels], Change],
    slugs: Sequence[str],
    rng: random.Random,
) -> None:
    from search.encoders.local_features import read_details

    read, change = how

    right, in_list, took, blank, missed = [], [], [], 0, []
    for place in places:
        pixels = read(place)
        asked = change(pixels, rng)
        if len(read_details(asked, side=640, most=200)) < BLANK:
            blank += 1
            continue
        began = time.perf_counter()
        hits = _hits(asked, slugs)
        took.append(time.perf_counter() - began)
        good = [_is_right(hit, place, pixels, read) for hit in hits[:10]]
        right.append(bool(good and good[0]))
        in_list.append(any(good))
        if not right[-1]:
            missed.append(f"{place[0].name} {place[1]:.1f} → {_said(hits)}")
    print(
        f"{name:16} {len(right):4} asked ({blank} blank)  first {np.mean(right):.3f}"
        f"  in ten {np.mean(in_list):.3f}  median {1000 * np.median(took):.0f} ms",
        flush=True,
    )
    print("    missed:", "; ".join(missed), flush=True)


def _said(hits: Sequence[Any]) -> str:
    if not hits:
        return "nothing"
    locator = hits[0].locator
    at = locator.page if locator.start_s is None else round(locator.start_s, 1)
    return f"{hits[0].source.filename} {at}"


def _hits(picture: Pixels, slugs: Sequence[str]) -> list[Any]:
    """What the pipeline finds, from the file on."""
    from ingestion.services import read_question
    from search import pipeline, services
    from search.types import Query, Viewer

    with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
        Image.fromarray(picture).save(file, "JPEG", quality=40)
        file.flush()
        asked, _ = read_question(Path(file.name), "asked.jpg", medium="image")
    corpora = services.visible_corpora(Viewer(unrestricted=True), slugs)
    return list(pipeline.find(Query(corpora=corpora, media=(asked,))).candidates)


def _is_right(hit: Any, place: Any, pixels: Pixels, read: Callable[[Any], Pixels]) -> bool:
    path, at = place
    locator, same = hit.locator, hit.source.filename == path.name
    if read is _page:
        if same and locator.page == at + 1:
            return True
    elif same and locator.start_s is not None and abs(locator.start_s - at) <= SECONDS:
        return True
    return _looks_the_same(hit, pixels)


def _looks_the_same(hit: Any, pixels: Pixels) -> bool:
    """Whether the page, or the second, that is shown looks like what was asked about."""
    from django.conf import settings

    from search.material import open_pixels
    from search.models import Asset
    from search.retrieval.pictured import CLIP_FRAMES
    from search.store import Store

    store = Store(Path(settings.MEDIA_ROOT))
    if not hit.thumbnail:
        return False
    shown = [open_pixels(store.path(hit.thumbnail))]
    if hit.kind == "video":
        near = Asset.objects.filter(document_id=hit.source.id, kind="clip")
        strips = [a for a in near if a.start_s <= hit.locator.start_s <= a.end_s]
        for strip in strips[:1]:
            frames = np.split(open_pixels(store.path(strip.sha256)), CLIP_FRAMES, 1)
            step = (strip.end_s - strip.start_s) / CLIP_FRAMES
            shown = [frames[min(int((hit.locator.start_s - strip.start_s) / step), 7)]]
    return any(_correlation(pixels, one) > EQUAL for one in shown)


def _correlation(one: Pixels, other: Pixels) -> float:
    small = [
        np.asarray(Image.fromarray(p).convert("L").resize((48, 48)), dtype=np.float64)
        for p in (one, other)
    ]
    first, second = (s.ravel() - s.mean() for s in small)
    return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second) + 1e-9))


def _strangers(options: argparse.Namespace, rng: random.Random) -> None:
    found, asked = [], 0
    for path in sorted(options.strangers.rglob("*")):
        try:
            with Image.open(path) as picture:
                picture.thumbnail((LONGEST, LONGEST))
                pixels = np.asarray(picture.convert("RGB"))
        except (OSError, ValueError, Image.DecompressionBombError):
            continue
        asked += 1
        hits = [
            h for h in _hits(photo(pixels, rng), options.corpus) if "image:details" in h.signals
        ]
        if hits:
            agree = hits[0].signals["image:details"].raw
            found.append(f"{path.name} → {hits[0].source.filename} ({agree:.0f})")
    print(f"strangers        {asked:4} asked  wrongly known {len(found)}: {', '.join(found)}")


if __name__ == "__main__":
    main()
