"""When a kept picture is what was asked with, and when it merely has something in common."""

import numpy as np
import pytest
from PIL import Image

from search.encoders.local_features import Overlay
from search.models import Passage
from search.retrieval import pictured

COARSE = np.random.default_rng(4).integers(0, 255, (9, 12, 3), dtype=np.uint8)
ASKED = np.asarray(Image.fromarray(COARSE).resize((480, 360)))
NOISE = np.random.default_rng(5).integers(-60, 60, ASKED.shape)
ALIKE = np.clip(ASKED.astype(int) * 0.4 + 70 + NOISE, 0, 255).astype(np.uint8)
OTHER = np.ascontiguousarray(ASKED[::-1])


@pytest.mark.parametrize(
    ("places", "kept", "is_shown"),
    [
        (pictured.FEW, ASKED, True),
        (pictured.FEW, ALIKE, False),
        (pictured.ENOUGH, ALIKE, True),
        (pictured.ENOUGH, OTHER, False),
        (pictured.CERTAIN, OTHER, True),
    ],
)
def test_the_fewer_places_agree_the_more_alike_the_pictures_must_be(places, kept, is_shown):
    overlay = Overlay(places, np.eye(3))
    one = pictured._Kept(Passage(), kept, overlay)
    assert pictured._shows(ASKED, one) is is_shown
