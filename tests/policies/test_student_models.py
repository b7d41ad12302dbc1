"""What the policies ask that model what the student knows, against enumeration, SciPy and derivatives."""

import math
from copy import deepcopy
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy import optimize  # type: ignore[import-untyped]

from policies.asking.bkt import BKT
from policies.asking.elo import Elo
from policies.asking.irt_cat import IRTCAT
from policies.asking.prerequisites import Prerequisites
from simulation.core.types import Experience, Question
from tests.support.contexts import chosen_from, context, experience, folded, memory


def skilled(name: str, skill: str) -> Question:
    """A question of a skill in the one category there is."""
    return chosen_from(name, "all", skill, f"{skill}/wording")


def answers(**scores: str) -> list[Experience]:
    """A turn for each digit: `power="011"` is a wrong answer and two right ones to that skill."""
    return sorted(
        (
            experience(skilled(f"{skill} {turn}", skill), turn=turn, score=float(score))
            for skill, row in scores.items()
            for turn, score in enumerate(row, start=1)
        ),
        key=lambda each: each.turn,
    )


def asked(policy: Any, candidates: list[Question], k: int, held: list[Experience], **more: Any) -> list[str]:
    """The ids that the policy picks after these experiences; picking must not change what it remembers."""
    state = folded(policy, held)
    before = deepcopy(state)
    turn = max((each.turn for each in held), default=0) + 1
    picks = policy.select(candidates, k, context(turn=turn, held=memory(held), state=state, **more))
    assert state == before
    assert all(pick.propensity == 1.0 for pick in picks)
    return [pick.item.id for pick in picks]


@pytest.mark.parametrize("row", ["1", "0", "0110", "111111", "0000001"])
def test_bkt_is_the_sum_over_all_ways_of_having_learned(row: str) -> None:
    policy = BKT(prior=0.3, learn=0.15, guess=0.25, slip=0.08)
    likelihood = {True: 0.0, False: 0.0}
    for path in product([False, True], repeat=len(row) + 1):
        chance = 0.3 if path[0] else 0.7
        for known, after, score in zip(path, path[1:], row, strict=False):
            right = 0.92 if known else 0.25
            chance *= right if score == "1" else 1 - right
            chance *= 1.0 * after if known else (0.15 if after else 0.85)
        likelihood[path[-1]] += chance
    expected = likelihood[True] / (likelihood[True] + likelihood[False])
    assert folded(policy, answers(power=row)) == {"power": pytest.approx(expected, rel=1e-12)}


def test_bkt_asks_what_is_least_known_and_leaves_what_is_mastered() -> None:
    held = answers(root="1111111", power="1100110", sum="0000000")
    candidates = [skilled(f"{skill}{index}", skill) for index in range(2) for skill in ("root", "power", "sum", "new")]
    picks = asked(BKT(), candidates, 8, held)
    assert picks == ["sum0", "new0", "power0", "sum1", "new1", "power1", "root0", "root1"]
    last = BKT().select(candidates, 8, context(state=folded(BKT(), held)))[-1]
    assert "mastered at 0.95" in last.reason and (last.score or 0) > 0.95


def test_elo_climbs_the_likelihood_of_each_answer() -> None:
    """The step of an answer is K times the derivative of its log-likelihood, taken by finite differences."""
    student, items = 0.0, {"power": 0.0, "sum": 0.0}
    held = answers(power="10110", sum="00101")

    def log_likelihood(student: float, item: float, score: float) -> float:
        chance = 1 / (1 + math.exp(item - student))
        return math.log(chance if score else 1 - chance)

    for each in held:
        name, score, step = each.question.tags[1], each.feedback.score, 1e-6
        up = log_likelihood(student + step, items[name], score) - log_likelihood(student - step, items[name], score)
        student, items[name] = student + 0.4 * up / (2 * step), items[name] - 0.4 * up / (2 * step)
    found = folded(Elo(), held)
    assert found.student == pytest.approx(student, abs=1e-8)
    assert found.items == pytest.approx(items, abs=1e-8)
    assert found.student + sum(found.items.values()) == pytest.approx(0.0, abs=1e-12)


def test_elo_asks_what_is_rated_nearest_to_the_student() -> None:
    held = answers(hard="0000", easy="1111", even="1010")
    candidates = [skilled(name, name) for name in ("hard", "easy", "even")]
    assert asked(Elo(), candidates, 3, held)[0] == "even"
    ratings = folded(Elo(), held)
    far = {name: abs(rating - ratings.student) for name, rating in ratings.items.items()}
    assert asked(Elo(), candidates, 3, held) == sorted(far, key=lambda name: far[name])


@pytest.mark.parametrize("a", [0.5, 1.0, 2.5])
def test_ability_is_the_posterior_mode(a: float) -> None:
    difficulties = {"power": 1.2, "sum": -0.8, "root": 0.1}
    policy = IRTCAT(discrimination=a, difficulties=difficulties, spread=1.5)
    held = answers(power="00010", sum="11011111", root="110")

    def loss(ability: float) -> float:
        total = ability**2 / (2 * 1.5**2)
        for each in held:
            advantage = a * (ability - difficulties[each.question.tags[1]])
            total += math.log1p(math.exp(-advantage if each.feedback.score else advantage))
        return total

    state = folded(policy, held)
    found = policy.ability(state, policy.difficulty(state))
    assert found == pytest.approx(float(optimize.minimize_scalar(loss, bracket=(-3, 3), tol=1e-12).x), abs=1e-6)


