"""Bandits over categories, each step of theirs against a closed form or another's fit."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from policies.asking.dump import Dump
from policies.asking.epsilon_greedy import EpsilonGreedy
from policies.asking.exp3s import Exp3S, rescaled, stepped
from policies.asking.learning_progress import LearningProgress
from policies.asking.sec import Sec
from policies.asking.thompson import Thompson
from policies.asking.ucb1 import Ucb1
from policies.asking.zpdes import Zpdes
from policies.parts.advantages import absolute_advantages
from simulation.core.types import Question, Selection, Turn
from tests.support.contexts import answered, chosen_from, context, experience, played, pool

ARMS = ("gain", "general", "physics")


def after(policy: Any, turns: Sequence[Turn]) -> Any:
    """The state of a policy after these turns (Any: each has its own)."""
    state = policy.begin()
    for turn in turns:
        state = policy.observe(state, turn)
    return state


def shares(policy: Any, turns: Sequence[Turn], *, k: int = 6) -> dict[str, float]:
    """The share of the turn that each arm is given, told by the propensity of its questions."""
    candidates = pool(300, ARMS)
    picks = policy.select(candidates, k, context(state=after(policy, turns)))
    found = {pick.item.category: 100 * (pick.propensity or 0.0) / k for pick in picks}
    assert found == pytest.approx({pick.item.category: pick.score for pick in picks})
    return found


@given(st.integers(0, 12), st.integers(0, 12))
def test_the_mean_absolute_advantage_of_right_and_wrong_is_a_closed_form(right: int, wrong: int) -> None:
    if right + wrong:
        share = right / (right + wrong)
        found = absolute_advantages([1.0] * right + [0.0] * wrong)
        assert sum(found) / len(found) == pytest.approx(2 * math.sqrt(share * (1 - share)), abs=1e-9)


def test_advantages_of_partial_scores_are_absolute_z_scores() -> None:
    scores = [0.1, 0.5, 0.5, 0.9, 1.0]
    assert absolute_advantages(scores) == pytest.approx(np.abs(stats.zscore(scores)))


def test_dump_is_a_softmax_of_upper_confidence_bounds() -> None:
    turns = [
        answered(1, {"gain": [1, 1, 0, 0], "general": [1, 1, 1, 1], "physics": [1]}),
        answered(2, {"gain": [1, 1, 1, 0], "physics": [0, 0, 0, 1]}),
    ]
    advantages = {"gain": (4 * 1.0 + 4 * math.sqrt(0.75)) / 8, "general": 0.0, "physics": math.sqrt(0.75)}
    answers = {"gain": 8, "general": 4, "physics": 5}
    bounds = [advantages[arm] + math.sqrt(2 * math.log(18) / (answers[arm] + 1)) for arm in ARMS]
    odds = np.exp(np.array(bounds) / 0.1)
    expected = dict(zip(ARMS, odds / odds.sum(), strict=True))
    found = shares(Dump(), turns, k=90)
    assert found == pytest.approx({arm: expected[arm] for arm in found})
    assert {"gain", "physics"} <= set(found)


def test_dumps_bounds_are_told_and_its_window_slides() -> None:
    policy = Dump(window=4, temperature=1.0)
    turns = [answered(1, {"gain": [1, 0, 1, 0]}), answered(2, {"gain": [1, 1, 1, 1]})]
    # The four advantages of the first turn have left the window; the count stays at 8.
    bounds = [math.sqrt(2 * math.log(9) / 9), *[math.sqrt(2 * math.log(9))] * 2]
    odds = np.exp(bounds)
    assert shares(policy, turns) == pytest.approx(dict(zip(ARMS, odds / odds.sum(), strict=True)))


def test_sec_is_an_exponential_mean_and_a_boltzmann_share() -> None:
    policy = Sec(alpha=0.25, temperature=0.5)
    turns = [
        answered(1, {"gain": [1, 0], "physics": [1, 1, 1, 0], "general": [1]}),
        answered(2, {"gain": [1, 1], "general": [0]}),
    ]
    values = np.array([0.75 * 0.25 * 1.0, 0.0, 0.25 * math.sqrt(0.75)])
    odds = np.exp(values / 0.5)
    assert shares(policy, turns) == pytest.approx(dict(zip(ARMS, odds / odds.sum(), strict=True)))


def test_learning_progress_is_the_slope_of_scipys_line() -> None:
    accuracy = {"gain": [0.2, 0.4, 0.4, 0.8], "general": [1.0, 0.6, 0.2, 0.0], "physics": [0.5, 0.5, 0.4, 0.5]}
    turns = [
        answered(number, {arm: [1.0] * round(10 * row[place]) + [0.0] * round(10 - 10 * row[place])})
        for arm, row in accuracy.items()
        for place, number in enumerate((1, 2, 4, 7))
    ]
    steepness = {arm: abs(stats.linregress([2, 4, 7], row[1:]).slope) for arm, row in accuracy.items()}
    policy = LearningProgress(window=3, epsilon=0.3)
    state = after(policy, sorted(turns, key=lambda turn: turn.turn))
    picks = policy.select(pool(60, ARMS), 20, context(state=state))
    told = {pick.item.category: abs(float(pick.reason.split(" by ")[1].split(" a ")[0])) for pick in picks}
    assert told == pytest.approx(steepness, abs=6e-4)
    assert max(steepness, key=lambda arm: steepness[arm]) == "general"
    found = {pick.item.category: pick.score for pick in picks}
    assert found == pytest.approx({"gain": 0.1, "general": 0.8, "physics": 0.1})


def test_learning_progress_tries_what_has_no_slope_yet_first() -> None:
    turns = [answered(1, {"gain": [0.0], "general": [1.0]}), answered(2, {"gain": [1.0]})]
    found = shares(LearningProgress(), turns, k=90)
    # The slope of gain is 1 as well: it ties with those that count as 1.
    assert found == pytest.approx(dict.fromkeys(ARMS, 1 / 3))
    turns = [answered(1, {"gain": [0.0], "general": [1.0]}), answered(3, {"gain": [1.0]})]
    found = shares(LearningProgress(), turns, k=90)
    assert found == pytest.approx({"gain": 0.1 / 3, "general": 0.1 / 3 + 0.45, "physics": 0.1 / 3 + 0.45})


def test_a_step_of_exp3s_is_the_published_formula() -> None:
    weights = {"gain": 0.3, "general": -0.2, "physics": 0.1}
    found = stepped(weights, "general", 0.5, 0.25)
    raised = {"gain": math.exp(0.3), "general": math.exp(-0.2 + 0.5), "physics": math.exp(0.1)}
    direct = {
        arm: math.log(0.75 * raised[arm] + 0.25 / 2 * sum(raised[other] for other in raised if other != arm))
        for arm in weights
    }
    # Only differences of log-weights matter: ours are shifted so that the exponentials have a mean of 1.
    shift = {arm: direct[arm] - found[arm] for arm in weights}
    assert max(shift.values()) - min(shift.values()) < 1e-12
    assert sum(math.exp(each) for each in found.values()) == pytest.approx(3)
    assert stepped({"alone": 2.0}, "alone", 1.0, 1.0) == pytest.approx({"alone": 0.0})


def test_rewards_of_exp3s_are_rescaled_between_percentiles() -> None:
    past = list(np.linspace(-0.5, 0.5, 11))
    low, high = np.percentile(past, 20), np.percentile(past, 80)
    for gain in (-0.9, -0.3, -0.1, 0.0, 0.2, 0.9):
        assert rescaled(gain, past) == pytest.approx(float(np.clip((gain - low) / (high - low) * 2 - 1, -1, 1)))
    assert rescaled(0.4, []) == 0.0
    assert rescaled(0.4, [0.1, 0.1]) == 0.0


def test_exp3s_comes_to_prefer_the_category_that_gains() -> None:
    """Gain's accuracy rises turn by turn and that of physics falls, while general stays."""
    turns = [
        answered(
            number,
            {
                "gain": [1.0] * number + [0.0] * (20 - number),
                "general": [1.0, 0.0] * 5,
                "physics": [0.0] * number + [1.0] * (20 - number),
            },
            score=1 / 3,
        )
        for number in range(1, 21)
    ]
    found = shares(Exp3S(eta=0.01), turns, k=90)
    assert found["gain"] > found["general"] > found["physics"] > 0.05 / 3
    assert sum(found.values()) == pytest.approx(1)
    assert shares(Exp3S(), turns[:1], k=90) == pytest.approx(dict.fromkeys(ARMS, 1 / 3))


