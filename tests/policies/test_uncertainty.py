"""What the uncertainty policies ask, against SciPy and worked examples."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import entropy as scipy_entropy  # type: ignore[import-untyped]

from policies.asking.bald import Bald
from policies.asking.entropy import Entropy
from policies.asking.least_confidence import LeastConfidence
from policies.asking.margin import Margin
from policies.asking.vote_disagreement import VoteDisagreement
from simulation.core.errors import ScenarioError
from simulation.core.types import Question, Selection
from tests.support.contexts import chosen_from, context, pool, question


def logs(*probabilities: float) -> tuple[float, ...]:
    return tuple(math.log(each) for each in probabilities)


def ids(picks: list[Selection[Question]]) -> list[str]:
    return [pick.item.id for pick in picks]


def drawn(size: int) -> tuple[list[Question], dict[str, tuple[float, ...]], np.ndarray[Any, Any]]:
    """Questions with random predictions, which are not normalised, and their normalised probabilities."""
    candidates = pool(size)
    logprobs = np.random.default_rng(3).normal(-4, 2, (size, 3))
    odds = np.exp(logprobs)
    predictions = {each.id: tuple(row.tolist()) for each, row in zip(candidates, logprobs, strict=True)}
    return candidates, predictions, odds / odds.sum(axis=1, keepdims=True)


def test_the_measures_pull_apart_where_the_survey_says_they_do() -> None:
    candidates = [question("two left"), question("one leads"), question("flat but led")]
    predictions = {
        "two left": logs(0.49, 0.49, 0.02),
        "one leads": logs(0.8, 0.1, 0.1),
        "flat but led": logs(0.46, 0.27, 0.27),
    }
    seen = context(predictions=predictions)
    assert ids(Margin().select(candidates, 3, seen)) == ["two left", "flat but led", "one leads"]
    assert ids(LeastConfidence().select(candidates, 3, seen)) == ["flat but led", "two left", "one leads"]
    assert ids(Entropy().select(candidates, 3, seen)) == ["flat but led", "two left", "one leads"]


def test_each_measure_ranks_as_numpy_and_scipy_do() -> None:
    candidates, predictions, shares = drawn(40)
    seen = context(predictions=predictions)
    top = np.sort(shares, axis=1)
    measures: list[tuple[Any, np.ndarray[Any, Any], int]] = [
        (LeastConfidence(), top[:, -1], 1),
        (Margin(), top[:, -1] - top[:, -2], 1),
        (Entropy(), scipy_entropy(shares, axis=1), -1),
    ]
    for policy, expected, sign in measures:
        picks = policy.select(candidates, 10, seen)
        order = np.argsort(sign * expected, kind="stable")[:10]
        assert ids(picks) == [candidates[index].id for index in order]
        assert [pick.score for pick in picks] == pytest.approx(expected[order].tolist())
        assert {pick.propensity for pick in picks} == {1.0}


def test_a_single_choice_leaves_nothing_open() -> None:
    sure = chosen_from("sure", choices=("1",))
    candidates = [sure, question("open")]
    seen = context(predictions={"sure": (-9.0,), "open": logs(0.9, 0.05, 0.05)})
    for policy in (Margin(), Entropy(), LeastConfidence()):
        assert ids(policy.select(candidates, 2, seen)) == ["open", "sure"]
    assert Margin().select([sure], 1, seen)[0].score == 1.0
    assert Entropy().select([sure], 1, seen)[0].score == 0.0


def test_bald_prefers_sure_disagreement_to_shared_doubt() -> None:
    candidates = [question("shared doubt"), question("dispute"), question("agreement")]
    flat, first, second = logs(1 / 3, 1 / 3, 1 / 3), logs(0.98, 0.01, 0.01), logs(0.01, 0.98, 0.01)
    committee = {"shared doubt": (flat, flat), "dispute": (first, second), "agreement": (first, first)}
    picks = Bald().select(candidates, 3, context(committee=committee))
    assert ids(picks)[0] == "dispute"
    assert [pick.score for pick in picks][1:] == pytest.approx([0.0, 0.0], abs=1e-12)


def test_bald_is_the_mutual_information_of_student_and_answer() -> None:
    """Summed over the joint distribution of a uniformly drawn student and its answer, rather than as two entropies."""
    candidates = pool(30)
    rows = np.random.default_rng(5).dirichlet([0.4, 0.4, 0.4], (30, 5))
    committee = {
        each.id: tuple(tuple(np.log(row).tolist()) for row in block)
        for each, block in zip(candidates, rows, strict=True)
    }
    joint = rows / 5
    product = joint.sum(axis=2, keepdims=True) * joint.sum(axis=1, keepdims=True)
    information = (joint * np.log(joint / product)).sum(axis=(1, 2))
    picks = Bald().select(candidates, 30, context(committee=committee))
    assert ids(picks) == [candidates[index].id for index in np.argsort(-information)]
    assert [pick.score for pick in picks] == pytest.approx(np.sort(information)[::-1].tolist())


def test_vote_entropy_counts_first_choices_only() -> None:
    candidates = [question("all alike"), question("two to one"), question("three ways")]
    a, b, c = logs(0.6, 0.3, 0.1), logs(0.3, 0.6, 0.1), logs(0.3, 0.3, 0.4)
    committee = {"all alike": (a, a, a), "two to one": (a, b, a), "three ways": (a, b, c)}
    picks = VoteDisagreement().select(candidates, 3, context(committee=committee))
    assert ids(picks) == ["three ways", "two to one", "all alike"]
    assert [pick.score for pick in picks] == pytest.approx([math.log(3), scipy_entropy([2, 1]), 0.0])
    assert picks[1].reason == "vote entropy 0.637 nats: 67% of the class choose the same option"


@pytest.mark.parametrize("policy", [Bald(), VoteDisagreement()])
@pytest.mark.parametrize("rows", [(), (logs(0.5, 0.3, 0.2),)])
def test_a_student_alone_is_no_committee(policy: Any, rows: tuple[tuple[float, ...], ...]) -> None:
    with pytest.raises(ScenarioError, match=r"students\.count to 2 or more"):
        policy.select([question("q")], 1, context(committee={"q": rows}))


@pytest.mark.parametrize("policy", [Bald(), VoteDisagreement()])
def test_a_committee_needs_choices(policy: Any) -> None:
    bare = Question(id="bare", prompt="?")
    with pytest.raises(ScenarioError, match="take questions with choices"):
        policy.select([bare], 1, context(committee={"bare": ((), ())}))
