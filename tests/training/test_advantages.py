"""Rewards by rank and advantages by group and by shared prefix, against figures by hand."""

import math

import pytest
import torch

from training.cohort.advantages import (
    advantages,
    group_advantages,
    is_flat,
    places,
    prefix_advantages,
    rank_rewards,
    rewards,
)


def test_the_rank_rewards_of_sixteen_are_the_published_ones() -> None:
    values = rank_rewards([0.0] * 16 + [1.0], range(17))
    assert values[-1] == 0
    sixteen = rank_rewards([0.0] * 15 + [1.0], range(16))
    total = sum(1 / math.log2(place + 2) for place in range(16))
    expected = [-1 / math.log2(place + 2) / total for place in range(15)]
    assert sixteen == pytest.approx((*expected, 0.0), abs=1e-15)
    assert round(sixteen[0], 3) == -0.164
    assert round(rank_rewards([1.0] + [0.0] * 15, range(16))[-1], 3) == -0.040


def test_without_a_hit_nobody_is_blamed_by_rank() -> None:
    assert rank_rewards([0.0, 0.0, 0.0], range(3)) == (0.0, 0.0, 0.0)
    assert rank_rewards([0.5, 0.5], range(2)) == (0.0, 0.0)


def test_a_hit_that_shares_its_identifier_is_a_hit() -> None:
    first, second, third = rank_rewards([0.0, 0.5, 0.0], range(3))
    assert second == 0 and first < third < 0


def test_ranks_are_by_log_probability_where_all_are_known() -> None:
    assert places([-3.0, -1.0, -2.0]) == [2, 0, 1]
    assert places([-3.0, None, -2.0]) == [0, 1, 2]
    scores, logprobs = [0.0, 1.0, 0.0], [-3.0, -1.0, -2.0]
    assert rewards(scores, logprobs, reward="score") == (0.0, 1.0, 0.0)
    ranks = rewards(scores, logprobs, reward="rank")
    assert ranks[2] < ranks[0] < ranks[1] == 0
    both = rewards(scores, logprobs, reward="both")
    assert both == pytest.approx([score + rank for score, rank in zip(scores, ranks, strict=True)])


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 0.7, 1 / 3])
@pytest.mark.parametrize("size", [2, 3, 8, 16])
@pytest.mark.parametrize("scale", [True, False])
def test_equal_rewards_have_advantage_0(value: float, size: int, scale: bool) -> None:
    assert is_flat([value] * size)
    assert not group_advantages(torch.full((1, size), value, dtype=torch.float64), scale=scale).any()
    branches = [(place % 2, place, 9) for place in range(size)]
    assert {*sum(prefix_advantages(branches, [value] * size, scale=scale), ())} == {0.0}


def test_groups_of_different_sizes_are_each_compared_within_themselves() -> None:
    rows: list[list[float]] = [[0.0, 1.0], [1.0, 0.0, 0.0], [1.0, 1.0], [0.25]]
    expected = [[-0.5, 0.5], [2 / 3, -1 / 3, -1 / 3], [0.0, 0.0], [0.0]]
    for own, right in zip(advantages(rows, scale=False), expected, strict=True):
        assert own == pytest.approx(right, abs=1e-15)
    scaled = advantages(rows, scale=True)
    assert scaled[0] == pytest.approx([-0.5 / (math.sqrt(0.5) + 1e-4), 0.5 / (math.sqrt(0.5) + 1e-4)])


def test_prefix_advantages_of_two_levels_are_the_closed_form() -> None:
    # a1 b1 is the hit; a1 b2 shares its first code, a2 b1 and a2 b2 do not; 0 ends a text
    branches = [(1, 5, 0), (1, 6, 0), (2, 5, 0), (2, 6, 0)]
    values = prefix_advantages(branches, [1.0, 0.0, 0.0, 0.0], scale=False)
    # first code: among all four, as the whole; second: among the two behind one code; the end: nobody shares all of it
    expected = [
        (0.75, 0.5 * 0.75 + 0.5 * 0.5, 0.5 * 0.75),
        (-0.25, 0.5 * -0.25 + 0.5 * -0.5, 0.5 * -0.25),
        (-0.25, 0.5 * -0.25, 0.5 * -0.25),
        (-0.25, 0.5 * -0.25, 0.5 * -0.25),
    ]
    assert values == tuple(pytest.approx(row, abs=1e-15) for row in expected)
    scaled = prefix_advantages(branches, [1.0, 0.0, 0.0, 0.0], scale=True)
    four, two = 0.5 + 1e-4, math.sqrt(0.5) + 1e-4  # sample standard deviations of 1, 0, 0, 0 and of 1, 0
    assert scaled[0] == pytest.approx((0.75 / four, 0.375 / four + 0.25 / two, 0.375 / four), abs=1e-12)


def test_prefix_advantages_take_branches_of_different_lengths() -> None:
    values = prefix_advantages([(1, 0), (1, 5, 0), (2, 0)], [1.0, 0.0, 0.0], scale=False)
    assert [len(row) for row in values] == [2, 3, 2]
    assert values[0][1] == pytest.approx(0.5 * 2 / 3 + 0.5 * 0.5)
    assert values[1][1:] == pytest.approx((0.5 * -1 / 3 - 0.5 * 0.5, 0.5 * -1 / 3))
