"""Every statistic agrees with an independent way of computing it."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]

from simulation.measures.statistics import (
    Estimate,
    bootstrap,
    confusion_matrix,
    holm,
    kappa,
    mcnemar,
    mean_interval,
    paired_difference,
    rogan_gladen,
    sign_flip,
    smallest_sign_flip_p,
    wilson,
)


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (1, 1), (0, 40), (10, 40), (109, 110), (600, 600), (412, 600)])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_wilson_is_scipys(successes: int, n: int, level: float) -> None:
    expected = stats.binomtest(successes, n).proportion_ci(level, method="wilson")
    assert wilson(successes, n, level) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_is_the_published_interval_of_a_published_share() -> None:
    low, high = wilson(109, 110)
    assert (round(100 * low, 1), round(100 * high, 1)) == (95.0, 99.8)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0.5, 1)[0] < 0.5 < wilson(0.5, 1)[1]


def test_wilson_covers_the_truth_as_often_as_it_says() -> None:
    covered = sum(stats.binom.pmf(k, 50, 0.3) for k in range(51) if wilson(k, 50)[0] <= 0.3 <= wilson(k, 50)[1])
    assert 0.93 < covered < 0.97


def test_mean_interval_is_scipys() -> None:
    values = np.random.default_rng(0).normal(3, 2, 7)
    found = mean_interval(values)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert found == pytest.approx((values.mean(), expected.low, expected.high))


def test_one_value_says_nothing_of_the_spread() -> None:
    found = mean_interval([4.0])
    assert (found.value, found.low, found.high, found.tells) == (4.0, -math.inf, math.inf, False)
    with pytest.raises(ValueError, match="at least one number"):
        mean_interval([])


def test_paired_difference_is_scipys_paired_test() -> None:
    generator = np.random.default_rng(1)
    first = generator.normal(0, 3, 9)
    second = first + generator.normal(1, 0.5, 9)
    expected = stats.ttest_rel(second, first).confidence_interval(0.95)
    assert paired_difference(first, second)[1:] == pytest.approx((expected.low, expected.high))
    with pytest.raises(ValueError, match="9 and 8"):
        paired_difference(first, second[1:])


@pytest.mark.parametrize(("low", "high", "tells"), [(0.1, 2, True), (-2, -0.1, True), (-1, 1, False), (0, 1, False)])
def test_an_interval_tells_the_sign_where_it_excludes_zero(low: float, high: float, tells: bool) -> None:
    assert Estimate(0.0, low, high).tells is tells


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_sign_flip_counts_every_pattern(n: int) -> None:
    differences = np.random.default_rng(n).normal(0.5, 1, n).round(1)
    seen = abs(differences.sum())
    patterns = list(itertools.product([-1, 1], repeat=n))
    extreme = sum(abs(sum(s * d for s, d in zip(p, differences, strict=True))) >= seen - 1e-9 for p in patterns)
    assert sign_flip(differences) == pytest.approx(extreme / len(patterns))


def test_sign_flip_is_scipys_permutation_test() -> None:
    differences = np.random.default_rng(3).normal(0.4, 1, 10)
    expected = stats.permutation_test(
        (differences,), lambda x, axis: np.mean(x, axis=axis), permutation_type="samples", vectorized=True
    )
    assert sign_flip(differences) == pytest.approx(expected.pvalue)


def test_sign_flip_counts_ties_that_rounding_would_split() -> None:
    assert sign_flip([0.1, 0.2, 0.3]) == 0.25
    assert sign_flip([0.0, 0.0]) == 1.0
    assert sign_flip([0.1] * 3 + [-0.1] * 3) == 1.0


@pytest.mark.parametrize(("seeds", "floor"), [(1, 1.0), (3, 0.25), (5, 0.0625), (6, 0.03125)])
def test_the_smallest_sign_flip_p_is_reached_by_equal_signs(seeds: int, floor: float) -> None:
    assert smallest_sign_flip_p(seeds) == floor
    assert sign_flip(np.arange(1, seeds + 1)) == floor


def test_sign_flips_of_many_seeds_are_drawn_close_to_a_t_test() -> None:
    differences = np.random.default_rng(5).normal(0.25, 1, 60)
    expected = stats.ttest_1samp(differences, 0).pvalue
    assert sign_flip(differences) == pytest.approx(expected, abs=0.01)
    assert sign_flip(differences) == sign_flip(differences)
    assert sign_flip(np.ones(40), draws=1000) == pytest.approx(1 / 1001)


@pytest.mark.parametrize(("lost", "gained"), [(0, 0), (3, 9), (9, 3), (0, 6), (7, 7), (1, 40)])
def test_mcnemar_is_the_exact_binomial_test(lost: int, gained: int) -> None:
    n, k = lost + gained, min(lost, gained)
    expected = min(1.0, 2 * sum(math.comb(n, i) for i in range(k + 1)) / 2**n)
    assert mcnemar(lost, gained) == pytest.approx(expected)


def test_bootstrap_over_questions_is_scipys() -> None:
    differences = np.random.default_rng(6).choice([-1.0, 0.0, 1.0], 300, p=[0.1, 0.6, 0.3])
    found = bootstrap([differences], generator=np.random.default_rng(0), shared_questions=True, draws=4000)
    expected = stats.bootstrap(
        (differences,), np.mean, method="percentile", n_resamples=4000, rng=np.random.default_rng(1)
    ).confidence_interval
    assert found == pytest.approx((differences.mean(), expected.low, expected.high), abs=0.01)


def crossed(
    generator: np.random.Generator, seeds: int, questions: int
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Differences with a part common to a seed, one common to a question, and noise."""
    return np.asarray(
        0.2
        + generator.normal(0, 0.1, (seeds, 1))
        + generator.normal(0, 0.8, (1, questions))
        + generator.normal(0, 0.5, (seeds, questions))
    )


