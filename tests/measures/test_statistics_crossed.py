"""The crossed analysis of variance agrees with its definition, with its limits, and with repetition."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats  # type: ignore[import-untyped]

from simulation.measures.statistics import analyse, crossed_difference, mcnemar, mean_interval, one_run_difference


def draw(
    generator: np.random.Generator, seeds: int, questions: int, deviations: tuple[float, float, float], mean: float = 0
) -> NDArray[np.float64]:
    """Differences with normal effects of these standard deviations: seed, question, residual."""
    seed, question, residual = deviations
    return np.asarray(
        mean
        + generator.normal(0, seed, (seeds, 1))
        + generator.normal(0, question, (1, questions))
        + generator.normal(0, residual, (seeds, questions))
    )


def test_mean_squares_are_those_of_a_least_squares_fit() -> None:
    table = draw(np.random.default_rng(0), 4, 7, (0.5, 1.0, 2.0))
    rows, columns = np.indices(table.shape)
    by_seed = (rows.ravel()[:, None] == np.arange(4)).astype(float)
    by_question = (columns.ravel()[:, None] == np.arange(7)).astype(float)

    def left(*designs: NDArray[np.float64]) -> float:
        design = np.hstack([np.ones((28, 1)), *designs])
        fit = design @ np.linalg.lstsq(design, table.ravel(), rcond=None)[0]
        return float(np.sum((table.ravel() - fit) ** 2))

    found = analyse(table)
    both = left(by_seed, by_question)
    assert found.mean == pytest.approx(table.mean())
    assert found.residual_square == pytest.approx(both / 18)
    assert found.seed_square == pytest.approx((left(by_question) - both) / 3)
    assert found.question_square == pytest.approx((left(by_seed) - both) / 6)


def test_variances_are_those_the_table_was_drawn_from() -> None:
    found = [analyse(draw(np.random.default_rng(seed), 8, 50, (0.3, 0.5, 1.0))).variances for seed in range(400)]
    assert np.mean(found, axis=0) == pytest.approx([0.09, 0.25, 1.0], rel=0.06)
    spread = np.var([draw(np.random.default_rng(seed), 8, 50, (0.3, 0.5, 1.0)).mean() for seed in range(4000)])
    assert np.mean([each.of_mean(8, 50) for each in found]) == pytest.approx(spread, rel=0.08)


def test_without_a_question_effect_it_is_the_t_interval_over_seeds() -> None:
    table = draw(np.random.default_rng(1), 6, 40, (2.0, 0.0, 1.0))
    table -= table.mean(axis=0) - table.mean()  # leaves no question effect at all
    found = crossed_difference(table)
    expected = stats.ttest_1samp(table.mean(axis=1), 0)
    assert found[1:3] == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert found.p == pytest.approx(expected.pvalue)


def test_seeds_that_are_copies_of_each_other_give_the_t_interval_over_questions() -> None:
    row = np.random.default_rng(2).normal(0.4, 1, 30)
    found = crossed_difference(np.tile(row, (5, 1)))
    expected = stats.ttest_1samp(row, 0)
    assert found[1:3] == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert found.p == pytest.approx(expected.pvalue)


@pytest.mark.parametrize("shift", [0.05, 0.3, 1.5])
def test_p_is_the_level_at_which_the_interval_touches_zero(shift: float) -> None:
    table = draw(np.random.default_rng(3), 5, 60, (0.2, 0.5, 1.0), shift)
    p = crossed_difference(table).p
    value, low, high, _ = crossed_difference(table, level=1 - p)
    assert min(abs(low), abs(high)) < 1e-6 * abs(value) + 1e-9


@pytest.mark.parametrize(
    "deviations",
    [(0.0, 0.0, 0.5), (0.0, 0.5, 0.5), (0.03, 0.0, 0.5), (0.03, 0.3, 0.5)],
    ids=["neither", "questions", "seeds", "both"],
)
def test_the_interval_covers_what_it_says(deviations: tuple[float, float, float]) -> None:
    generator = np.random.default_rng(4)
    found = [crossed_difference(draw(generator, 5, 120, deviations, 0.1)) for _ in range(1500)]
    covered = np.mean([low <= 0.1 <= high for _, low, high, _ in found])
    assert 0.935 < covered < 0.977, covered


def test_the_t_over_seeds_covers_too_little_where_questions_matter() -> None:
    """What the crossed interval is for: seeds share their questions, so their means are not independent."""
    generator = np.random.default_rng(5)
    tables = [draw(generator, 5, 120, (0.0, 0.5, 0.5)) for _ in range(500)]
    over_seeds = np.mean([mean_interval(table.mean(axis=1)).tells for table in tables])
    crossed = np.mean([analyse(table).estimate().tells for table in tables])
    assert over_seeds > 0.2
    assert crossed < 0.07


def test_seeds_that_agree_by_luck_do_not_make_the_interval_narrower_than_half_the_questions_variance() -> None:
    table = draw(np.random.default_rng(6), 2, 200, (0.0, 0.0, 1.0))
    table += np.array([[-0.5], [0.5]]) * np.diff(table.mean(axis=1)) * -1  # equal means
    found = analyse(table)
    assert found.seed_square == pytest.approx(0, abs=1e-12)
    assert found.half_width() >= 1.97 * math.sqrt(found.question_square / 2 / 400) * 0.999


def test_few_differing_questions_are_no_evidence_however_they_fall_on_the_seeds() -> None:
    table = np.zeros((5, 200))
    table[np.arange(5), np.arange(5) * 7] = 1.0
    found = crossed_difference(table)
    assert found.p == pytest.approx(2 / 2**5)
    assert not found.tells()


def test_a_table_without_any_spread_has_the_smallest_p_of_the_sign_flips() -> None:
    assert crossed_difference(np.ones((4, 20))) == pytest.approx((1.0, 1.0, 1.0, 2 / 2**20))
    assert crossed_difference(np.zeros((4, 20))).p == 1.0


def test_thousands_of_differing_questions_are_no_trouble() -> None:
    table = draw(np.random.default_rng(9), 3, 4000, (0.0, 0.0, 1.0), 5.0)
    assert 0.0 <= crossed_difference(table).p < 1e-4
    assert crossed_difference(np.ones((3, 4000))).p == 0.0


def test_one_seed_has_mcnemars_p_and_says_so_of_questions_alone() -> None:
    row = np.array([1.0] * 12 + [-1.0] * 3 + [0.0] * 85)
    found = crossed_difference([row])
    assert found == one_run_difference(row)
    assert found.p == mcnemar(3, 12)
    assert found.low < 0.09 < found.high


def test_one_seed_of_graded_truths_has_the_t_test_over_questions() -> None:
    row = np.random.default_rng(7).normal(0.2, 0.5, 40)
    found = one_run_difference(row)
    expected = stats.ttest_1samp(row, 0)
    assert found[1:3] == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert found.p == pytest.approx(expected.pvalue)
    assert one_run_difference([0.5]).p == 1.0
    assert one_run_difference([0.5] * 8) == (0.5, 0.5, 0.5, 2 / 2**8)
    assert one_run_difference([0.25, -0.25]).p == 1.0


@pytest.mark.parametrize("shares", [(0.05, 0.05), (0.02, 0.1), (0.2, 0.3)])
def test_the_interval_of_one_run_covers_what_it_says(shares: tuple[float, float]) -> None:
    lost, gained = np.random.default_rng(8).multinomial(100, [*shares, 1 - sum(shares)], 1500)[:, :2].T
    true = shares[1] - shares[0]
    covered = []
    for fewer, more in zip(lost, gained, strict=True):
        found = one_run_difference([-1.0] * fewer + [1.0] * more + [0.0] * (100 - fewer - more))
        covered.append(found.low <= true <= found.high)
    assert 0.93 < np.mean(covered) < 0.98


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1.0, 0.0], [1.0]], r"same questions, got 2 rows of shapes \[\(1,\), \(2,\)\]"),
        ([], "got 0 rows"),
        ([[], []], "got 2 rows"),
        ([[1.0, math.nan], [0.0, 0.0]], "finite numbers, got 1 that are not"),
    ],
)
def test_what_is_not_a_table_is_refused(rows: list[list[float]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        crossed_difference(rows)


def test_one_question_is_not_crossed_with_anything() -> None:
    with pytest.raises(ValueError, match="two seeds and two questions, got 3 and 1"):
        analyse([[1.0], [0.0], [1.0]])
