"""What every registered policy promises: explained picks, by its context alone, at a cost that does not grow."""

import math
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import numpy as np
import pytest

from simulation.core.memory import ReplayBuffer
from simulation.core.registry import build, components
from simulation.core.roles import Context
from simulation.core.types import Experience, Question, Selection
from tests.contexts import context, experience, memory, pool, wrong_by_category

ask_policies = pytest.mark.parametrize("name", components("question_policy"))
learn_policies = pytest.mark.parametrize("name", components("experience_policy"))


def made(kind: str, name: str) -> Any:
    """A policy with default parameters (Any: it chooses questions or experiences)."""
    return build(kind, name, {})


def informed(seed: int, candidates: Sequence[Question], held: ReplayBuffer | None = None, turn: int = 3) -> Context:
    """A context that knows everything: predictions of every candidate, evaluations, a past."""
    stream = np.random.default_rng(7)
    predictions = {each.id: tuple(stream.normal(-2, 2, len(each.choices)).tolist()) for each in candidates}
    probe, tags = wrong_by_category({"general": 5, "physics": 3, "gain": 0, "other": 2})
    past = memory([experience(each, position=place) for place, each in enumerate(pool(20))]) if held is None else held
    return context(
        seed=seed,
        turn=turn,
        since=turn,
        held=past,
        evaluations={"probe": probe, "held_out": probe},
        predictions=predictions,
        tags=tags,
    )


def ids(picks: Sequence[Selection[Any]]) -> list[str]:
    return [pick.item.id for pick in picks]


@ask_policies
@pytest.mark.parametrize(("size", "k"), [(240, 40), (40, 40), (7, 40), (1, 1), (240, 1), (0, 5)])
def test_a_question_policy_picks_k_distinct_candidates_or_all_there_are(name: str, size: int, k: int) -> None:
    candidates = pool(size)
    picks = made("question_policy", name).select(candidates, k, informed(0, candidates))
    assert len(picks) == min(k, size)
    assert len(set(ids(picks))) == len(picks)
    assert {id(pick.item) for pick in picks} <= {id(each) for each in candidates}
    assert candidates == pool(size)


@ask_policies
def test_a_question_policy_with_one_category_or_none_still_picks(name: str) -> None:
    for categories in [("gain",), ("unheard of",)]:
        candidates = pool(30, categories)
        assert len(made("question_policy", name).select(candidates, 10, informed(0, candidates))) == 10
    bare = [Question(id=each.id, prompt="?", choices=each.choices, reference=each.reference) for each in pool(30)]
    assert len(made("question_policy", name).select(bare, 10, informed(0, bare))) == 10


@ask_policies
def test_a_question_policy_explains_every_pick(name: str) -> None:
    candidates = pool(240)
    picks = made("question_policy", name).select(candidates, 40, informed(0, candidates))
    for pick in picks:
        assert pick.reason.strip()
        assert "\n" not in pick.reason
        assert pick.score is None or (type(pick.score) is float and math.isfinite(pick.score))
        assert pick.propensity is None or (type(pick.propensity) is float and 0 < pick.propensity <= 1)
        assert type(pick) is Selection


@ask_policies
def test_propensities_of_a_question_policy_are_how_often_it_picks(name: str) -> None:
    candidates = pool(24)
    rounds = 1500
    times = dict.fromkeys((each.id for each in candidates), 0)
    said: dict[str, float | None] = {}
    for seed in range(rounds):
        for pick in made("question_policy", name).select(candidates, 8, informed(seed, candidates)):
            times[pick.item.id] += 1
            said[pick.item.id] = pick.propensity
    for each, propensity in said.items():
        if propensity is not None:
            spread = math.sqrt(max(propensity * (1 - propensity), 0.0) / rounds)
            assert abs(times[each] / rounds - propensity) <= 4.5 * spread + 1e-12


