"""Draws without replacement have the propensities they say, by brute force, SciPy and frequencies."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq  # type: ignore[import-untyped]

from policies.parts.arms import allot, boltzmann, greedy
from policies.parts.draws import inclusion, proportional, smallest, window
from tests.support.contexts import context, pool

weights = st.lists(st.floats(0, 1e6) | st.just(0.0), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(weights, st.integers(0, 14), st.integers(0, 2**32))
def test_a_draw_takes_k_distinct_items_and_no_item_without_weight_before_one_with_it(
    row: list[float], k: int, seed: int
) -> None:
    drawn = proportional(row, k, np.random.default_rng(seed))
    taken = {index for index, _ in drawn}
    assert len(taken) == len(drawn) == min(k, len(row))
    assert all(0 < propensity <= 1 for _, propensity in drawn)
    # A weight below what a double can hold beside the heaviest counts as none.
    heavy = {index for index, weight in enumerate(row) if weight > 1e-300 * max(row)}
    assert taken <= heavy or heavy <= taken
    assert sum(inclusion(row, k)) == pytest.approx(min(k, len(row)))


def test_inclusion_is_weight_times_a_factor_up_to_one() -> None:
    """SciPy finds the factor of min(1, c * weight) that gives k places."""
    row, k = [0.5, 8.0, 1.0, 2.0, 0.1, 30.0, 3.0], 4
    factor = brentq(lambda c: sum(min(1.0, c * weight) for weight in row) - k, 1e-9, 1e9)
    assert inclusion(row, k) == pytest.approx([min(1.0, factor * weight) for weight in row])
    assert inclusion([2.0, 0.0, 0.0, 0.0], 2) == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3])
    assert inclusion([0.0, 0.0], 1) == [0.5, 0.5]


def test_frequencies_are_the_inclusion_probabilities() -> None:
    row, k, rounds = [0.5, 8.0, 1.0, 2.0, 0.1, 30.0, 3.0, 0.0], 3, 4000
    times: Counter[int] = Counter()
    stream = np.random.default_rng(1)
    for _ in range(rounds):
        times.update(index for index, _ in proportional(row, k, stream))
    shares = np.array([times[index] / rounds for index in range(len(row))])
    assert np.abs(shares - inclusion(row, k)).max() < 4 * np.sqrt(0.25 / rounds)
    assert times[7] == 0


def test_a_window_ranks_equal_values_at_random_and_knows_their_chances() -> None:
    values, start, k, rounds = [0.3, 0.1, 0.3, 0.2, 0.3, 0.9, 0.2], 1, 3, 4000
    # Sorted: .1 .2 .2 .3 .3 .3 .9; ranks 1 to 3 hold both .2 and one of the three .3.
    expected = {3: 1.0, 6: 1.0, 0: 1 / 3, 2: 1 / 3, 4: 1 / 3}
    times: Counter[int] = Counter()
    stream = np.random.default_rng(2)
    for _ in range(rounds):
        drawn = window(values, start, k, stream)
        assert all(propensity == pytest.approx(expected[index]) for index, propensity in drawn)
        times.update(index for index, _ in drawn)
    assert {index: count / rounds for index, count in times.items()} == pytest.approx(expected, abs=0.03)
    assert [index for index, _ in smallest([3.0, 1.0, 2.0], 2, stream)] == [1, 2]
    assert smallest([], 3, stream) == []


def test_arms_get_their_expected_places_rounded_up_or_down() -> None:
    candidates = pool(60)
    shares = boltzmann(
        {"general": 1.0, "physics": 0.5, "gain": 0.0, "geometry": 0.2, "other": 0.1, "probability": 0}, 1
    )
    counts = []
    for seed in range(200):
        picks = allot(candidates, 13, shares, dict.fromkeys(shares, "so"), "category", context(seed=seed))
        found = Counter(pick.item.category for pick in picks)
        for arm, share in shares.items():
            assert int(13 * share) <= found[arm] <= int(13 * share) + 1
        assert all(pick.propensity == pytest.approx(13 * shares[pick.item.category] / 10) for pick in picks)
        counts.append([found[arm] for arm in shares])
    assert np.mean(counts, axis=0) == pytest.approx([13 * share for share in shares.values()], abs=0.15)


def test_an_arm_with_too_few_candidates_gives_its_places_to_the_others_by_their_shares() -> None:
    candidates = [*pool(2, ("gain",)), *pool(40, ("physics", "other"))]
    shares = {"gain": 0.8, "physics": 0.15, "other": 0.05}
    picks = allot(candidates, 10, shares, dict.fromkeys(shares, "so"), "category", context())
    assert Counter(pick.item.category for pick in picks) == {"gain": 2, "physics": 6, "other": 2}
    assert {pick.item.category: pick.propensity for pick in picks} == pytest.approx(
        {"gain": 1.0, "physics": 0.3, "other": 0.1}
    )


def test_an_arm_without_a_share_is_asked_only_where_the_others_run_out() -> None:
    candidates = [*pool(4, ("gain",)), *pool(10, ("physics",))]
    shares = {"gain": 1.0, "physics": 0.0}
    none = allot(candidates, 4, shares, dict.fromkeys(shares, "so"), "category", context())
    some = allot(candidates, 7, shares, dict.fromkeys(shares, "so"), "category", context())
    assert {pick.item.category for pick in none} == {"gain"}
    assert Counter(pick.item.category for pick in some) == {"gain": 4, "physics": 3}
    assert [pick.propensity for pick in some if pick.item.category == "physics"] == pytest.approx([0.3] * 3)


def test_shares_sum_to_one_and_ties_share() -> None:
    assert greedy({"a": 1.0, "b": 3.0, "c": 3.0}, 0.3) == pytest.approx({"a": 0.1, "b": 0.45, "c": 0.45})
    assert greedy({"a": float("inf"), "b": 1.0}, 0.2) == pytest.approx({"a": 0.9, "b": 0.1})
    odds = boltzmann({"a": 1000.0, "b": 999.0}, 0.5)
    assert odds == pytest.approx({"a": 1 / (1 + np.exp(-2)), "b": 1 / (1 + np.exp(2))})
