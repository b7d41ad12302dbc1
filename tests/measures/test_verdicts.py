"""Verdicts decide by p and interval, and say in plain words what is known and what would be needed."""

import numpy as np
import pytest
from numpy.typing import NDArray

from simulation.core.errors import DataError
from simulation.core.questions import Measure
from simulation.measures.arrays import COSTS
from simulation.measures.findings import look_at
from simulation.measures.statistics import Variances, crossed_difference, holm, sign_flip
from simulation.measures.verdicts import Family, decide, judge_pairs
from simulation.views.verdict_text import Goal, advice, family_warnings, p_text, verdict_text

Truths = NDArray[np.float64]


def study(
    accuracies: dict[str, float], seeds: int = 8, questions: int = 300, luck: float = 0.0, seed: int = 0
) -> dict[str, Truths]:
    """Truths of policies of these accuracies, their noise mostly common; `luck` scatters each over the seeds."""
    generator = np.random.default_rng(seed)
    common = generator.normal(0, 1, (1, questions)) + generator.normal(0, 0.5, (seeds, questions))
    threshold = np.quantile(common, [1 - accuracy for accuracy in accuracies.values()])
    return {
        label: (
            common + generator.normal(0, 0.4, (seeds, questions)) + luck * generator.normal(0, 1, (seeds, 1)) > limit
        ).astype(float)
        for label, limit in zip(accuracies, threshold, strict=True)
    }


def text(family: Family, pair: int = 0) -> str:
    """Return the words of one verdict."""
    return verdict_text(family.verdicts[pair], family)


def test_a_clear_difference_is_told_with_its_interval_and_p() -> None:
    truths = study({"random": 0.5, "category": 0.6, "other": 0.5})
    family = judge_pairs(truths)
    found = family.verdicts[0]
    test = crossed_difference(truths["category"] - truths["random"])
    assert (found.a, found.b, found.tells) == ("random", "category", True)
    assert (found.difference, found.low, found.high, found.p_unadjusted) == test
    assert [each.p for each in family.verdicts] == holm([each.p_unadjusted for each in family.verdicts])
    assert found.sign_flip_p == sign_flip((truths["category"] - truths["random"]).mean(axis=1)) == 2 / 2**8
    points = [f"{100 * value:.1f}" for value in test[:3]]
    assert text(family) == (
        f"category is better than random by {points[0]} points, 95 % interval {points[1]} to {points[2]} "
        "(p < .001 after Holm over 3 pairs)"
    )
    assert (family.seeds, family.questions, family.measure) == (8, 300, "accuracy")


def test_the_better_one_is_named_first_whatever_the_order() -> None:
    truths = study({"good": 0.6, "bad": 0.5})
    family = judge_pairs(truths)
    found = family.verdicts[0]
    assert found.difference < 0 and found.high < 0
    low, high = f"{-100 * found.high:.1f}", f"{-100 * found.low:.1f}"
    assert f"good is better than bad by {-100 * found.difference:.1f} points, 95 % interval {low} to {high}" in text(
        family
    )
    assert "Holm" not in text(family)


def test_what_is_not_told_says_what_would_show_it() -> None:
    truths = study({"random": 0.5, "category": 0.5}, seeds=6, questions=150, seed=1)
    family = judge_pairs(truths)
    found = family.verdicts[0]
    assert not found.tells
    points, low, high = (f"{100 * value:.1f}" for value in (found.difference, found.low, found.high))
    seen = f"cannot tell category from random: {points} points, 95 % interval {low} to {high}; "
    assert text(family).startswith(seen)
    assert text(family).endswith("questions would show 3 points") and " seeds or " in text(family)
    wider = judge_pairs(truths, target=0.2)
    assert text(wider).endswith("these 6 seeds and 150 questions would show 20 points")


def test_where_seeds_differ_much_no_number_of_questions_is_promised() -> None:
    found = judge_pairs(study({"random": 0.5, "category": 0.5}, seeds=6, luck=0.3))
    assert "seeds would show 3 points, no number of questions alone would: the seeds differ too much" in text(found)


def test_where_questions_differ_much_no_number_of_seeds_is_promised() -> None:
    generator = np.random.default_rng(0)
    rows = generator.integers(0, 2, (2, 1, 150)).astype(float)
    noise = generator.random((2, 6, 150)) < 0.1
    truths = np.abs(rows - noise)
    found = judge_pairs({"random": truths[0], "category": truths[1]})
    assert "questions would show 3 points, no number of seeds alone would: the questions differ too much" in text(found)


def test_where_neither_suffices_more_of_both_is_asked() -> None:
    goal = Goal(effect=0.03, chance=0.8, pairs=1)
    said = advice(Variances(0.002, 0.2, 0.1), 4, 100, goal)
    assert said.startswith("it takes more of both: ") and said.endswith(" questions would show 3 points")
    out_of_reach = advice(Variances(2.0, 20.0, 0.1), 4, 100, goal)
    assert out_of_reach == "3 points are out of reach of any number of seeds and questions that can be run"


def test_holm_can_take_back_what_a_pair_alone_would_tell() -> None:
    accuracies = {"a": 0.5, "b": 0.5, "c": 0.5, "d": 0.54}
    for seed in range(40):
        family = judge_pairs(study(accuracies, seeds=6, seed=seed))
        for pair, found in enumerate(family.verdicts):
            if found.p_unadjusted < 0.05 <= found.p:
                assert not found.tells
                assert f", but {p_text(found.p)} after Holm over 6 pairs; " in text(family, pair)
                return
    raise AssertionError("no study came near its limit")


