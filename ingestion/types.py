"""What a parser gives back, and what chunking makes of it. Plain values: no Django, no models."""

from dataclasses import dataclass, field

from search.types import Anchor, Box, View


@dataclass(frozen=True, slots=True)
class Block:
    """A run of text with its place, in reading order.

    ``kind``: paragraph, heading, list, table_row, code, caption, cue (subtitle line), ocr, record,
    label (words printed in a figure).
    ``part``: the name of the figure or table whose caption or row it is; the picture of a figure
    is the media file of that stem.
    ``anchors`` place character ranges of ``text``: one per printed line (box) or per cue (time).
    """

    text: str
    kind: str = "paragraph"
    origin: str = "source"  # or "derived": read or heard by a machine
    page: int | None = None  # page, slide or sheet, from 1
    level: int = 0  # of a heading: 1 is the highest
    section: str = ""  # sheet, slide or symbol name, where the format has one
    part: str = ""
    anchors: tuple[Anchor, ...] = ()
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page, slide or sheet. ``image``: file name of its picture in the output folder."""

    number: int
    label: str = ""
    width: float = 0.0  # points or pixels; only the ratio matters
    height: float = 0.0
    image: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """A picture, a frame, a shot or a sound window, stored as a file in the output folder.

    ``kind``: image (the document is a picture, or an embedded one), shot (a span of video with its
    frame), sound (a span of audio with its waveform), poster (shows the whole document), clip (a
    span of video as eight small frames side by side), frame (stands for a clip that is no shot),
    track (the whole sound, for encoders).
    """

    kind: str
    file: str
    width: int = 0
    height: int = 0
    page: int | None = None
    box: Box | None = None
    start_s: float | None = None
    end_s: float | None = None
    frame_s: float | None = None  # presentation time of the frame shown
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A file found inside an archive: ingested as a document of its own.

    ``file`` is a name we made in the output folder; ``name`` is what the archive calls it.
    """

    file: str
    name: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """Everything a parser found in one file. Files it wrote lie beside, under names it made."""

    media_type: str
    title: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""  # ISO: 2009, 2009-06 or 2009-06-15
    doi: str = ""
    url: str = ""
    licence: str = ""
    language: str = ""  # ISO 639-1, "" if unsure
    blocks: tuple[Block, ...] = ()
    pages: tuple[Page, ...] = ()
    media: tuple[Media, ...] = ()
    members: tuple[Member, ...] = ()
    duration_s: float | None = None
    notices: tuple[str, ...] = ()  # sentences: what could not be read. Any makes it "partial"


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A subtitle file that came beside a recording."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class ParseRequest:
    """One file for the child: bytes by path, and the folder it may write to."""

    path: str
    filename: str  # as it came; never used as a path
    output: str
    media_type: str = ""  # a guess by the uploader; the content decides
    sidecars: tuple[Sidecar, ...] = ()


@dataclass(frozen=True, slots=True)
class PassageDraft:
    """A passage before it has an id: what chunking makes of blocks and media."""

    kind: str  # a search.types.Modality value
    text: str
    heading: str = ""  # titles above it, outermost first, joined by " › "
    page: int | None = None
    page_label: str = ""
    boxes: tuple[Box, ...] = ()
    start_s: float | None = None
    end_s: float | None = None
    chars: tuple[int, int] | None = None  # in the document's text: its blocks joined by "\n\n"
    anchors: tuple[Anchor, ...] = ()
    views: tuple[View, ...] = ()
    picture: str = ""  # file name in the output folder of the page, picture or frame that shows it
    frame_s: float | None = None
    frames: tuple[str, ...] = ()  # further pictures of a clip in which something moves


@dataclass(frozen=True, slots=True)
class Limits:
    """What one parse may use. Seconds, bytes, pixels."""

    cpu_s: int = 600
    wall_s: int = 900
    memory_bytes: int = 2 << 30
    output_bytes: int = 1 << 30
    pixels: int = 40_000_000
    pages: int = 2000
    media_s: float = 4 * 3600.0
    frames: int = 500
    members: int = 2000
    unpacked_bytes: int = 1 << 30
    text_chars: int = 20_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a child ended: a result, or the sentence that says why there is none."""

    parsed: Parsed | None
    error: str = ""
    cpu_s: float = 0.0
    peak_bytes: int = 0
    wall_s: float = 0.0
    crashed: bool = False
    files: tuple[str, ...] = field(default_factory=tuple)