def test_ability_is_found_from_far_away() -> None:
    policy = IRTCAT(discrimination=3.0, difficulties={"power": 40.0}, spread=30.0)
    state = folded(policy, answers(power="1" * 50))
    found = policy.ability(state, {"power": 40.0})
    slope = 3.0 * 50 / (1 + math.exp(3.0 * (found - 40))) - found / 900
    assert slope == pytest.approx(0.0, abs=1e-6)


def test_information_is_the_curvature_of_the_likelihood() -> None:
    policy = IRTCAT(discrimination=1.7, difficulties={"power": 0.6, "sum": -2.0})
    ability = policy.ability({}, {})
    picks = policy.select([skilled("p", "power"), skilled("s", "sum")], 2, context(state={}))
    for pick in picks:
        b = {"p": 0.6, "s": -2.0}[pick.item.id]

        def log_chance(at: float, b: float = b) -> float:
            return -math.log1p(math.exp(-1.7 * (at - b)))

        step = 1e-4
        curve = (log_chance(ability + step) - 2 * log_chance(ability) + log_chance(ability - step)) / step**2
        assert pick.score == pytest.approx(-curve, rel=1e-5)
    assert [pick.item.id for pick in picks] == ["p", "s"]


def test_difficulties_come_from_the_students_own_errors() -> None:
    held = answers(hard="0000", easy="1111", even="1010")
    policy = IRTCAT()
    known = policy.difficulty(folded(policy, held))
    assert sum(known.values()) == pytest.approx(0.0, abs=1e-12)
    assert known["hard"] == pytest.approx(-known["easy"])
    assert known["even"] == pytest.approx(0.0)
    candidates = [skilled(name, name) for name in ("hard", "easy", "even")]
    assert asked(policy, candidates, 1, held) == ["even"]


def test_prerequisites_open_what_stands_on_mastered_ground() -> None:
    graph = {"power": ("product",), "product": ("sum",), "root": ("power", "sum")}
    candidates = [skilled(name, name) for name in ("root", "power", "product", "sum")]
    policy = Prerequisites(threshold=0.5, rate=0.5)
    assert asked(policy, candidates, 1, [], prerequisites=graph) == ["sum"]
    held = answers(sum="11")
    assert folded(policy, held)["sum"] == pytest.approx(0.75)
    assert asked(policy, candidates, 2, held, prerequisites=graph) == ["product", "sum"]
    picks = policy.select(candidates, 4, context(state=folded(policy, held), held=memory(held), prerequisites=graph))
    assert picks[0].reason == "product: open, as sum is mastered 0.5 or more, asked 0 times"
    assert picks[1].reason == "sum: open, has no prerequisites, asked 2 times"
    assert picks[2].reason == "root: fills a place before its time, as power is mastered 0.00, asked 0 times"


def test_prerequisites_of_broader_tags_count_too() -> None:
    graph = {"all": ("reading",)}
    candidates = [skilled("power", "power"), Question(id="read", prompt="?", tags=("reading",))]
    assert asked(Prerequisites(), candidates, 1, [], prerequisites=graph) == ["read"]


def test_without_prerequisites_the_least_practised_skill_comes_first_and_skills_take_turns() -> None:
    held = answers(power="11", sum="1")
    candidates = [skilled(f"{skill}{index}", skill) for skill in ("power", "sum", "root") for index in range(3)]
    assert asked(Prerequisites(), candidates, 6, held) == ["root0", "sum0", "root1", "power0", "sum1", "root2"]
    picks = Prerequisites().select(candidates, 1, context(state={}, held=memory(held)))
    assert "no prerequisites are known" in picks[0].reason


def test_what_is_modelled_can_be_the_question_or_the_category() -> None:
    held = [experience(skilled("a", "power"), score=0.0), experience(skilled("b", "power"), score=1.0)]
    assert sorted(folded(BKT(by="question"), held)) == ["a", "b"]
    assert sorted(folded(BKT(by="skill"), held)) == ["power"]
    assert sorted(folded(BKT(by="category"), held)) == ["all"]
    bare = chosen_from("bare")
    assert sorted(folded(Elo(), [experience(bare)]).items) == ["bare"]


def test_half_right_answers_count_as_half_where_the_model_allows_it() -> None:
    held = [experience(skilled("a", "power"), score=0.5)]
    assert folded(Elo(), held).student == pytest.approx(0.0)
    assert folded(IRTCAT(), held) == {"power": [1.0, 0.5]}
    assert folded(BKT(), held) == folded(BKT(), [experience(skilled("a", "power"), score=0.0)])


def test_numpy_and_plain_logistic_agree_far_out() -> None:
    policy = IRTCAT(discrimination=10.0, difficulties={"power": 1000.0})
    with np.errstate(all="raise"):
        picks = policy.select([skilled("p", "power")], 1, context(state=folded(policy, answers(power="1"))))
    assert picks[0].score == 0.0
