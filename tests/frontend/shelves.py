"""Documents put on a shelf as ingestion leaves them: bytes in the store, rows, an index."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from PIL import Image, ImageDraw

from ingestion.models import Job, State
from search import indexing
from search.models import Asset, Corpus, Document, Passage
from search.store import Store

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


@dataclass
class Shelf:
    """What a document is made of before it is put on a shelf."""

    title: str
    filename: str
    media_type: str
    content: bytes
    passages: Sequence[dict[str, Any]] = ()
    assets: Sequence[tuple[dict[str, Any], bytes]] = ()
    fields: dict[str, Any] = field(default_factory=dict)


def put(corpus: Corpus, shelf: Shelf) -> Document:
    """Store, rows and index of one searchable document."""
    store = Store(Path(settings.MEDIA_ROOT))
    sha256, size = store.add([shelf.content])
    with transaction.atomic():
        document = Document.objects.create(
            corpus=corpus, title=shelf.title, filename=shelf.filename, sha256=sha256, size=size,
            media_type=shelf.media_type, language="en", published_at=timezone.now(), **shelf.fields,
        )  # fmt: skip
        Job.objects.create(document=document, state=State.SEARCHABLE, progress=1.0)
        for fields, picture in shelf.assets:
            digest, bytes_ = store.add([picture])
            Asset.objects.create(document=document, sha256=digest, size=bytes_, **fields)
        rows = [
            Passage(document=document, corpus=corpus, ordinal=n, language="en", **fields)
            for n, fields in enumerate(shelf.passages)
        ]
        indexing.publish(document, rows, {})
    return document


def paper(title: str = "How a Fresnel lens saves glass") -> Shelf:
    """Three pages with pictures; on page 2 a passage of two printed lines with a box each."""
    first = "A stepped lens keeps the curvature and drops the glass behind it."
    second = "The lamp of a first-order light is seen for twenty miles on a clear night."
    text = f"{first} {second}"
    cut = len(first) + 1
    passages = [
        {"kind": "text", "text": "Lighthouses before 1820 burned oil behind flat panes.", "page": 1,
         "heading": title, "boxes": [[0.1, 0.12, 0.8, 0.05]]},
        {"kind": "text", "text": text, "page": 2, "heading": f"{title} › The lens",
         "boxes": [[0.1, 0.3, 0.8, 0.08]],
         "anchors": [[0, cut, 0.1, 0.3, 0.8, 0.04], [cut, len(text), 0.1, 0.34, 0.8, 0.04]]},
        {"kind": "text", "text": "Mercury baths let the optic turn at the touch of a finger.",
         "page": 3, "heading": title, "boxes": [[0.1, 0.5, 0.8, 0.05]]},
    ]  # fmt: skip
    assets = [
        ({"kind": "page", "page": n, "page_label": str(40 + n), "width": 595.0, "height": 842.0},
         picture_of(f"page {n}", (595, 842)))
        for n in (1, 2, 3)
    ]  # fmt: skip
    fields = {"authors": ["Ada Heron", "Bo Plover"], "issued": "2009-06", "page_count": 3,
              "doi": "10.1234/lens"}  # fmt: skip
    return Shelf(title, "lens.pdf", "application/pdf", b"%PDF-1.4 " + title.encode(),
                 passages, assets, fields)  # fmt: skip


def film(title: str = "How far a light is seen") -> Shelf:
    """Twelve seconds with three cues and two shots."""
    said = ["The horizon is nearer than you think.", "From the gallery it lies eleven miles away.",
            "A taller tower shows the lamp farther out."]  # fmt: skip
    passages = [
        {"kind": "video", "text": "\n".join(said[:2]), "start_s": 0.0, "end_s": 8.0,
         "views": [["transcript", "source", 0, 80]],
         "anchors": [[0, len(said[0]), *[None] * 4, 0.0, 4.0],
                     [len(said[0]) + 1, len(said[0]) + 1 + len(said[1]), *[None] * 4, 4.0, 8.0]]},
        {"kind": "video", "text": said[2], "start_s": 8.0, "end_s": 12.0,
         "views": [["transcript", "source", 0, 40]],
         "anchors": [[0, len(said[2]), *[None] * 4, 8.0, 12.0]]},
    ]  # fmt: skip
    assets = [
        ({"kind": "shot", "start_s": s, "end_s": s + 6.0, "frame_s": s + 1, "width": 320.0,
          "height": 180.0}, picture_of(f"shot at {s:g} s", (320, 180)))
        for s in (0.0, 6.0)
    ]  # fmt: skip
    return Shelf(title, "light.mp4", "video/mp4", mp4(), passages, assets, {"duration_s": 12.0})


def note(title: str = "Field notes", passages: int = 3) -> Shelf:
    """A text file of some passages."""
    rows = [{"kind": "text", "text": f"Note {n}: a heron stood in the reeds at dawn.",
             "heading": "Herons"} for n in range(passages)]  # fmt: skip
    return Shelf(title, "notes.txt", "text/plain", title.encode(), rows)


def photograph(title: str = "Lamp with a label") -> Shelf:
    """A picture in which two words were read."""
    rows = [{"kind": "image", "text": "FRESNEL LENS", "boxes": [[0.2, 0.4, 0.5, 0.1]]}]
    shown = ({"kind": "image", "width": 640.0, "height": 480.0}, picture_of(title, (640, 480)))
    return Shelf(
        title, "lamp.png", "image/png", picture_of(title, (640, 480), "PNG"), rows, [shown]
    )


def picture_of(words: str, size: tuple[int, int], form: str = "WEBP") -> bytes:
    """A pale picture with the words in its middle."""
    image = Image.new("RGB", size, "#f4f1e8")
    draw = ImageDraw.Draw(image)
    draw.rectangle((6, 6, size[0] - 7, size[1] - 7), outline="#b9b2a0")
    draw.text((size[0] // 2, size[1] // 2), words, fill="#3b3a36", anchor="mm", font_size=24)
    buffer = io.BytesIO()
    image.save(buffer, form)
    return buffer.getvalue()


@cache
def mp4() -> bytes:
    """A film of twelve seconds that Chromium plays: a bar walks from left to right."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(5))
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(60):
            pixels = np.full((180, 320, 3), 60, np.uint8)
            pixels[:, 5 * number : 5 * number + 12] = (240, 200, 90)
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return buffer.getvalue()
