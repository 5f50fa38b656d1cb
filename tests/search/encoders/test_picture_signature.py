"""What is kept of a picture so that it is known again."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from search.encoders.local_features import Details, Pixels
from search.encoders.picture_signature import differing, look_of, pack, sign, unpack


def scene(seed: int = 0) -> Pixels:
    draw_from = np.random.default_rng(seed)
    picture = Image.new("RGB", (400, 300), "white")
    pen = ImageDraw.Draw(picture)
    for x, y, width in draw_from.integers(0, 300, (40, 3)):
        colour = tuple(int(c) for c in draw_from.integers(0, 255, 3))
        pen.rectangle((x, y, x + width // 3, y + width // 4), fill=colour)
    return np.asarray(picture)


@given(
    st.lists(
        st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(0, 255)), max_size=9),
        max_size=3,
    )
)
def test_packed_details_come_back_where_they_were(
    several: list[list[tuple[float, float, int]]],
) -> None:
    details = [
        Details(
            np.array([(x, y) for x, y, _ in one], np.float32).reshape(len(one), 2),
            np.array([[value] * 128 for *_, value in one], np.uint8).reshape(len(one), 128),
        )
        for one in several
    ]
    again = unpack(pack(details))
    assert len(again) == len(details)
    for one, other in zip(details, again, strict=True):
        assert np.allclose(one.points, other.points, atol=1e-4)
        assert (one.descriptors == other.descriptors).all()


def test_a_compressed_copy_looks_the_same_and_another_picture_does_not() -> None:
    small = Image.fromarray(scene()).resize((200, 150))
    copy = np.asarray(small.point(lambda value: min(255, value + 12)))
    assert differing(look_of(scene()), look_of(copy)) <= 4
    assert differing(look_of(scene()), look_of(scene(1))) > 12


def test_a_signature_has_a_unit_vector_for_each_scale() -> None:
    signature = sign(scene())
    assert signature.vectors.shape[0] == 2
    assert np.allclose(np.linalg.norm(signature.vectors, axis=1), 1, atol=1e-5)
    assert -(2**63) <= signature.look < 2**63


def test_a_blank_picture_has_no_vector() -> None:
    assert len(sign(np.full((300, 400, 3), 255, np.uint8)).vectors) == 0
