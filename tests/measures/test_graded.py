"""Graded measures: means stay inside their bounds and cover, pairs are rarely told apart for nothing, binary ones stay.

`frozen_binary_verdicts.json` holds the verdicts of random binary tables as they were before graded measures came.
"""

import json
import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import optimize, stats  # type: ignore[import-untyped]

from benchmarks.graded_laws import LAWS, draw_truths
from benchmarks.synthetic import Synthetic
from simulation.measures.power import (
    FEWEST_SEEDS,
    assumed,
    detectable,
    piloted,
    power,
    power_unknown,
    showing,
    smallest_questions,
    smallest_seeds,
)
from simulation.measures.statistics import (
    Variances,
    analyse,
    bounded_mean,
    crossed_difference,
    one_run_difference,
    wilson,
)
from simulation.measures.verdicts import judge_pairs, what_would_show

Truths = NDArray[np.float64]
Z = stats.norm.ppf(0.975)
GRADED = [name for name, law in LAWS.items() if law.graded]


def binary_family(number: int) -> dict[str, Truths]:
    """Tables of right and wrong answers that differ in few or in many places."""
    generator = np.random.default_rng([number, 2026])
    seeds, questions = (1, 2, 3, 5, 8)[number % 5], (2, 10, 40, 100, 233)[number // 5 % 5]
    labels, changed = 2 + number % 2, (0.02, 0.1, 0.3, 1.0)[number % 4]
    share, drift = generator.random(2)
    shape = seeds, questions
    tables = {"0": (generator.random(shape) < share).astype(float)}
    for label in range(1, labels):
        fresh = (generator.random(shape) < 0.5 * (share + drift)).astype(float)
        tables[str(label)] = np.where(generator.random(shape) < changed, fresh, tables["0"])
    return tables


def test_binary_verdicts_are_those_of_before_wherever_an_answer_changed() -> None:
    frozen = json.loads(Path(__file__).with_name("frozen_binary_verdicts.json").read_text(encoding="utf-8"))
    verdicts = [
        (number, verdict)
        for number in range(300)
        for verdict in judge_pairs(binary_family(number)).verdicts
        if verdict.differing
    ]
    assert len(frozen) == len(verdicts) == 493
    for (number, verdict), before in zip(verdicts, frozen, strict=True):
        assert [number, verdict.a, verdict.b, verdict.tells] == [*before[:3], before[-1]]
        numbers = [verdict.difference, verdict.low, verdict.high, verdict.p_unadjusted, verdict.p]
        assert numbers == pytest.approx(before[3:-1], rel=1e-12, abs=1e-15), (number, verdict)


def test_where_no_answer_changed_only_the_interval_is_new() -> None:
    for number in range(300):
        family = judge_pairs(binary_family(number))
        for verdict in family.verdicts:
            if not verdict.differing:
                half = Z**2 / (family.questions + Z**2)
                assert (verdict.low, verdict.high) == pytest.approx((-half, half))
                assert (verdict.difference, verdict.p, verdict.tells) == (0.0, 1.0, False)


def tango_limit(pairs: int) -> float:
    """The largest difference that Tango's score test does not reject where no pair is discordant (1998)."""

    def score(difference: float) -> float:
        square, linear = 2 * pairs, 2 * pairs * difference
        nuisance = (math.sqrt(linear**2) - linear) / (2 * square)
        return float(pairs * difference / math.sqrt(pairs * (2 * nuisance + difference * (1 - difference))) - Z)

    return float(optimize.brentq(score, 1e-9, 1 - 1e-9))


@pytest.mark.parametrize("questions", [2, 20, 100, 600])
@pytest.mark.parametrize("seeds", [1, 5])
@pytest.mark.parametrize("graded", [False, True])
def test_pairs_that_never_differ_have_tangos_interval(questions: int, seeds: int, graded: bool) -> None:
    limit = tango_limit(questions)
    test = crossed_difference(np.zeros((seeds, questions)), graded=graded)
    assert test == pytest.approx((0.0, -limit, limit, 1.0))
    assert limit > Z / (questions + 2)  # that of Agresti & Min, which covers less often than it says


def howe_half_width(truths: Truths) -> float:
    """Half the crossed interval, from its definition, written out by loops."""
    seeds, questions = truths.shape
    mean = truths.mean()
    by_seed, by_question = truths.mean(axis=1), truths.mean(axis=0)
    seed = questions * sum((value - mean) ** 2 for value in by_seed) / (seeds - 1)
    question = seeds * sum((value - mean) ** 2 for value in by_question) / (questions - 1)
    left = sum((truths[s, q] - by_seed[s] - by_question[q] + mean) ** 2 for s in range(seeds) for q in range(questions))
    residual = left / ((seeds - 1) * (questions - 1))
    t_seed, t_question = stats.t.ppf(0.975, seeds - 1), stats.t.ppf(0.975, questions - 1)
    square = max(t_seed**2 * seed + t_question**2 * max(0.0, question - residual), t_question**2 * question / 2)
    return math.sqrt(square / (seeds * questions))


@pytest.mark.parametrize("name", GRADED)
@pytest.mark.parametrize("seeds", [1, 4])
def test_the_ends_are_the_means_that_the_score_test_just_does_not_reject(name: str, seeds: int) -> None:
    (truths,) = draw_truths(LAWS[name], Synthetic(seeds=seeds, questions=80), np.random.default_rng(seeds), [0.0])
    mean, low, high = bounded_mean(truths, graded=True)
    half = howe_half_width(truths) if seeds > 1 else mean - stats.ttest_1samp(truths[0], 0).confidence_interval().low

    def gap(other: float) -> float:
        return abs(mean - other) - half * math.sqrt(other * (1 - other) / (mean * (1 - mean)))

    assert mean == pytest.approx(truths.mean())
    ends = [optimize.brentq(gap, 1e-12, mean - 1e-12), optimize.brentq(gap, mean + 1e-12, 1 - 1e-12)]
    if (truths != 0).any(axis=0).sum() < 10:  # few others than 0: the room for what was not seen counts as well
        ends[1] = max(ends[1], (80 * mean + Z**2) / (80 + Z**2))
    assert (low, high) == pytest.approx(tuple(ends))


def test_graded_intervals_stay_inside_hold_their_mean_and_mirror() -> None:
    generator = np.random.default_rng(0)
    for number in range(300):
        shape = tuple(generator.integers(1, 12, 2))
        shares = generator.random(shape)
        truths = np.where(shares < number / 300, shares.round(number % 3), generator.integers(0, 2, shape))
        mean, low, high = bounded_mean(truths, graded=True)
        assert 0.0 <= low <= mean + 1e-12 and mean - 1e-12 <= high <= 1.0 and low < high
        mirrored = bounded_mean(1 - truths, graded=True)
        assert mirrored == pytest.approx((1 - mean, 1 - high, 1 - low))


def test_binary_means_have_the_methods_they_had() -> None:
    truths = binary_family(23)["0"]
    assert truths.shape == (5, 233)
    assert bounded_mean(truths[0], graded=False)[1:] == wilson(truths[0].sum(), 233)
    estimate = analyse(truths).estimate()
    assert bounded_mean(truths, graded=False) == (
        estimate.value,
        max(0.0, estimate.low),
        min(1.0, estimate.high),
    )
    nearly = np.zeros((5, 100))
    nearly[0, 0] = 1.0
    assert bounded_mean(nearly, graded=False)[1:] == (0.0, analyse(nearly).estimate().high)


@pytest.mark.parametrize("shape", [(1, 100), (5, 100), (5, 600), (3, 1)])
@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_equal_values_leave_the_room_of_pseudo_questions_at_the_bounds(value: float, shape: tuple[int, int]) -> None:
    questions = shape[1]
    mean, low, high = bounded_mean(np.full(shape, value), graded=True)
    values, weights = [value, 0.0, 1.0], [[questions, Z**2, 0], [questions, 0, Z**2]]
    assert mean == pytest.approx(value)
    assert (low, high) == pytest.approx(tuple(np.average(values, weights=row) for row in weights))
    if value in (0.0, 1.0):
        assert (low, high) == pytest.approx(wilson(value * questions, questions))
        assert bounded_mean(np.full(shape, value), graded=False)[1:] == pytest.approx((low, high))
    assert high - low == pytest.approx(Z**2 / (questions + Z**2))
    exact = 1 - 0.025 ** (1 / questions)  # Clopper & Pearson's share that may change where none did
    assert questions == 1 or high - low == pytest.approx(exact, rel=0.05)


def test_few_values_that_depart_do_not_shrink_the_interval_below_that_of_none() -> None:
    truths = np.full((5, 100), 0.3)
    _, least, most = bounded_mean(truths, graded=True)
    for changed in range(1, 10):
        truths[:, changed] = 0.3 + 0.01 * changed
        _, low, high = bounded_mean(truths, graded=True)
        assert low <= least + 0.006 and high >= most
    truths[:, 20] = 0.5
    assert bounded_mean(truths, graded=True).high < most


def test_graded_differences_that_all_but_agree_leave_room_for_others() -> None:
    shift = crossed_difference(np.full((4, 20), 0.3), graded=True)
    weights = [[20, Z**2, 0], [20, 0, Z**2]]
    ends = tuple(np.average([0.3, -1.0, 1.0], weights=row) for row in weights)
    assert shift[:3] == pytest.approx((0.3, *ends))
    assert crossed_difference(np.full((4, 20), 0.3))[:3] == pytest.approx((0.3, 0.3, 0.3))
    value, low, _, _ = crossed_difference(np.full((4, 20), 0.3), 1 - shift.p, graded=True)
    assert low == pytest.approx(0.0, abs=1e-6 * value)
    single = one_run_difference([0.5] * 8, graded=True)
    assert single.low < single.value == 0.5 < single.high and single.p == pytest.approx(2 * stats.norm.sf(2.0))


def test_graded_differences_on_many_questions_have_todays_test() -> None:
    generator = np.random.default_rng(5)
    for seeds in (1, 5):
        differences = generator.uniform(-0.4, 0.5, (seeds, 60))
        assert crossed_difference(differences, graded=True) == crossed_difference(differences)
    wide = crossed_difference([[1.0, 1.0], [-1.0, -1.0]], graded=True)
    assert (wide.low, wide.high) == (-1.0, 1.0)


@pytest.mark.parametrize("seeds", [1, 2, 3, 4, 5])
def test_power_is_not_said_from_fewer_than_four_seeds(seeds: int) -> None:
    law = LAWS["NDCG@10, 50 % zeros"]
    first, second = draw_truths(law, Synthetic(seeds=seeds, questions=90), np.random.default_rng(6), [0.0, 0.1])
    family = judge_pairs({"a": first, "b": second, "c": first}, graded=True, target=0.05)
    shown = what_would_show(family.verdicts[0], family)
    reason = power_unknown(family.verdicts[0].variances, seeds)
    if seeds < FEWEST_SEEDS:
        assert shown is None and reason == "power is not said from fewer than 4 seeds"
        return
    variances = piloted(second - first)
    assert reason == "" and shown == (
        detectable(variances, seeds, 90, comparisons=3),
        power(0.05, variances, seeds, 90, comparisons=3),
        smallest_seeds(0.05, variances, 90, comparisons=3),
        smallest_questions(0.05, variances, seeds, comparisons=3),
    )
    assert what_would_show(family.verdicts[1], family) is None
    assert power_unknown(Variances(0.0, 0.0, 0.0), seeds) == "power is not said where no difference varied"
    assert showing(0.05, variances, seeds, 90) != shown


def test_graded_answers_scatter_less_than_right_and_wrong_ones() -> None:
    assert assumed(answer_deviation=math.sqrt(0.3 * 0.7)) == pytest.approx(assumed(accuracy=0.3))
    graded, binary = assumed(answer_deviation=0.2), assumed()
    assert graded.seed == binary.seed and graded.residual < binary.residual
    assert detectable(graded, 6, 300) < detectable(binary, 6, 300)
    with pytest.raises(ValueError, match=r"answer_deviation must lie in 0 to 0\.5, got 0\.6"):
        assumed(answer_deviation=0.6)


@pytest.mark.parametrize(
    ("truths", "message"),
    [
        ([[0.2, 1.4]], "in 0 to 1, got 0.2 to 1.4"),
        ([[0.2, math.nan]], "finite numbers, got 1"),
        ([], r"rows of shapes \[\(0,\)\]"),
        (np.zeros((2, 2, 2)), r"rows of shapes \[\(2, 2\)\]"),
    ],
)
def test_what_are_no_truths_is_refused(truths: Truths, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bounded_mean(truths, graded=True)


def test_a_family_of_graded_pairs_is_judged_pair_by_pair() -> None:
    runs = list(draw_truths(LAWS["uniform"], Synthetic(questions=60), np.random.default_rng(7), [0.0, 0.0, 0.4]))
    family = judge_pairs(dict(zip("abc", runs, strict=True)), graded=True)
    for verdict, (first, second) in zip(family.verdicts, combinations(runs, 2), strict=True):
        test = crossed_difference(second - first, graded=True)
        assert (verdict.difference, verdict.low, verdict.high, verdict.p_unadjusted) == test
