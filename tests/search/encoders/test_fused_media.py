"""The encoder that joins another's vectors of several media."""

import numpy as np
import pytest

from search.encoders.cross_modal import WEIGHTS
from search.encoders.fused_media import ATTENTION, MEDIA, FusedMedia
from search.encoders.media import Medium
from search.errors import ConfigurationError, ModelMissingError
from tests.search.small_towers import random_towers


@pytest.fixture
def towers(minilm):
    return random_towers(minilm)


def attention(folder, space, *, seed=0):
    import torch

    from search.encoders.cross_modal import FusionNetwork, save_fusion

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = FusionNetwork(128)
        torch.nn.init.normal_(network.query)
    folder.mkdir(exist_ok=True)
    save_fusion(network, folder, dim=128, space=space)
    return str(folder)


def parts() -> dict[Medium, np.ndarray]:
    rng = np.random.default_rng(0)
    rows = {medium: rng.normal(size=(2, 128)).astype(np.float32) for medium in Medium}
    return {m: r / np.linalg.norm(r, axis=1, keepdims=True) for m, r in rows.items()}


def test_without_an_attention_the_media_are_summed_with_fixed_weights(towers, tmp_path) -> None:
    plain = FusedMedia(towers, checkpoint=str(tmp_path))
    weighed = FusedMedia(towers, weights={"text": 3.0})
    assert plain.join(parts()).weights == pytest.approx(np.full((2, 4), 0.25))
    assert weighed.join(parts()).contributions(0)[Medium.TEXT] == pytest.approx(0.5)


def test_a_trained_attention_weighs_each_thing_by_itself(towers, tmp_path) -> None:
    fused = FusedMedia(towers, checkpoint=attention(tmp_path / "own", towers.fingerprint))
    weights = fused.join(parts()).weights
    assert weights.sum(axis=1) == pytest.approx([1.0, 1.0])
    assert not np.allclose(weights[0], weights[1])


def test_another_encoder_another_attention_or_other_weights_make_another_space(
    towers, minilm, tmp_path
) -> None:
    trained = [attention(tmp_path / f"{n}", towers.fingerprint, seed=n) for n in range(2)]
    blind = random_towers(minilm, order_blind=True)
    blind.fingerprint = "towers:others"
    several = [
        FusedMedia(towers),
        FusedMedia(blind),
        FusedMedia(towers, weights={"sound": 2.0}),
        *(FusedMedia(towers, checkpoint=folder) for folder in trained),
    ]
    assert len({one.fingerprint for one in several}) == len(several)
    again = FusedMedia(towers, checkpoint=trained[0])
    assert again.fingerprint == several[3].fingerprint
    assert towers.fingerprint not in {one.fingerprint for one in several}


def test_an_attention_of_another_space_is_refused(towers, tmp_path) -> None:
    with pytest.raises(ModelMissingError, match="towers:others"):
        FusedMedia(towers, checkpoint=attention(tmp_path / "own", "towers:others"))


def test_what_gives_several_vectors_or_reads_only_words_cannot_be_joined(minilm) -> None:
    with pytest.raises(ConfigurationError, match="OnnxTextEncoder"):
        FusedMedia(minilm)


def test_questions_are_asked_as_of_the_encoder_that_is_joined(towers) -> None:
    fused = FusedMedia(towers)
    words = ["a red circle"]
    assert np.array_equal(fused.encode_queries(words), towers.encode_queries(words))
    assert (fused.media, fused.dim, MEDIA) == (towers.media, towers.dim, tuple(Medium))
    assert ATTENTION == WEIGHTS