def test_a_pair_is_told_only_where_p_and_interval_agree() -> None:
    generator = np.random.default_rng(5)
    for _ in range(50):
        tables = [generator.normal(0.05, 0.4, (5, 80)) for _ in range(3)]
        for test, p, tells in decide(tables):
            assert p >= test.p
            assert tells is (p < 0.05 and (test.low > 0 or test.high < 0))


def test_equal_answers_are_not_called_a_small_difference() -> None:
    truths = study({"random": 0.5})["random"]
    family = judge_pairs({"random": truths, "again": truths.copy()})
    assert text(family) == "cannot tell again from random: every answer came out the same"
    assert (family.verdicts[0].p, family.verdicts[0].tells) == (1.0, False)
    assert family_warnings(family) == []


def test_one_seed_tells_of_its_runs_and_says_that_it_tells_of_no_others() -> None:
    family = judge_pairs(study({"random": 0.4, "category": 0.6, "same": 0.6}, seeds=1))
    assert family.verdicts[0].tells
    assert all(text(family, pair).endswith("one seed says nothing of others") for pair in range(3))
    assert family_warnings(family)[0].startswith("One seed: the intervals speak of other questions only.")


@pytest.mark.parametrize(
    ("seeds", "labels", "warning"),
    [
        (5, 2, "5 seeds: the exact sign-flip test cannot go below p = 0.0625, so it cannot reach 5 %; 6 seeds can."),
        (6, 3, "6 seeds and 3 pairs: after Holm the exact sign-flip test cannot go below p = 0.0938; 7 seeds can"),
        (6, 2, None),
        (8, 4, None),
    ],
)
def test_the_floor_of_the_sign_flips_is_said(seeds: int, labels: int, warning: str | None) -> None:
    family = judge_pairs(study({str(label): 0.5 for label in range(labels)}, seeds=seeds))
    assert bool(family_warnings(family)) is (warning is not None)
    assert warning is None or family_warnings(family)[0].startswith(warning)
    assert min(found.sign_flip_p for found in family.verdicts) >= 2 / 2**seeds


def test_too_few_questions_are_said() -> None:
    truths = study({"random": 0.5, "category": 0.55}, seeds=6, questions=40)
    truths["category"][:, 12:] = truths["random"][:, 12:]
    warnings = family_warnings(judge_pairs(truths))
    assert warnings[0].startswith("40 held-out questions are few: each weighs 2.5 points.")
    assert warnings[1].startswith("random and category differ on ") and "questions only" in warnings[1]


def test_curves_are_judged_at_the_end_over_all_turns_and_at_an_equal_budget() -> None:
    generator = np.random.default_rng(6)
    turns = (0, 4, 10)
    late, early = (
        (generator.random((6, 3, 200)) < np.array(heights)[None, :, None]).astype(float)
        for heights in ((0.3, 0.4, 0.8), (0.3, 0.75, 0.8))
    )
    spent = {"late": np.tile([0.0, 40.0, 100.0], (6, 1)), "early": np.tile([0.0, 120.0, 300.0], (6, 1))}
    costs = {cost: spent if cost == "trained" else dict.fromkeys(spent, np.zeros((6, 3))) for cost in COSTS}
    (last, area, budget), same = look_at(Measure(name="accuracy"), turns, {"late": late, "early": early}, costs)
    assert (last.name, budget.name) == ("accuracy at turn 10", "accuracy after 100 experiences trained on")
    assert last.family.verdicts[0].difference == pytest.approx((early[:, 2] - late[:, 2]).mean())
    heights = [np.trapezoid(truths.mean(axis=(0, 2)), turns) / 10 for truths in (late, early)]
    assert area.family.verdicts[0].difference == pytest.approx(heights[1] - heights[0])
    assert "early is better than late" in text(area.family)
    at_100 = np.interp(100, [0, 120], early.mean(axis=(0, 2))[:2])
    assert budget.family.verdicts[0].difference == pytest.approx(at_100 - late[:, 2].mean())
    assert same == ("asked", "tokens", "put")


@pytest.mark.parametrize(
    ("truths", "message"),
    [
        ({"a": [[1.0]]}, r"two labels or more, got \['a'\]"),
        ({"a": np.ones((3, 4)), "b": np.ones((2, 4))}, "'b' has 2 seeds x 4 questions, 'a' 3 seeds x 4 questions"),
        ({"a": np.ones((3, 4)), "b": [[1.0, 0.0], [1.0]]}, "truths of 'b': the seeds answered unequal numbers"),
        ({"a": np.ones(4), "b": np.ones(4)}, r"truths of 'a': expected \[seeds, questions\] .* got shape \(4,\)"),
        ({"a": np.ones((3, 1)), "b": np.ones((3, 1))}, r"two questions or more, got shape \(3, 1\)"),
        ({"a": np.ones((3, 4)), "b": np.full((3, 4), 40.0)}, "truths of 'b' must lie in 0 to 1, got 40 to 40"),
        ({"a": np.ones((3, 4)), "b": np.full((3, 4), np.nan)}, "truths of 'b' must lie in 0 to 1"),
    ],
)
def test_truths_that_cannot_be_paired_are_refused(truths: dict[str, Truths], message: str) -> None:
    with pytest.raises(DataError, match=message):
        judge_pairs(truths)


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.0001, "p < .001"), (0.004, "p = .004"), (0.0996, "p = .10"), (0.34, "p = .34"), (1.0, "p = 1.00")],
)
def test_p_values_are_printed_without_needless_digits(p: float, text: str) -> None:
    assert p_text(p) == text
