"""Right and wrong answers get the statistics of shares, graded ones those of numbers; both are chosen in one place."""

import math

import numpy as np
import pytest

from simulation.core.questions import Measure
from simulation.core.types import Evaluation, Result
from simulation.measures.methods import (
    ValueSums,
    estimate_at,
    estimate_of,
    moved,
    p_of_change,
)
from simulation.measures.power import power_unknown
from simulation.measures.statistics import Variances, mcnemar, mean_interval, wilson
from simulation.measures.tallies import ReasonTally, added

GRADED = Measure(name="ndcg@10", graded=True)


def test_one_run_of_right_and_wrong_answers_has_wilsons_interval() -> None:
    truths = np.array([1.0] * 30 + [0.0] * 70)
    assert estimate_of(truths, graded=False) == (0.3, *wilson(30, 100))


def test_the_interval_of_graded_values_is_that_of_their_spread() -> None:
    values = np.random.default_rng(0).uniform(0.4, 0.6, 100)
    estimate = estimate_of(values, graded=True)
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.low < estimate.value < estimate.high
    assert estimate.high - estimate.low < 0.5 * (wilson(50, 100)[1] - wilson(50, 100)[0])


def test_an_estimate_stays_within_the_bounds_of_a_measure() -> None:
    for graded in (False, True):
        for values in (np.ones((2, 40)), np.zeros(40), np.array([[1.0] * 39 + [0.0]] * 2)):
            _, low, high = estimate_of(values, graded=graded)
            assert 0 <= low <= high <= 1


def test_an_evaluation_is_estimated_from_its_questions_not_its_answers() -> None:
    results = tuple(Result(question_id=str(place // 2), text="", truth=(place % 4) / 4) for place in range(80))
    evaluation = Evaluation(questions=40, metrics={"ndcg@10": 0.375}, results=results)
    means = np.array([(0.0 + 0.25) / 2, (0.5 + 0.75) / 2] * 20)
    assert estimate_at(evaluation, GRADED) == estimate_of(means, graded=True)
    shares = Evaluation(questions=40, metrics={"accuracy": 0.375})
    assert estimate_at(shares, Measure(name="accuracy")) == (0.375, *wilson(15, 40))


def test_what_moved_is_what_turned_right_or_rose_by_any_step() -> None:
    before, after = [0.0, 1.0, 0.4, 0.6, 0.5], [1.0, 0.0, 0.6, 0.4, 0.5 + 1e-12]
    assert moved(before, after, graded=False) == (2, 2)
    before, after = [0.1, 0.2, 0.3, 0.4], [0.2, 0.1, 0.9, 0.4 + 1e-12]
    assert moved(before, after, graded=True) == (2, 1)
    assert moved(before, after, graded=False) == (1, 0)


def test_mcnemar_is_asked_of_right_and_wrong_answers_alone() -> None:
    before, after = np.array([0.0] * 8 + [1.0] * 4), np.array([1.0] * 8 + [0.0] * 1 + [1.0] * 3)
    assert p_of_change(before, after, graded=False) == mcnemar(1, 8)
    assert p_of_change(before, after, graded=True) is None
    assert p_of_change(before / 2, after, graded=False) is None


@pytest.mark.parametrize("graded", [False, True])
def test_sums_by_category_have_the_interval_of_their_values(graded: bool) -> None:
    values = np.random.default_rng(1).integers(0, 2, 50) if not graded else np.random.default_rng(1).uniform(0, 1, 50)
    own = ValueSums(float(values.sum()), float((values**2).sum()), 50)
    expected = mean_interval(values)[1:] if graded else wilson(float(values.sum()), 50)
    assert own.interval(graded=graded) == pytest.approx(expected)
    both = own + own
    assert both.shared(2) == own
    assert ValueSums(0.5, 0.25, 1).interval(graded=True) == (0.0, 1.0)


def test_tallies_add_up_by_name() -> None:
    first, second = {"a": ReasonTally(2, 2.0)}, {"a": ReasonTally(1, 0.0), "b": ReasonTally(3, 1.0)}
    assert added([first, second]) == {"a": ReasonTally(3, 2.0), "b": ReasonTally(3, 1.0)}


def test_power_is_not_said_from_few_seeds() -> None:
    seen = Variances(0.001, 0.01, 0.1)
    assert power_unknown(seen, 3) == "power is not said from fewer than 4 seeds"
    assert power_unknown(seen, 4) == ""
    assert "no difference varied" in power_unknown(Variances(0.0, 0.0, 0.0), 8)
    assert math.isfinite(sum(seen))
