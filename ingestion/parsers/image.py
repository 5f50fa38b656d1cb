"""Pictures: shown again by us, their words read, their description kept."""

import re
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from PIL import ExifTags, Image

from ingestion.errors import IngestError, TooLargeError
from ingestion.media import progress
from ingestion.media.ocr import ocr_missing
from ingestion.media.thumbnails import QUALITY, check_pixels, open_picture, save_webp, shown
from ingestion.media.words import picture_words
from ingestion.parsers.base import Parser
from ingestion.types import Block, Limits, Media, Page, Parsed, ParseRequest

SHOWN_SIDE = 1600
SMALL_PIXELS = 400_000  # a crop has few pixels to be known again by
FINE = 95
MOST_PAGES = 20
CUT_OFF = "The file is cut off or damaged; a part of the picture is missing."
MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "DIB": "image/bmp",
    "TIFF": "image/tiff",
    "AVIF": "image/avif",
    "JPEG2000": "image/jp2",
}
_PLACEHOLDERS = re.compile(
    r"OLYMPUS DIGITAL CAMERA|SONY DSC|DCIM|default|untitled|\W*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Description:
    """What the camera or the author wrote into the file."""

    title: str = ""
    caption: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    licence: str = ""


class ImageParser(Parser):
    """JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF and JPEG 2000. Of an animation the first frame."""

    accepts: ClassVar[frozenset[str]] = frozenset(
        {
            "image/jpeg",
            "image/png",
            "image/apng",
            "image/webp",
            "image/gif",
            "image/bmp",
            "image/x-ms-bmp",
            "image/tiff",
            "image/avif",
            "image/heic",  # the brand of many AVIF files too; a real HEIC is refused by Pillow
            "image/jp2",
        }
    )

    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        """The picture as ``image.webp`` and its words as ``ocr`` blocks.

        A TIFF of several pages gives up to 20 pages, each with its picture and words.

        Raises:
            IngestError: not a picture we read, or it cannot be decoded.
            TooLargeError: more pixels than ``limits.pixels``.
        """
        try:
            return _parsed(request, limits, cut_off=False)
        except TooLargeError:
            raise
        except IngestError as error:
            try:
                return _parsed(request, limits, cut_off=True)
            except IngestError:
                raise error from None


def _parsed(request: ParseRequest, limits: Limits, *, cut_off: bool) -> Parsed:
    with open_picture(request.path, limits, cut_off=cut_off) as picture:
        kind = MEDIA_TYPES.get(picture.format or "", "image/png")
        described = _description(picture)
        notices = [CUT_OFF]
        notices = notices if cut_off else []
        if kind == "image/tiff" and _has_page(picture, 1):
            pages, blocks = _pages(picture, request.output, limits, notices)
            media: tuple[Media, ...] = ()
        else:
            visible = shown(picture)
            progress.report(0.3)
            is_small = visible.width * visible.height < SMALL_PIXELS
            name, width, height = save_webp(
                visible,
                request.output,
                "image.webp",
                max_side=SHOWN_SIDE,
                quality=FINE if is_small else QUALITY,
            )
            media = (Media("image", name, width, height, caption=described.caption),)
            pages, blocks = (), picture_words(visible)
    if missing := ocr_missing():
        notices.append(missing)
    caption = (Block(described.caption, kind="caption"),) if described.caption else ()
    return Parsed(
        media_type=kind,
        title=described.title,
        authors=described.authors,
        published=described.published,
        licence=described.licence,
        blocks=(*caption, *blocks),
        pages=pages,
        media=media,
        notices=tuple(notices),
    )


def _has_page(picture: Image.Image, number: int) -> bool:
    try:
        picture.seek(number)
    except (EOFError, OSError, ValueError, SyntaxError):
        return False
    finally:
        picture.seek(0)
    return True


def _pages(
    picture: Image.Image, folder: str, limits: Limits, notices: list[str]
) -> tuple[tuple[Page, ...], tuple[Block, ...]]:
    pages: list[Page] = []
    blocks: list[Block] = []
    for number in range(1, MOST_PAGES + 1):
        try:
            picture.seek(number - 1)
        except EOFError:
            break
        try:
            check_pixels(picture.size, limits)
            visible = shown(picture)
        except (IngestError, OSError, ValueError, SyntaxError) as error:
            if not pages and not isinstance(error, IngestError):
                raise
            notices.append(f"Page {number} could not be read.")
            continue
        name, width, height = save_webp(
            visible, folder, f"page-{number:04}.webp", max_side=SHOWN_SIDE
        )
        pages.append(Page(number, "", width, height, name))
        blocks += picture_words(visible, page=number)
        progress.report(number / MOST_PAGES)
    if len(pages) == MOST_PAGES and _has_page(picture, MOST_PAGES):
        notices.append(f"Only the first {MOST_PAGES} pages of this TIFF were read.")
    if not pages:
        raise IngestError("No page of this TIFF can be decoded. Save it as PDF or PNG.")
    return tuple(pages), tuple(blocks)


def _description(picture: Image.Image) -> Description:
    """EXIF's title, description, artist, copyright and date. The place is not read."""
    try:
        exif = picture.getexif()
        deeper = exif.get_ifd(ExifTags.IFD.Exif)
    except Exception:  # EXIF is free-form bytes; whatever is wrong with it, the picture counts
        return Description()
    base = ExifTags.Base
    taken = _words(deeper.get(base.DateTimeOriginal) or exif.get(base.DateTime))
    caption = _words(exif.get(base.ImageDescription))
    artist = _words(exif.get(base.Artist)) or _words(exif.get(base.XPAuthor))
    return Description(
        title=_words(exif.get(base.XPTitle))[:300],
        caption="" if _PLACEHOLDERS.fullmatch(caption) else caption[:5000],
        authors=tuple(name.strip()[:200] for name in artist.split(";") if name.strip()),
        published=_day(taken),
        licence=_words(exif.get(base.Copyright))[:300],
    )


def _words(value: object) -> str:
    """A text tag: plain, or UTF-16 bytes as Windows writes them."""
    if isinstance(value, tuple) and all(isinstance(part, int) for part in value):
        value = bytes(part for part in value if 0 <= part < 256)
    if isinstance(value, bytes):
        value = value.decode("utf-16-le", "ignore")
    if not isinstance(value, str):
        return ""
    printable = "".join(letter if letter.isprintable() else " " for letter in value)
    return " ".join(printable.split())


def _day(text: str) -> str:
    """EXIF's "2009:06:15 10:11:12" as an ISO date; "" if there is no such day."""
    found = re.match(r"(\d{4})[:-](\d{2})[:-](\d{2})", text)
    if not found:
        return ""
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return ""
    return day.isoformat() if 1826 <= day.year <= date.today().year + 1 else ""