def test_epsilon_greedy_gives_the_rest_to_the_highest_error_rate() -> None:
    turns = [answered(1, {"gain": [0, 1], "general": [0, 0, 1], "physics": [1]})]
    found = shares(EpsilonGreedy(epsilon=0.3), turns, k=90)
    assert found == pytest.approx({"gain": 0.1, "general": 0.8, "physics": 0.1})
    unseen = shares(EpsilonGreedy(epsilon=0.3), [answered(1, {"gain": [0, 0]})], k=90)
    assert unseen == pytest.approx({"gain": 0.1, "general": 0.45, "physics": 0.45})


def test_a_discount_forgets() -> None:
    policy = EpsilonGreedy(discount=0.5)
    state = after(policy, [answered(1, {"gain": [0, 0, 0, 0]}), answered(2, {"gain": [1, 1]})])
    assert (state["gain"].answers, state["gain"].reward) == (4.0, 2.0)


def test_thompson_picks_an_arm_as_often_as_its_draw_is_the_highest() -> None:
    """The chance that one Beta variable exceeds another, integrated by SciPy."""
    turns = [answered(1, {"gain": [0, 0, 0, 1], "general": [1, 1, 0, 1]})]
    gain, general = stats.beta(4, 2), stats.beta(2, 4)
    exact = gain.expect(general.cdf)
    policy = Thompson()
    candidates = pool(20, ("gain", "general"))
    rounds, times = 3000, Counter[str]()
    for seed in range(rounds // 3):
        times.update(
            pick.item.category for pick in policy.select(candidates, 3, context(seed=seed, state=after(policy, turns)))
        )
    assert times["gain"] / rounds == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / rounds))


