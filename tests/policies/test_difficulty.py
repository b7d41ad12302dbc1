"""Policies that follow difficulty: AdaRFT's target and the two schedules that follow nothing."""

import math

import pytest

from policies.asking.adarft import AdaRft
from policies.asking.schedules import EasyToHard, HardToEasy
from policies.parts.difficulty import difficulties
from simulation.core.memory import ReplayBuffer
from simulation.core.types import Question
from tests.support.contexts import answered, context, experience, memory, question


def graded(wrong: int) -> tuple[list[Question], ReplayBuffer]:
    """One question of each of `wrong` + 1 categories, of which so many of `wrong` answers were wrong."""
    names = [f"c{count}" for count in range(wrong + 1)]
    held = memory(
        [
            experience(question(f"{name}/{place}", name), score=float(place >= count))
            for count, name in enumerate(names)
            for place in range(wrong)
        ]
    )
    return [question(name, name) for name in names], held


def test_error_rates_follow_laplaces_rule_and_predictions_are_one_minus_p() -> None:
    candidates, held = graded(4)
    seen = context(held=held, predictions={"c1": (math.log(0.7), math.log(0.2), math.log(0.1))})
    assert difficulties(candidates, seen, "error_rate", "category") == pytest.approx([(n + 1) / 6 for n in range(5)])
    assert difficulties([question("new", "unheard of")], seen, "error_rate", "skill") == [0.5]
    assert difficulties([candidates[1]], seen, "prediction", "skill") == pytest.approx([0.3])


def test_the_target_follows_the_published_rule() -> None:
    """eta * tanh(alpha * (R - beta)), clipped: by hand for the paper's settings on a scale of 0 to 1."""
    policy = AdaRft()
    target = policy.begin()
    assert target == 0.0
    targets = []
    for number, right in enumerate([4, 4, 2, 1, 0, 0, 0], start=1):
        target = policy.observe(target, answered(number, {"gain": [1.0] * right + [0.0] * (4 - right)}))
        targets.append(target)
    up, down = 0.5 * math.tanh(1.0), 0.5 * math.tanh(0.5)
    assert targets == pytest.approx([up, 2 * up, 2 * up, 2 * up - down, up - down, 0.0, 0.0])
    assert policy.observe(1.0, answered(8, {"gain": [1.0]})) == 1.0
    assert policy.observe(0.3, answered(9, {})) == 0.3


def test_adarft_asks_what_is_nearest_to_the_target() -> None:
    candidates, held = graded(9)
    picks = AdaRft().select(candidates, 3, context(held=held, state=0.5))
    # Difficulties 1/11 .. 10/11: 5/11 and 6/11 are nearest to 1/2; of the next two, equally near, one is drawn.
    assert {pick.item.id for pick in picks[:2]} == {"c4", "c5"}
    assert picks[2].item.id in {"c3", "c6"}
    assert [pick.propensity for pick in picks[:2]] == [1.0, 1.0]
    easiest = AdaRft().select(candidates, 2, context(held=held, state=0.0))
    assert [pick.item.id for pick in easiest] == ["c0", "c1"]


def test_adarft_settles_where_the_student_is_right_half_of_the_time() -> None:
    """A student who can do just what is easier than 0.62 keeps the target around that."""
    policy, target = AdaRft(eta=0.1), 0.0
    for number in range(1, 60):
        target = policy.observe(target, answered(number, {"gain": [float(target < 0.62)]}))
    assert abs(target - 0.62) < 0.1


@pytest.mark.parametrize(("turn", "easy", "hard"), [(1, (0, 1), (8, 9)), (3, (4, 5), (4, 5)), (5, (8, 9), (0, 1))])
def test_the_schedules_go_through_the_ranking(turn: int, easy: tuple[int, int], hard: tuple[int, int]) -> None:
    candidates, held = graded(9)
    for policy, due in ((EasyToHard(over=5), easy), (HardToEasy(over=5), hard)):
        for number in {turn, 50 if turn == 5 else turn}:
            picks = policy.select(candidates[::-1], 2, context(turn=number, held=held))
            assert [pick.item.id for pick in picks] == [f"c{index}" for index in due]
            assert {pick.propensity for pick in picks} == {1.0}


def test_schedules_by_prediction_need_predictions() -> None:
    for policy in (EasyToHard, HardToEasy, AdaRft):
        assert policy().needs == frozenset()
        assert policy(difficulty="prediction").needs == {"predictions"}
    assert len(EasyToHard(over=1).select([question("a")], 5, context(turn=1))) == 1
