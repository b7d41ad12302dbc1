"""Studies of graded truths: means and differences are covered, one policy twice is rarely told apart, laws hold."""

import math

import numpy as np
import pytest
from scipy import integrate  # type: ignore[import-untyped]

from benchmarks.graded import differing_policies, mean_coverage, same_policy, unchanged_coverage
from benchmarks.graded_laws import LAWS, RareChange, draw_truths
from benchmarks.synthetic import Synthetic
from simulation.measures.statistics import bounded_mean

GRADED = [name for name, law in LAWS.items() if law.graded]


@pytest.mark.parametrize("questions", [100, 600])
@pytest.mark.parametrize(("common", "other"), [(0.0, 1.0), (0.3, 0.0), (0.3, 1.0)])
def test_equal_values_are_covered_as_the_integral_says(questions: int, common: float, other: float) -> None:
    rare = RareChange(questions=questions, common=common, others=(other,))
    _, low, high = bounded_mean(np.full((5, questions), common), graded=True)
    reach = (high - common if other > common else common - low) / abs(other - common)
    unchanged = [integrate.quad(lambda chance: (1 - chance) ** questions, 0, end)[0] for end in (reach, 20 / questions)]
    expected = unchanged[0] / unchanged[1]
    coverage = unchanged_coverage(rare, studies=400, seed=0)["covered"]
    assert expected > 0.975
    assert coverage == pytest.approx(expected, abs=3 * math.sqrt(0.025 / 400))


@pytest.mark.parametrize("name", GRADED)
def test_means_of_graded_truths_are_covered(name: str) -> None:
    draw = Synthetic(questions=100, common_luck=0.3, own_luck=0.0, preference=0.0)
    coverage = mean_coverage(LAWS[name], draw, studies=800, seed=1)
    assert 0.93 <= coverage["covered"] <= 0.975, coverage
    assert coverage["out_of_bounds"] == 0.0


@pytest.mark.parametrize("name", ["uniform", "beta, 80 % zeros", "NDCG@10, 50 % zeros"])
def test_one_policy_under_several_names_is_rarely_told_apart(name: str) -> None:
    alarms = same_policy(LAWS[name], Synthetic(questions=100, own_luck=0.1), studies=150, seed=2)
    assert max(alarms.values()) <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 150)


@pytest.mark.parametrize("name", ["beta(0.5, 2)", "NDCG@10, 85 % zeros"])
def test_graded_differences_are_covered_and_told_as_often_as_predicted(name: str) -> None:
    outcome = differing_policies(LAWS[name], Synthetic(questions=150), studies=500, seed=3)
    assert 0.93 <= outcome["covered"] <= 0.985, outcome
    assert outcome["told"] == pytest.approx(outcome["predicted"], abs=0.06)
    assert outcome["told"] > 0.3


@pytest.mark.parametrize("name", LAWS)
def test_the_laws_have_the_means_they_say(name: str) -> None:
    law = LAWS[name]
    assert law.mean_at(0.0) == pytest.approx(law.mean, abs=1e-6)
    (truths,) = draw_truths(law, Synthetic(seeds=50, questions=20_000), np.random.default_rng(4), [0.0])
    assert truths.mean() == pytest.approx(law.mean, abs=0.02)
    assert truths.min() >= 0.0 and truths.max() <= 1.0
    assert law.mean_at(0.2) > law.mean
