"""Policies that ask by the probability of a right answer, each against what can be counted or computed another way."""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import binom  # type: ignore[import-untyped]

from policies.asking.balanced_filter import BalancedFilter
from policies.asking.dapo import Dapo
from policies.asking.kimi import Kimi
from policies.asking.learnability import Learnability
from policies.asking.lilo import Lilo
from policies.parts.success import success, successes
from simulation.core.errors import ScenarioError
from simulation.core.registry import build
from simulation.core.roles import Context
from simulation.core.types import Question
from tests.support.contexts import context, experience, memory, pool, question

NEEDING = ["learnability", "lilo", "balanced_filter", "dapo", "kimi"]


def knowing(chances: Sequence[float], *, seed: int = 0) -> tuple[list[Question], Context]:
    """Candidates whose first option, which is right, has these probabilities, up to a constant factor."""
    candidates = [question(f"q{index}", right=0) for index in range(len(chances))]
    predictions = {
        each.id: tuple(-5 + math.log(max(share, 1e-300)) for share in (chance, (1 - chance) / 2, (1 - chance) / 2))
        for each, chance in zip(candidates, chances, strict=True)
    }
    return candidates, context(seed=seed, predictions=predictions)


def shares(policy: Any, chances: Sequence[float], k: int, rounds: int = 3000) -> list[float]:
    """How often each candidate is picked."""
    times: Counter[str] = Counter()
    candidates, seen = knowing(chances)
    for _ in range(rounds):
        times.update(pick.item.id for pick in policy.select(candidates, k, seen))
    return [times[each.id] / rounds for each in candidates]


def test_p_is_the_normalised_probability_of_the_reference() -> None:
    candidates, seen = knowing([0.2, 0.5, 1.0, 0.0])
    assert successes(candidates, seen) == pytest.approx([0.2, 0.5, 1.0, 0.0])


@pytest.mark.parametrize("name", NEEDING)
@pytest.mark.parametrize("bad", [Question(id="open", prompt="why?"), question("a").shown()])
def test_a_question_without_a_reference_among_choices_is_refused(name: str, bad: Question) -> None:
    with pytest.raises(ScenarioError, match=r"has no reference among its choices.*take questions with choices"):
        build("question_policy", name, {}).select([bad], 1, context(predictions={bad.id: (-1.0, -2.0, -3.0)}))


def test_a_question_without_predictions_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"3 choices and 0 predictions"):
        success(question("a"), context())


def test_learnability_draws_its_share_from_the_top_and_the_rest_from_everywhere() -> None:
    chances = [0.5, 0.45, 0.6, 0.9, 0.95, 0.99, 0.02, 1.0, 0.3, 0.1]
    policy = Learnability(top=4, share=0.5)
    candidates, seen = knowing(chances)
    expected = sorted(range(10), key=lambda index: -chances[index] * (1 - chances[index]))[:4]
    assert sorted(expected) == [0, 1, 2, 8]
    # 2 of 4 from the buffer; then 2 of the 8 left: 1/2 + 1/2 * 1/4 within, 1/4 outside.
    within, outside = 0.625, 0.25
    found = shares(policy, chances, 4)
    assert found == pytest.approx([within if index in expected else outside for index in range(10)], abs=0.04)
    picks = policy.select(candidates, 4, seen)
    assert all(pick.propensity == (within if int(pick.item.id[1:]) in expected else outside) for pick in picks)
    assert [pick.score for pick in picks] == pytest.approx(
        [chances[int(pick.item.id[1:])] * (1 - chances[int(pick.item.id[1:])]) for pick in picks]
    )


def test_learnability_without_random_ones_asks_the_top_alone() -> None:
    candidates, seen = knowing([0.5, 0.9, 0.4, 1.0])
    picks = Learnability(top=2, share=1.0).select(candidates, 2, seen)
    assert {pick.item.id for pick in picks} == {"q0", "q2"}
    assert {pick.propensity for pick in picks} == {1.0}