def test_shared_questions_widen_the_interval_to_what_repetition_shows() -> None:
    """The spread of means over many studies with questions of their own is what the interval must have."""
    generator = np.random.default_rng(7)
    seeds, questions = 10, 60
    spread = np.std([crossed(generator, seeds, questions).mean() for _ in range(2000)])
    rows = [list(row) for row in crossed(generator, seeds, questions)]
    shared = bootstrap(rows, generator=generator, shared_questions=True)
    apart = bootstrap(rows, generator=generator, shared_questions=False)
    assert (shared.high - shared.low) / (2 * 1.96 * spread) == pytest.approx(1.1, abs=0.25)
    assert apart.high - apart.low < 0.75 * (shared.high - shared.low)


def test_questions_of_their_own_give_the_interval_of_the_seed_means() -> None:
    generator = np.random.default_rng(8)
    rows = [
        generator.normal(shift, 1, size)
        for shift, size in zip(generator.normal(1, 0.5, 30), [40, 50] * 15, strict=True)
    ]
    found = bootstrap(rows, generator=generator, shared_questions=False)
    expected = mean_interval([row.mean() for row in rows])
    assert found.value == pytest.approx(expected.value)
    assert (found.high - found.low) / (expected.high - expected.low) == pytest.approx(1.0, abs=0.15)


def test_bootstrap_refuses_what_it_cannot_pair() -> None:
    with pytest.raises(ValueError, match=r"one length, got \[1, 2\]"):
        bootstrap([[1.0], [1.0, 2.0]], generator=np.random.default_rng(0), shared_questions=True)
    with pytest.raises(ValueError, match="at least one seed"):
        bootstrap([], generator=np.random.default_rng(0), shared_questions=True)


def test_holm_is_the_worked_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_holm_keeps_false_alarms_of_the_family_below_its_level() -> None:
    p_values = np.random.default_rng(9).random((2000, 6))
    alarms = np.mean([min(holm(list(row))) < 0.05 for row in p_values])
    assert 0.03 < alarms < 0.065


def test_a_confusion_matrix_has_truth_in_rows() -> None:
    matrix = confusion_matrix([1, 1, 0, 1, 0], [1, 0, 0, 1, 1])
    assert matrix.tolist() == [[1, 1], [1, 2]]


def test_kappa_is_the_textbook_example() -> None:
    assert kappa([[20, 5], [10, 15]]) == pytest.approx(0.4)
    assert kappa([[7, 0], [0, 3]]) == 1.0
    assert kappa([[0, 5], [5, 0]]) == -1.0
    assert math.isnan(kappa([[9, 0], [0, 0]]))
    assert math.isnan(kappa([[0, 0], [0, 0]]))


def test_rogan_gladen_undoes_an_imperfect_judge() -> None:
    truth, sensitivity, specificity = 0.3, 0.9, 0.8
    observed = truth * sensitivity + (1 - truth) * (1 - specificity)
    assert rogan_gladen(observed, sensitivity, specificity) == pytest.approx(truth)
    assert rogan_gladen(0.1, sensitivity, specificity) == 0.0
    assert math.isnan(rogan_gladen(0.5, 0.4, 0.6))