@ask_policies
def test_a_question_policy_depends_on_its_context_alone(name: str) -> None:
    candidates = pool(120)
    policy = made("question_policy", name)
    first = policy.select(candidates, 20, informed(5, candidates))
    np.random.default_rng(0).random(10)
    policy.select(candidates, 20, informed(6, candidates))
    assert policy.select(candidates, 20, informed(5, candidates)) == first
    assert build("question_policy", name, {}).select(tuple(candidates), 20, informed(5, candidates)) == first


@ask_policies
def test_a_question_policy_reads_only_what_it_needs(name: str) -> None:
    policy = made("question_policy", name)
    assert isinstance(policy.needs, frozenset)
    assert policy.needs <= {"predictions", "probe"}
    candidates = pool(120)
    full = informed(5, candidates)
    lean = context(
        seed=5,
        held=full.memory,
        evaluations={"probe": full.evaluations["probe"]} if "probe" in policy.needs else {},
        predictions=full.predictions if "predictions" in policy.needs else {},
        tags=full.tags,
    )
    assert policy.select(candidates, 20, lean) == policy.select(candidates, 20, full)


@ask_policies
def test_a_question_policy_begins_without_a_past(name: str) -> None:
    candidates = pool(120)
    predictions = informed(0, candidates).predictions if "predictions" in made("question_policy", name).needs else {}
    picks = made("question_policy", name).select(candidates, 20, context(turn=1, predictions=predictions))
    assert len(picks) == 20


@ask_policies
def test_the_cost_of_asking_does_not_grow_with_the_past(name: str) -> None:
    candidates = pool(60)
    policy = made("question_policy", name)

    def cost(turns: int) -> int:
        held = history(turns)
        seen = informed(0, candidates, held, turn=turns + 1)
        return operations(lambda: policy.select(candidates, 10, seen))

    assert cost(400) <= 1.05 * cost(20)


def history(turns: int) -> ReplayBuffer:
    """Turns of twelve answers to the same questions, every second one wrong."""
    asked = pool(12)
    return memory(
        [
            experience(each, turn=turn, position=place, score=float(place % 2))
            for turn in range(1, turns + 1)
            for place, each in enumerate(asked)
        ]
    )


def operations(call: Callable[[], object]) -> int:
    """Count the bytecode operations of a call, which no other process can slow down."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:  # (Any: a trace function returns itself)
        nonlocal count
        del argument
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def lessons(name: str, held: ReplayBuffer, k: int, *, seed: int = 0, turn: int = 5) -> list[Selection[Experience]]:
    seen = context(seed=seed, turn=turn, since=turn, held=held)
    found: list[Selection[Experience]] = made("experience_policy", name).select(held, k, seen)
    return found


@learn_policies
@pytest.mark.parametrize("k", [0, 1, 3, 1000])
def test_an_experience_policy_picks_at_most_k_distinct_experiences(name: str, k: int) -> None:
    held = history(5)
    picks = lessons(name, held, k)
    assert len(picks) <= k
    assert len(set(ids(picks))) == len(picks)
    assert {id(pick.item) for pick in picks} <= {id(each) for each in held}
    assert len(picks) == k or k == 1000
    for pick in picks:
        assert pick.reason.strip()
        assert pick.score is None or math.isfinite(pick.score)
        assert pick.propensity is None or 0 < pick.propensity <= 1


@learn_policies
def test_an_experience_policy_finds_nothing_in_an_empty_memory(name: str) -> None:
    assert lessons(name, memory(), 10) == []


@learn_policies
def test_an_experience_policy_depends_on_its_context_alone(name: str) -> None:
    held = history(5)
    first = lessons(name, held, 3, seed=4)
    lessons(name, held, 3, seed=5)
    assert lessons(name, history(5), 3, seed=4) == first
    assert made("experience_policy", name).needs <= {"predictions", "probe"}


@learn_policies
def test_the_cost_of_choosing_lessons_does_not_grow_with_the_past(name: str) -> None:
    few, many = history(20), history(400)
    cost = operations(lambda: lessons(name, few, 1000, turn=20))
    assert operations(lambda: lessons(name, many, 1000, turn=400)) <= 1.05 * cost