def test_lilo_is_rejection_sampling() -> None:
    """Against the chance of every order of picks: each next one in proportion to p(1 - p) among those left."""
    chances, k = [0.5, 0.9, 0.98, 0.2, 0.7], 2
    weight = [chance * (1 - chance) for chance in chances]
    exact = [0.0] * len(chances)
    for order in permutations(range(len(chances)), k):
        probability, left = 1.0, sum(weight)
        for index in order:
            probability *= weight[index] / left
            left -= weight[index]
        for index in order:
            exact[index] += probability
    assert sum(exact) == pytest.approx(k)
    assert shares(Lilo(), chances, k) == pytest.approx(exact, abs=0.04)


def test_lilo_asks_what_has_nothing_to_teach_last_and_at_random() -> None:
    found = shares(Lilo(), [1.0, 0.5, 1.0, 1.0], 2, rounds=600)
    assert found[1] == 1.0
    assert [found[0], found[2], found[3]] == pytest.approx([1 / 3] * 3, abs=0.08)


def test_the_balanced_filter_is_uniform_within_its_bounds_and_takes_the_nearest_outside() -> None:
    chances = [0.26, 0.5, 0.74, 0.1, 0.85, 0.95]
    policy = BalancedFilter()
    assert shares(policy, chances, 2) == pytest.approx([2 / 3, 2 / 3, 2 / 3, 0, 0, 0], abs=0.04)
    candidates, seen = knowing(chances)
    picks = policy.select(candidates, 4, seen)
    assert picks[3].item.id == "q4"
    assert "only 3 of 6" in picks[3].reason
    assert {pick.propensity for pick in picks} == {1.0}
    with pytest.raises(ValidationError, match=r"low=0.6 is above high=0.4"):
        build("question_policy", "balanced_filter", {"low": 0.6, "high": 0.4})


def test_dapo_keeps_a_question_as_often_as_its_group_is_mixed() -> None:
    """One place and one draw: SciPy says how often a group of G is mixed; what is not is filled at random."""
    chances = [0.999, 0.5, 0.03]
    mixed = [1 - binom.pmf(0, 4, chance) - binom.pmf(4, 4, chance) for chance in chances]
    exact = [0.0] * 3
    for kept in np.ndindex(2, 2, 2):
        probability = math.prod(m if keep else 1 - m for m, keep in zip(mixed, kept, strict=True))
        open_ = [index for index in range(3) if kept[index]] or [0, 1, 2]
        for index in open_:
            exact[index] += probability / len(open_)
    assert shares(Dapo(samples=4, rounds=1), chances, 1) == pytest.approx(exact, abs=0.04)


def test_dapo_draws_again_before_it_fills_up() -> None:
    chances = [1.0] * 5 + [0.03]
    once, often = (shares(Dapo(samples=4, rounds=rounds), chances, 1, 1500)[5] for rounds in (1, 200))
    assert once == pytest.approx(0.115 + 0.885 / 6, abs=0.04)
    assert often == 1.0
    candidates, seen = knowing(chances)
    picks = Dapo(samples=4, rounds=3).select(candidates, 6, seen)
    assert sum("fills a place" in pick.reason for pick in picks) >= 5


def test_kimi_asks_in_proportion_to_failure() -> None:
    chances = [0.9, 0.8, 0.7, 0.6, 0.0, 1.0]
    # 1 - p sums to 2; two places: each gets 2 * (1 - p) / 2.
    exact = [0.1, 0.2, 0.3, 0.4, 1.0, 0.0]
    assert shares(Kimi(), chances, 2) == pytest.approx(exact, abs=0.035)
    candidates, seen = knowing(chances)
    for pick in Kimi().select(candidates, 2, seen):
        assert pick.propensity == pytest.approx(exact[int(pick.item.id[1:])])


def test_kimi_may_go_by_the_error_rates_of_skills_and_then_needs_no_predictions() -> None:
    policy = Kimi(difficulty="error_rate", by="category")
    assert policy.needs == frozenset()
    asked = pool(12, ("gain", "physics"))
    held = memory([experience(each, score=float(index % 2)) for index, each in enumerate(asked)])
    # gain: 6 of 6 wrong, so 7/8; physics: none of 6, so 1/8.
    for pick in policy.select(pool(8, ("gain", "physics")), 4, context(held=held)):
        assert pick.score == {"gain": 0.875, "physics": 0.125}[pick.item.category]
        assert pick.propensity == pick.score
