import numpy as np
import pytest
from PIL import Image, ImageCms

from ingestion.errors import IngestError, TooLargeError
from ingestion.media.thumbnails import open_picture, save_webp, shown
from ingestion.types import Limits
from tests.ingestion.media.clips import encoded

LIMITS = Limits()


def seen(payload, limits=LIMITS, **options):
    with open_picture(payload, limits, **options) as picture:
        return shown(picture)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000"])
def test_every_promised_format_is_read(kind):
    picture = seen(encoded(Image.new("RGB", (64, 48), (200, 30, 30)), kind))
    assert (picture.size, picture.mode) == ((64, 48), "RGB")
    assert picture.getpixel((30, 20)) == pytest.approx((200, 30, 30), abs=8)


@pytest.mark.parametrize("kind", ["PPM", "ICO", "TGA", "PDF", "EPS"])
def test_no_other_format_is_tried(kind):
    with pytest.raises(IngestError, match="cannot be read"):
        seen(encoded(Image.new("RGB", (64, 48)), kind))


def test_a_picture_over_the_pixel_limit_is_refused_before_decoding():
    bomb = encoded(Image.new("1", (9000, 9000)), "PNG")
    assert len(bomb) < 20_000
    with pytest.raises(TooLargeError, match="9000 × 9000 pixels; the limit is 40 million"):
        seen(bomb)


def test_a_picture_over_pillows_own_limit_is_refused_too():
    bomb = encoded(Image.new("1", (20000, 20000)), "PNG")
    with pytest.raises(TooLargeError, match="40 million"):
        seen(bomb)


@pytest.mark.parametrize(
    ("orientation", "size", "corner"),
    [
        (1, (60, 40), (10, 10)),
        (3, (60, 40), (50, 30)),
        (6, (40, 60), (30, 10)),
        (8, (40, 60), (10, 50)),
    ],
)
def test_exif_turns_the_picture(orientation, size, corner):
    stored = Image.new("RGB", (60, 40), (30, 30, 200))
    stored.paste((200, 30, 30), (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = seen(encoded(stored, "JPEG", exif=exif, quality=95, subsampling=0))
    assert picture.size == size
    assert picture.getpixel(corner) == pytest.approx((200, 30, 30), abs=20)


def test_transparency_becomes_white():
    picture = seen(encoded(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG"))
    assert picture.getpixel((5, 5)) == (255, 255, 255)


def test_sixteen_bits_become_eight_without_clipping():
    ramp = np.tile(np.linspace(0, 65535, 100).astype(np.uint16), (20, 1))
    pixels = np.asarray(seen(encoded(Image.fromarray(ramp), "PNG")).convert("L"))
    assert (pixels[0, 0], pixels[0, -1]) == (0, 255)
    assert pixels[0, 50] == pytest.approx(128, abs=3)


def test_cmyk_and_palettes_become_rgb():
    for mode in ("CMYK", "P", "L", "1", "LA"):
        kind = "TIFF" if mode == "CMYK" else "PNG"
        assert seen(encoded(Image.new("RGB", (8, 8), "red").convert(mode), kind)).mode == "RGB"


def test_a_broken_profile_is_ignored():
    good = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (good, b"\0" * 200, good[:100]):
        payload = encoded(Image.new("RGB", (8, 8), (10, 200, 10)), "PNG", icc_profile=profile)
        assert seen(payload).getpixel((3, 3)) == pytest.approx((10, 200, 10), abs=3)


def test_a_cut_off_picture_is_refused_unless_its_rest_is_wanted():
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8))
    half = encoded(noise, "PNG")[:60_000]
    with pytest.raises(IngestError, match="damaged"):
        seen(half)
    assert seen(half, cut_off=True).size == (200, 200)


def test_of_an_animation_the_first_frame_is_shown():
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    for kind in ("GIF", "WEBP", "PNG", "AVIF"):
        payload = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        red, _, blue = seen(payload).getpixel((5, 5))
        assert red > 200 > blue


def test_what_is_written_has_no_place_and_no_profile(tmp_path):
    exif = Image.Exif()
    exif[0x010E] = "secret words"
    exif.get_ifd(0x8825)[1] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    payload = encoded(Image.new("RGB", (400, 200)), "JPEG", exif=exif, icc_profile=profile)
    name, width, height = save_webp(seen(payload), str(tmp_path), "image.webp", max_side=100)
    assert (name, width, height) == ("image.webp", 100, 50)
    written = (tmp_path / name).read_bytes()
    assert b"EXIF" not in written
    assert b"ICCP" not in written
    assert b"secret" not in written
