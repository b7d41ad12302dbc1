"""A small calibration: false alarms, coverage and power of the verdicts over simulated studies; and it can fail."""

from statistics import NormalDist

import numpy as np
import pytest

from benchmarks.calibration import evaluate, family_false_alarms
from benchmarks.synthetic import SETTINGS, Synthetic, Truths

STUDIES = 500


@pytest.mark.parametrize("setting", SETTINGS)
def test_one_policy_under_two_names_is_rarely_told_apart(setting: str) -> None:
    luck, preference = SETTINGS[setting]
    draw = Synthetic(seeds=5, questions=120, own_luck=luck, preference=preference)
    found = evaluate(draw, studies=STUDIES, effect=0.0)
    assert found.told <= 0.06, found
    assert 0.93 <= found.covered <= 0.985, found


@pytest.mark.parametrize("setting", ["neither", "both"])
def test_a_known_difference_is_covered_and_told_as_often_as_predicted(setting: str) -> None:
    luck, preference = SETTINGS[setting]
    draw = Synthetic(seeds=8, questions=150, effect=0.05, own_luck=luck, preference=preference)
    found = evaluate(draw, studies=STUDIES, effect=0.05)
    assert 0.93 <= found.covered <= 0.98, found
    assert abs(found.told - found.predicted) <= 0.05, found
    assert found.told > 0.2
    low, middle, high = found.predicted_by_pilots
    assert low < middle < high and low < found.predicted + 0.05


def test_without_a_known_difference_the_mean_over_the_studies_stands_in() -> None:
    draw = Synthetic(seeds=5, questions=120, effect=0.05)
    assert evaluate(draw, studies=200).effect == pytest.approx(0.05, abs=0.006)


def test_many_names_of_one_policy_are_rarely_told_apart() -> None:
    draw = Synthetic(questions=120)
    alarms = family_false_alarms(lambda generator: draw.runs(generator, [0.6] * 4), studies=250)
    assert alarms <= 0.06


def test_seeds_counted_twice_are_found_out() -> None:
    """A study that repeats its seeds pretends to more than it has; the calibration must not pass it."""
    honest = Synthetic(seeds=4, questions=120, own_luck=0.3)

    def repeated(generator: np.random.Generator) -> tuple[Truths, Truths]:
        first, second = honest(generator)
        return np.tile(first, (3, 1)), np.tile(second, (3, 1))

    found = evaluate(repeated, studies=200, effect=0.0)
    assert found.told > 0.1 and found.covered < 0.9


def test_synthetic_policies_are_as_accurate_as_they_say() -> None:
    draw = Synthetic(seeds=60, questions=3000, accuracy=0.3, effect=0.1, preference=0.4)
    generator = np.random.default_rng(0)
    means = np.mean([[truths.mean() for truths in draw(generator)] for _ in range(4)], axis=0)
    assert means == pytest.approx([0.3, 0.4], abs=0.03)
    assert NormalDist().cdf(NormalDist().inv_cdf(0.3)) == pytest.approx(0.3)
