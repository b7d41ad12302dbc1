"""At equal difference a curve stands where its points say, and its values by question carry what is not known of it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from simulation.measures.statistics.equal_difference import (
    Curves,
    common_reach,
    height,
    heights,
    in_order,
    temperature_at,
)

Values = NDArray[np.float64]


def columns(*means: float, questions: int = 4, spread: float = 0.0) -> Values:
    """Rows of questions around these means, which stay exact."""
    offsets = spread * (np.arange(questions) - (questions - 1) / 2)
    values: Values = np.array(means)[:, None] + offsets
    return values


def test_the_mean_over_questions_is_the_height_of_the_curve() -> None:
    right, different = columns(0.9, 0.7, 0.3, spread=0.01), columns(0.2, 0.4, 0.8, spread=0.02)
    for at, expected in ((0.2, 0.9), (0.3, 0.8), (0.4, 0.7), (0.6, 0.5), (0.8, 0.3)):
        assert height(right, different, np.array([at])).mean() == pytest.approx(expected)
    assert height(right, different, np.array([0.2, 0.4, 0.8])).mean() == pytest.approx(1.9 / 3)


def test_two_points_are_joined_by_a_line_and_the_questions_count_as_on_it() -> None:
    stream = np.random.default_rng(1)
    right, different = stream.random((2, 9)), np.array([[0.2], [0.6]]) + 0.1 * stream.random((2, 9))
    (r0, r1), (x0, x1) = right.mean(axis=1), different.mean(axis=1)
    at = x0 + 0.3 * (x1 - x0)
    share, slope = 0.3, (r1 - r0) / (x1 - x0)
    expected = (1 - share) * right[0] + share * right[1]
    expected = expected - slope * ((1 - share) * different[0] + share * different[1] - at)
    assert height(right, different, np.array([at])) == pytest.approx(expected, abs=1e-6)


def test_a_bent_curve_is_followed_closer_than_by_lines() -> None:
    law = lambda difference: 0.2 + 0.7 * np.exp(-4 * difference)  # noqa: E731
    places = np.array([0.05, 0.15, 0.3, 0.5, 0.75])
    right, different = np.repeat(law(places)[:, None], 3, axis=1), np.repeat(places[:, None], 3, axis=1)
    for at in (0.1, 0.22, 0.4, 0.62):
        curve = height(right, different, np.array([at])).mean()
        line = np.interp(at, places, law(places))
        assert abs(curve - law(at)) < 0.35 * abs(line - law(at))


def test_differences_beyond_the_curve_are_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.9 to 0\.9 are outside of what was measured, 0\.2 to 0\.8"):
        height(columns(0.9, 0.3), columns(0.2, 0.8), np.array([0.9]))


def test_points_stand_in_the_order_of_difference_and_equal_ones_are_joined() -> None:
    right, different = in_order(columns(0.3, 0.9, 0.5), columns(0.8, 0.2, 0.2))
    assert right.mean(axis=1) == pytest.approx([0.7, 0.3])
    assert different.mean(axis=1) == pytest.approx([0.2, 0.8])


def test_curves_are_compared_where_all_their_seeds_were_measured() -> None:
    one = Curves(
        right_STQ=np.stack([columns(0.9, 0.5), columns(0.8, 0.4)]),
        different_STQ=np.stack([columns(0.1, 0.5), columns(0.2, 0.6)]),
    )
    other = Curves(right_STQ=columns(0.9, 0.5)[None], different_STQ=columns(0.3, 0.9)[None])
    assert one.reach == pytest.approx((0.2, 0.5))
    assert common_reach([one, other]) == pytest.approx((0.3, 0.5))
    far = Curves(right_STQ=columns(0.9, 0.5)[None], different_STQ=columns(0.7, 0.9)[None])
    assert common_reach([one, far]) is None
    assert heights(one, [0.3, 0.4]).mean(axis=1) == pytest.approx([0.65, 0.65])


def test_the_spread_of_the_values_is_that_of_the_height_over_other_questions() -> None:
    """The delta method against a bootstrap of questions that makes every curve anew."""
    stream = np.random.default_rng(0)
    questions, temperatures = 400, np.array([0.5, 1.0, 1.5])
    easy = stream.normal(0, 0.1, questions)
    different = 0.3 * temperatures[:, None] + 0.15 * stream.normal(size=(3, questions)) + easy
    right = 1.0 - 0.4 * temperatures[:, None] + 0.2 * stream.normal(size=(3, questions)) + 2 * easy
    at = np.array([float(different.mean(axis=1)[1]) + 0.03])
    values = height(right, different, at)
    draws = []
    for _ in range(2000):
        chosen = stream.integers(0, questions, questions)
        draws.append(height(right[:, chosen], different[:, chosen], at).mean())
    assert values.std(ddof=1) / np.sqrt(questions) == pytest.approx(np.std(draws), rel=0.06)
    plain = right.mean(axis=0).std() / np.sqrt(questions)
    assert abs(plain / np.std(draws) - 1) > 0.1, "without the correction the spread would be another"


def test_the_temperature_of_a_difference_lies_between_its_neighbours() -> None:
    different = columns(0.2, 0.4, 0.8)
    assert temperature_at([0.5, 1.0, 1.5], different, 0.3) == pytest.approx(0.75)
    assert np.isnan(temperature_at([0.5, 1.0, 1.5], different, 0.9))
