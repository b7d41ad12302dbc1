"""What every registered policy promises: explained picks, by its context alone, at a cost that does not grow."""

import copy
import math
import pickle
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simulation.core.optional_roles import Observing
from simulation.core.registry import components
from simulation.core.types import Question, Selection, Turn
from tests.support.contexts import context, experience, played, pool
from tests.support.policy_contracts import CYCLE, LONG, SHORT, ids, informed, made, observed, operations, turns

ask_policies = pytest.mark.parametrize("name", components("question_policy"))
observing = pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name)
        for kind in ("question_policy", "experience_policy")
        for name, component in components(kind).items()
        if isinstance(component.cls, Observing)
    ],
)
NEEDS = {"predictions", "probe", "committee"}


@ask_policies
@pytest.mark.parametrize(("size", "k"), [(120, 40), (40, 40), (7, 40), (1, 1), (60, 1), (0, 5)])
def test_a_question_policy_picks_k_distinct_candidates_or_all_there_are(name: str, size: int, k: int) -> None:
    candidates = pool(size)
    policy = made("question_policy", name)
    picks = policy.select(candidates, k, informed(policy, 0, candidates))
    assert len(picks) == min(k, size)
    assert len(set(ids(picks))) == len(picks)
    assert {id(pick.item) for pick in picks} <= {id(each) for each in candidates}
    assert candidates == pool(size)


@ask_policies
def test_a_question_policy_with_one_category_or_none_still_picks(name: str) -> None:
    policy = made("question_policy", name)
    bare = [Question(id=each.id, prompt="?", choices=each.choices, reference=each.reference) for each in pool(30)]
    for candidates in (pool(30, ("gain",)), pool(30, ("unheard of",)), bare):
        assert len(set(ids(policy.select(candidates, 10, informed(policy, 0, candidates))))) == 10
    lived = observed(policy, [played(1, [experience(each, score=0.0) for each in bare])])
    seen = informed(policy, 0, bare)
    after = context(turn=2, state=lived, predictions=seen.predictions, committee=seen.committee)
    assert len(set(ids(policy.select(bare, 10, after)))) == 10


@ask_policies
def test_a_question_policy_explains_every_pick(name: str) -> None:
    candidates = pool(120)
    policy = made("question_policy", name)
    for pick in policy.select(candidates, 40, informed(policy, 0, candidates)):
        assert pick.reason.strip()
        assert "\n" not in pick.reason
        assert pick.score is None or (type(pick.score) is float and math.isfinite(pick.score))
        assert pick.propensity is None or (type(pick.propensity) is float and 0 < pick.propensity <= 1)
        assert type(pick) is Selection


@ask_policies
@pytest.mark.parametrize("past", [0, 30])
def test_propensities_of_a_question_policy_are_how_often_it_picks(name: str, past: int) -> None:
    candidates = pool(15)[::-1]
    policy = made("question_policy", name)
    seen = informed(policy, 0, candidates, past)
    if all(pick.propensity is None for pick in policy.select(candidates, 5, seen)):
        return
    rounds = 2000
    times = dict.fromkeys((each.id for each in candidates), 0)
    said: dict[str, float] = {}
    for seed in range(rounds):
        seen.generator.bit_generator.state = np.random.PCG64(seed).state
        for pick in policy.select(candidates, 5, seen):
            times[pick.item.id] += 1
            assert pick.propensity == pytest.approx(said.setdefault(pick.item.id, pick.propensity)), "it is of the item"
    for each, propensity in said.items():
        spread = math.sqrt(max(propensity * (1 - propensity), 0.0) / rounds)
        assert abs(times[each] / rounds - propensity) <= 4.2 * spread + 1e-9
    never = [each for each, count in times.items() if not count]
    assert sum(said.values()) == pytest.approx(5, abs=0.05 * len(never) + 1e-6)


@ask_policies
def test_a_question_policy_depends_on_its_context_alone(name: str) -> None:
    candidates = pool(120)
    policy = made("question_policy", name)
    first = policy.select(candidates, 20, informed(policy, 5, candidates))
    np.random.default_rng(0).random(10)
    policy.select(candidates, 20, informed(policy, 6, candidates))
    assert policy.select(candidates, 20, informed(policy, 5, candidates)) == first
    assert made("question_policy", name).select(tuple(candidates), 20, informed(policy, 5, candidates)) == first


