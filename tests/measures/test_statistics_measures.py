"""Interquartile means, improvements, learning curves and unpaired counts agree with SciPy or brute force."""

import math

import numpy as np
import pytest
from scipy import integrate, stats  # type: ignore[import-untyped]

from simulation.measures.statistics import (
    area_under_curve,
    at_budget,
    common_budget,
    improvement,
    interquartile_mean,
    mean_interval,
    paired_improvement,
    unpaired_difference,
    wilson,
)


@pytest.mark.parametrize("n", [1, 3, 4, 5, 8, 11, 40])
def test_the_interquartile_mean_is_scipys_trimmed_mean(n: int) -> None:
    values = np.random.default_rng(n).normal(0, 1, n)
    assert interquartile_mean(values).value == pytest.approx(stats.trim_mean(values, 0.25))


def test_its_interval_is_that_of_yuens_test() -> None:
    values = np.random.default_rng(0).normal(1, 1, 12)
    found = interquartile_mean(values)
    expected = stats.ttest_ind(values, np.zeros(12), trim=0.25, equal_var=False).confidence_interval(0.95)
    assert found[1:] == pytest.approx((expected.low, expected.high))
    assert interquartile_mean(values[:3]) == pytest.approx(mean_interval(values[:3]))
    assert interquartile_mean([0.5])[1:] == (-math.inf, math.inf)


@pytest.mark.parametrize("n", [5, 10, 20])
def test_its_interval_covers_the_true_middle(n: int) -> None:
    generator = np.random.default_rng(1)
    found = [interquartile_mean(generator.normal(0, 1, n)) for _ in range(1500)]
    assert 0.93 < np.mean([each.low <= 0 <= each.high for each in found]) < 0.98


def test_one_odd_seed_does_not_move_the_interquartile_mean() -> None:
    assert interquartile_mean([1.0, 2.0, 3.0, 4.0, 100.0]).value == 3.0


def test_improvement_counts_pairs_as_mann_and_whitney_do() -> None:
    generator = np.random.default_rng(2)
    first, second = generator.normal(0, 1, 7).round(1), generator.normal(0.5, 1, 9).round(1)
    expected = stats.mannwhitneyu(second, first).statistic / 63
    assert improvement(first, second).value == pytest.approx(expected)
    assert improvement(second, first).value == pytest.approx(1 - expected)


def test_policies_that_do_not_overlap_still_leave_room_for_doubt() -> None:
    found = improvement([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    assert found.value == found.high == 1.0
    assert 0.3 < found.low < 0.9
    mirrored = improvement([4.0, 5.0, 6.0], [1.0, 2.0, 3.0])
    assert (mirrored.low, mirrored.high) == pytest.approx((0.0, 1 - found.low))


@pytest.mark.parametrize(("shift", "n"), [(0.0, 5), (0.8, 5), (0.8, 10), (1.5, 10)])
def test_the_interval_of_an_improvement_covers_it(shift: float, n: int) -> None:
    generator = np.random.default_rng(3)
    true = stats.norm.cdf(shift / math.sqrt(2))
    found = [improvement(generator.normal(0, 1, n), generator.normal(shift, 1, n)) for _ in range(1000)]
    assert np.mean([each.low <= true <= each.high for each in found]) > 0.93


def test_paired_improvement_counts_the_seeds_that_were_won() -> None:
    found = paired_improvement([0.1, 0.2, 0.3, 0.4], [0.2, 0.3, 0.3, 0.3])
    assert found == (0.625, *wilson(2.5, 4))
    with pytest.raises(ValueError, match="1 and 2"):
        paired_improvement([1.0], [1.0, 2.0])


def test_the_area_is_scipys_over_the_width() -> None:
    values = np.random.default_rng(4).random((3, 6, 5))
    turns = [0, 1, 3, 4, 8, 10]
    expected = integrate.trapezoid(values, turns, axis=1) / 10
    assert area_under_curve(turns, values, axis=1) == pytest.approx(expected)
    assert area_under_curve([2, 4], [0.5, 0.5]) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("turns", "values", "message"),
    [([0], [1.0], "two or more"), ([0, 0], [1.0, 1.0], "increasing"), ([0, 1], [1.0], "1 values for 2 turns")],
)
def test_an_area_needs_a_value_a_turn(turns: list[float], values: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        area_under_curve(turns, values)


def test_values_at_a_budget_are_interpolated_by_seed() -> None:
    generator = np.random.default_rng(5)
    spent = np.cumsum(generator.integers(1, 30, (4, 6)), axis=1).astype(float)
    truths = generator.integers(0, 2, (4, 6, 9)).astype(float)
    budget = common_budget(spent)
    assert budget == spent[:, -1].min()
    found = at_budget(spent, truths, budget)
    for seed in range(4):
        for question in range(9):
            assert found[seed, question] == pytest.approx(np.interp(budget, spent[seed], truths[seed, :, question]))
    assert at_budget(spent, truths.mean(axis=2), budget) == pytest.approx(found.mean(axis=1))


def test_of_evaluations_at_equal_cost_the_last_counts() -> None:
    assert at_budget([[0, 5, 5, 9]], [[0.1, 0.2, 0.4, 0.8]], 5) == pytest.approx([0.4])
    assert at_budget([[0, 5, 9, 9]], [[0.1, 0.2, 0.4, 0.8]], 9) == pytest.approx([0.8])


@pytest.mark.parametrize(
    ("spent", "budget", "message"),
    [
        ([[0, 5], [0, 9]], 7, "0 to 5, got 7"),
        ([[2, 5], [0, 9]], 1, "2 to 5, got 1"),
        ([[5, 2], [0, 9]], 3, "must not fall"),
        ([0, 5], 3, r"costs \[S, E\]"),
    ],
)
def test_nothing_is_extrapolated(spent: list[list[float]], budget: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        at_budget(spent, np.zeros((2, 2)), budget)


def test_unpaired_counts_have_newcombes_published_interval() -> None:
    found = unpaired_difference(48, 80, 56, 70)
    assert found[:3] == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)  # Newcombe 1998, table II, method 10, row (a)
    assert found.tells()


@pytest.mark.parametrize("counts", [(13, 40, 11, 40), (3, 40, 19, 50), (0, 40, 5, 40)])
def test_their_p_is_scipys_chi_squared(counts: tuple[int, int, int, int]) -> None:
    a, n, b, m = counts
    expected = stats.chi2_contingency([[a, n - a], [b, m - b]], correction=False).pvalue
    assert unpaired_difference(a, n, b, m).p == pytest.approx(expected)


def test_equal_methods_are_told_apart_in_five_percent_of_tables_of_forty_questions() -> None:
    tells = np.array([[unpaired_difference(a, 40, b, 40).tells() for b in range(41)] for a in range(41)])
    for share in (0.1, 0.3, 0.5):
        chances = stats.binom.pmf(np.arange(41), 40, share)
        assert 0.02 < chances @ tells @ chances < 0.06


def test_counts_beyond_their_questions_are_refused() -> None:
    assert unpaired_difference(40, 40, 40, 40).p == 1.0
    with pytest.raises(ValueError, match="got 41 of 40"):
        unpaired_difference(41, 40, 1, 40)
