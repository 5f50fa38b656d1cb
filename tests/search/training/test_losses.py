"""What the losses reward."""

import math

import pytest
import torch
from torch.nn.functional import normalize

from search.training.losses import facts_cross_entropy, symmetric_info_nce, twins_cross_entropy

ROWS = torch.eye(4)


def test_partners_alike_and_others_apart_cost_nearly_nothing():
    assert float(symmetric_info_nce(ROWS, ROWS, scale=50.0)) < 1e-6


def test_rows_that_tell_nothing_cost_the_logarithm_of_the_batch():
    alike = torch.ones(4, 4) / 2
    assert float(symmetric_info_nce(alike, alike, scale=10.0)) == pytest.approx(math.log(4))


def test_the_two_sides_are_treated_alike():
    torch.manual_seed(0)
    left, right = normalize(torch.randn(2, 5, 8), dim=-1)
    there = float(symmetric_info_nce(left, right, scale=7.0))
    assert float(symmetric_info_nce(right, left, scale=7.0)) == pytest.approx(there)


def test_what_says_the_same_is_no_negative():
    left = ROWS[[0, 0, 2]]
    same = torch.tensor([[True, True, False], [True, True, False], [False, False, True]])
    assert float(symmetric_info_nce(left, left, scale=50.0)) > 0.3
    assert float(symmetric_info_nce(left, left, scale=50.0, same=same)) < 1e-6


def test_a_hard_negative_costs_more_the_nearer_it_is():
    far, near = -ROWS[:, None], (0.9 * ROWS + 0.1)[:, None]
    costs = [float(symmetric_info_nce(ROWS, ROWS, scale=5.0, hard=hard)) for hard in (far, near)]
    assert costs[1] > costs[0] + 0.1


def test_sides_of_different_length_are_refused():
    with pytest.raises(ValueError, match=r"\(4, 4\), \(3, 4\)"):
        symmetric_info_nce(ROWS, ROWS[:3], scale=1.0)


def test_twins_that_cannot_be_told_apart_cost_the_logarithm_of_two():
    twins = ROWS[[0, 0, 1, 1]]
    assert float(twins_cross_entropy(twins, twins, scale=20.0)) == pytest.approx(math.log(2))
    assert float(twins_cross_entropy(ROWS, ROWS, scale=20.0)) < 1e-6


def test_a_fact_competes_with_those_of_its_group_only():
    groups = torch.tensor([0, 0, 1, 1])
    told = torch.tensor([[0, 2]])
    both = normalize(ROWS[:1] + ROWS[2:3], dim=-1)
    costs = facts_cross_entropy(both, ROWS, facts=told, groups=groups, scale=50.0)
    assert float(costs) < 1e-6


def test_facts_that_are_not_known_cost_nothing():
    groups = torch.tensor([0, 0, 1, 1])
    costs = facts_cross_entropy(
        ROWS[:1], ROWS, facts=torch.tensor([[0, -1]]), groups=groups, scale=50.0
    )
    assert float(costs) < 1e-6