@ask_policies
def test_a_question_policy_reads_only_what_it_needs(name: str) -> None:
    policy = made("question_policy", name)
    assert isinstance(policy.needs, frozenset)
    assert policy.needs <= NEEDS
    candidates = pool(120)
    full = informed(policy, 5, candidates)
    lean = context(
        seed=5,
        turn=full.turn,
        since=full.since,
        held=full.memory,
        evaluations={"probe": full.evaluations["probe"]} if "probe" in policy.needs else {},
        predictions=full.predictions if "predictions" in policy.needs else {},
        committee=full.committee if "committee" in policy.needs else {},
        prerequisites=full.prerequisites,
        tags=full.tags,
        state=full.state,
    )
    assert policy.select(candidates, 20, lean) == policy.select(candidates, 20, full)


@ask_policies
def test_a_question_policy_begins_without_a_past(name: str) -> None:
    candidates = pool(120)
    policy = made("question_policy", name)
    seen = informed(policy, 0, candidates)
    bare = context(
        turn=1,
        predictions=seen.predictions if "predictions" in policy.needs else {},
        committee=seen.committee if "committee" in policy.needs else {},
        state=observed(policy, ()),
    )
    assert len(policy.select(candidates, 20, bare)) == 20


@ask_policies
def test_the_cost_of_asking_does_not_grow_with_the_past(name: str) -> None:
    candidates = pool(30)
    policy = made("question_policy", name)
    if isinstance(policy, Observing):
        return  # What it remembers is its state, whose cost is measured as it grows.

    def cost(past: int) -> int:
        seen = informed(policy, 0, candidates, past)
        return operations(lambda: policy.select(candidates, 10, seen))

    assert cost(LONG) <= 1.05 * cost(SHORT)


def chosen(kind: str, policy: Any, state: Any, past: int) -> Callable[[], list[Selection[Any]]]:
    """A call of `select` after `past` turns."""
    candidates = pool(30)
    seen = replace(informed(None, 3, candidates, past), state=state)
    return lambda: policy.select(candidates if kind == "question_policy" else seen.memory, 10, seen)


@observing
def test_a_policy_that_observes_goes_on_as_if_it_had_never_stopped(kind: str, name: str) -> None:
    """The state is a fold over the turns: reading it changes nothing, and stored turns give it again."""
    policy, past = made(kind, name), 40
    state = policy.observe(policy.begin(), Turn(turn=0, student="ada", model_version="0"))
    for turn in turns()[:past]:
        before = pickle.dumps(state)
        chosen(kind, policy, state, turn.turn)()
        assert pickle.dumps(state) == before, "select changed the state"
        state = policy.observe(state, turn)
    stored: tuple[Turn, ...] = copy.deepcopy(turns()[:past])
    resumed = observed(made(kind, name), (Turn(turn=0, student="ada", model_version="0"), *stored))
    assert chosen(kind, policy, resumed, past)() == chosen(kind, policy, state, past)()


@observing
def test_the_cost_of_observing_and_of_choosing_does_not_grow_over_10000_turns(kind: str, name: str) -> None:
    policy = made(kind, name)
    state = policy.begin()
    costs: dict[int, tuple[int, int]] = {}
    for number, turn in enumerate(turns()):
        if number in (SHORT, LONG):
            choosing = operations(chosen(kind, policy, state, number))
            state, seeing = counted(policy, state, turns()[number : number + CYCLE])
            costs[number] = (seeing, choosing)
        elif not any(start <= number < start + CYCLE for start in costs):
            state = policy.observe(state, turn)
    assert costs[LONG][0] <= 1.05 * costs[SHORT][0], "observe"
    assert costs[LONG][1] <= 1.05 * costs[SHORT][1], "select"


def counted(policy: Any, state: Any, past: Sequence[Turn]) -> tuple[Any, int]:
    """Observe these turns; return the state and how many operations it took."""

    def observe() -> None:
        nonlocal state
        for turn in past:
            state = policy.observe(state, turn)

    cost = operations(observe)
    return state, cost
