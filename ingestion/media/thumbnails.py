"""Pictures as pages show them: small, upright, sRGB, with nothing hidden in the file."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError

from ingestion.errors import IngestError, TooLargeError
from ingestion.types import Limits

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000")
QUALITY = 82
DECODED_SIDE = 3200  # JPEG decodes straight to about this size when it is larger

_MOST_PROFILE_BYTES = 4 << 20


@contextmanager
def open_picture(
    source: str | bytes, limits: Limits, *, cut_off: bool = False
) -> Iterator[Image.Image]:
    """A picture of a known format within the pixel limit, not yet decoded.

    Whatever decoding it raises inside the ``with`` becomes one of the errors below.
    ``cut_off``: keep the part that is there of a file that ends too early.

    Raises:
        IngestError: not a picture we read, or damaged.
        TooLargeError: more pixels than ``limits.pixels``.
    """
    file = io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb")  # noqa: SIM115
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = cut_off
    try:
        with file, warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as picture:
                check_pixels(picture.size, limits)
                yield picture
    except (IngestError, MemoryError):
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise TooLargeError(
            f"This picture has more pixels than the limit of {limits.pixels / 1e6:.0f} million. "
            "Save it smaller."
        ) from error
    except UnidentifiedImageError as error:
        raise IngestError(
            "This picture cannot be read: it is damaged, or not a JPEG, PNG, WebP, GIF, BMP, "
            "TIFF or AVIF. Save it as JPEG or PNG."
        ) from error
    except Exception as error:
        raise IngestError(
            f"This picture is damaged and could not be decoded ({type(error).__name__}). "
            "Save it again as JPEG or PNG."
        ) from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def check_pixels(size: tuple[int, int], limits: Limits) -> None:
    """Refuse a picture before it is decoded.

    Raises:
        TooLargeError: more pixels than ``limits.pixels``.
    """
    width, height = size
    if width * height > limits.pixels:
        raise TooLargeError(
            f"This picture is {width} × {height} pixels; the limit is "
            f"{limits.pixels / 1e6:.0f} million pixels. Save it smaller."
        )


def shown(picture: Image.Image) -> Image.Image:
    """The picture's current frame as people see it: turned by EXIF, on white, in sRGB."""
    if picture.format in {"JPEG", "MPO"}:
        picture.draft(None, (DECODED_SIDE, DECODED_SIDE))
    profile = picture.info.get("icc_profile")
    flat = _flat(_turned(picture))
    if isinstance(profile, bytes) and 0 < len(profile) < _MOST_PROFILE_BYTES:
        flat = _in_srgb(flat, profile)
    clean = flat if flat.mode == "RGB" else flat.convert("RGB")
    clean = clean.copy() if clean is picture else clean
    clean.info = {}
    return clean


def _turned(picture: Image.Image) -> Image.Image:
    picture.load()
    with suppress(Exception):  # EXIF that cannot be read turns nothing
        return ImageOps.exif_transpose(picture) or picture
    return picture


def _flat(picture: Image.Image) -> Image.Image:
    """Eight bits a channel and no transparency. CMYK and grey stay, for their profile."""
    if picture.mode.startswith(("I", "F")):
        values = np.nan_to_num(np.asarray(picture, dtype=np.float64))
        low, high = min(0.0, float(values.min())), float(values.max())
        scale = 255.0 / (high - low) if high > low else 0.0
        return Image.fromarray(((values - low) * scale).astype(np.uint8))
    if picture.mode == "LAB":
        return picture.getchannel(0)
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        paper.alpha_composite(layer)
        return paper.convert("RGB")
    return picture if picture.mode in {"RGB", "CMYK", "L"} else picture.convert("RGB")


def _in_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
        return converted or picture
    return picture


def save_webp(
    picture: Image.Image, folder: str, name: str, *, max_side: int, quality: int = QUALITY
) -> tuple[str, int, int]:
    """Write a picture, at most ``max_side`` pixels long; its file name, width and height.

    Nothing but pixels is written: no EXIF, no place, no profile.
    """
    small = picture.convert("RGB") if picture.mode != "RGB" else picture.copy()
    small.thumbnail((max_side, max_side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    small.info = {}
    small.save(Path(folder, name), "WEBP", quality=quality, method=2)
    return name, small.width, small.height
