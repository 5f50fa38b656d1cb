"""Plug-ins as the environment names them."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from mmsearch_site import plugins


def test_what_joins_media_takes_the_attention_of_the_towers_it_joins() -> None:
    seeing = plugins.media_encoders({"towers": "/own", "image": "/clip"}, device="cpu")
    assert plugins.fused_media("", seeing) == {}
    joins = plugins.fused_media("towers", seeing)["fused"]["OPTIONS"]
    assert joins == {"media": "towers", "checkpoint": "/own"}
    assert plugins.fused_media("image", seeing)["fused"]["OPTIONS"]["checkpoint"] == ""


def test_joining_what_is_not_there_stops_the_start_with_the_names_there_are() -> None:
    seeing = plugins.media_encoders({"image": "/clip"}, device="cpu")
    with pytest.raises(ImproperlyConfigured, match=r"MMSEARCH_FUSED is 'towers'.*image"):
        plugins.fused_media("towers", seeing)