def brute_ucb1(pulls: dict[str, tuple[int, float]], k: int) -> Counter[str]:
    """UCB1 as in the paper, one pull after another, where a pull within a turn earns its arm's mean."""
    counts = {arm: count for arm, (count, _) in pulls.items()}
    won: Counter[str] = Counter()
    for _ in range(k):
        total = sum(counts.values())
        best = max(sorted(pulls), key=lambda arm: pulls[arm][1] + math.sqrt(2 * math.log(total) / counts[arm]))
        won[best] += 1
        counts[best] += 1
    return won


def test_ucb1_fills_the_turn_as_if_it_pulled_one_by_one() -> None:
    turns = [answered(1, {"gain": [0] * 6 + [1] * 2, "general": [0] + [1] * 5, "physics": [0, 1, 1]})]
    policy = Ucb1()
    picks: list[Selection[Question]] = policy.select(pool(90, ARMS), 25, context(state=after(policy, turns)))
    expected = brute_ucb1({"gain": (8, 0.75), "general": (6, 1 / 6), "physics": (3, 1 / 3)}, 25)
    assert Counter(pick.item.category for pick in picks) == expected
    assert all(pick.propensity == pytest.approx(expected[pick.item.category] / 30) for pick in picks)
    assert {pick.item.category: pick.score for pick in picks}["gain"] == 0.75


def test_ucb1_tries_every_arm_before_any_again() -> None:
    policy = Ucb1()
    seen = after(policy, [answered(1, {"gain": [0, 0, 0, 0]})])
    first = policy.select(pool(30, ARMS), 2, context(state=seen))
    assert {pick.item.category for pick in first} == {"general", "physics"}
    few = [*pool(1, ("physics",)), *pool(5, ("gain",))]
    assert Counter(pick.item.category for pick in policy.select(few, 4, context(state=seen))) == {
        "physics": 1,
        "gain": 3,
    }


def test_zpdes_weighs_the_recent_rise() -> None:
    policy = Zpdes()
    rising, level = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0], [1.0, 0.0, 1.0, 0.0, 0.0, 1.0]
    state = after(policy, [answered(1, {"gain": rising, "general": level})])

    def by_hand(scores: list[float]) -> float:
        weight = 0.05
        for count in range(3, len(scores) + 1):
            last = scores[max(0, count - 6) : count]
            half = len(last) // 2
            weight = 0.2 * weight + 0.8 * max(0.0, float(np.mean(last[-half:]) - np.mean(last[:-half])))
        return weight

    weights = {"gain": by_hand(rising), "general": by_hand(level), "physics": 0.05}
    picks = policy.select(pool(90, ARMS), 30, context(state=state))
    expected = {arm: 0.95 * weight / sum(weights.values()) + 0.05 / 3 for arm, weight in weights.items()}
    found = {pick.item.category: pick.score for pick in picks}
    assert found == pytest.approx({arm: expected[arm] for arm in found})
    assert expected["gain"] > 0.8


def test_zpdes_opens_what_its_prerequisites_allow_and_closes_what_is_mastered() -> None:
    policy = Zpdes()
    before = {"physics": ("general",), "general": ("gain", "no such arm")}
    candidates = pool(90, ARMS)

    def zone(turns: Sequence[Turn]) -> set[str]:
        seen = context(state=after(policy, turns), prerequisites=before)
        return {pick.item.category for pick in policy.select(candidates, 30, seen)}

    assert zone([]) == {"gain"}
    assert zone([answered(1, {"gain": [0, 1, 0, 0]})]) == {"gain"}
    assert zone([answered(1, {"gain": [0, 0, 0, 1, 1, 0]})]) == {"gain", "general"}
    assert zone([answered(1, {"gain": [1] * 6, "general": [0, 0, 1]})]) == {"general"}
    assert zone([answered(1, {arm: [1] * 6 for arm in ARMS})]) == set(ARMS)


def test_arms_may_be_skills() -> None:
    skilled = [chosen_from(f"{skill} {place}", "gain", skill) for skill in ("profit", "discount") for place in range(5)]
    turn = played(1, [experience(each, score=float("profit" in each.id)) for each in skilled])
    for policy in (EpsilonGreedy(by="skill", epsilon=0.0), Ucb1(by="skill", exploration=0.0)):
        picks = policy.select(skilled, 4, context(state=after(policy, [turn])))
        assert {pick.item.tags[1] for pick in picks} == {"discount"}
