"""Several media of one thing as one vector."""

import numpy as np
import pytest
import torch

from search.encoders.base import as_unit_rows
from search.encoders.cross_modal import CrossModalFusion, FusionNetwork, save_fusion
from search.encoders.media import Medium
from search.errors import ModelMissingError, SearchError

DIM = 16


def _rows(count: int, seed: int) -> np.ndarray:
    return as_unit_rows(np.random.default_rng(seed).normal(size=(count, DIM)), dim=DIM)


@pytest.fixture
def attention() -> CrossModalFusion:
    torch.manual_seed(1)
    network = FusionNetwork(DIM)
    torch.nn.init.normal_(network.query)
    return CrossModalFusion.around(network)


@pytest.fixture
def parts() -> dict[Medium, np.ndarray]:
    found = {medium: _rows(3, place) for place, medium in enumerate(Medium)}
    found[Medium.SOUND][1] = 0.0  # the second thing has no sound
    return found


@pytest.mark.parametrize("learned", [True, False])
def test_weights_sum_to_one_and_none_falls_on_what_is_missing(attention, parts, learned):
    fused = (attention if learned else CrossModalFusion()).fuse(parts)
    assert np.allclose(fused.weights.sum(axis=1), 1, atol=1e-5)
    assert set(fused.contributions(0)) == set(Medium)
    assert Medium.SOUND not in fused.contributions(1)
    assert np.allclose(np.linalg.norm(fused.rows, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("learned", [True, False])
def test_a_missing_medium_leaves_no_trace(attention, parts, learned):
    fusion = attention if learned else CrossModalFusion()
    second = {medium: rows[1:2] for medium, rows in parts.items() if medium is not Medium.SOUND}
    assert np.allclose(fusion.fuse(second).rows[0], fusion.fuse(parts).rows[1], atol=1e-5)


def test_a_thing_of_one_medium_keeps_its_vector(attention, parts):
    only = {Medium.CLIP: parts[Medium.CLIP]}
    assert np.allclose(attention.fuse(only).rows, parts[Medium.CLIP], atol=1e-5)


def test_the_weights_explain_the_whole_vector(attention, parts):
    fused = attention.fuse(parts)
    summed = sum(weight * parts[medium][0] for medium, weight in fused.contributions(0).items())
    assert np.allclose(summed / np.linalg.norm(summed), fused.rows[0], atol=1e-5)


def test_without_training_the_vectors_are_summed_with_the_weights_given(parts):
    two = {Medium.TEXT: parts[Medium.TEXT], Medium.IMAGE: parts[Medium.IMAGE]}
    fused = CrossModalFusion(weights={"text": 3.0}).fuse(two)
    assert fused.contributions(0) == {Medium.TEXT: 0.75, Medium.IMAGE: 0.25}


def test_a_question_turns_the_attention_to_the_part_that_it_is_about(attention, parts):
    about_clip = attention.fuse(parts, questions=parts[Medium.CLIP]).contributions(0)
    about_image = attention.fuse(parts, questions=parts[Medium.IMAGE]).contributions(0)
    assert about_clip[Medium.CLIP] > about_image[Medium.CLIP]


def test_scores_are_those_of_the_vectors_fused_for_each_question(attention, parts):
    questions = parts[Medium.TEXT]
    scores = attention.scores(parts, questions)
    fused = attention.fuse(parts, questions=questions).rows
    assert scores.shape == (3, 3)
    assert np.allclose(np.diag(scores), (questions * fused).sum(axis=1), atol=1e-5)


def test_a_thing_without_any_medium_is_refused():
    with pytest.raises(SearchError, match="Thing 1"):
        CrossModalFusion().fuse({Medium.TEXT: np.array([[1, 0], [0, 0]], dtype=np.float32)})


def test_a_saved_attention_fuses_as_before(attention, parts, tmp_path):
    save_fusion(attention.network, tmp_path, dim=DIM, space="towers:1")
    again = CrossModalFusion(str(tmp_path), space="towers:1")
    assert np.array_equal(again.fuse(parts).rows, attention.fuse(parts).rows)


def test_a_folder_without_an_attention_is_named_with_the_remedy(tmp_path):
    with pytest.raises(ModelMissingError, match=r"fusion\.json.*manage\.py train fusion"):
        CrossModalFusion(str(tmp_path))


def test_an_attention_trained_on_other_towers_is_refused(attention, tmp_path):
    save_fusion(attention.network, tmp_path, dim=DIM, space="towers:1")
    with pytest.raises(ModelMissingError, match=r"'towers:1', not 'towers:2'.*train fusion"):
        CrossModalFusion(str(tmp_path), space="towers:2")
