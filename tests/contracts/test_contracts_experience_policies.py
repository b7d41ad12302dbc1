"""What every registered experience policy promises: explained picks, by its context alone, at a flat cost."""

import math

import numpy as np
import pytest

from simulation.core.optional_roles import Observing
from simulation.core.registry import components
from simulation.core.types import Experience, Selection
from tests.support.contexts import context
from tests.support.policy_contracts import LONG, SHORT, history, ids, made, observed, operations, turns

learn_policies = pytest.mark.parametrize("name", components("experience_policy"))
NEEDS = {"predictions", "probe", "committee", "logprobs"}


def lessons(name: str, past: int, k: int, *, seed: int = 0) -> list[Selection[Experience]]:
    """What an experience policy selects of the history after `past` turns."""
    policy = made("experience_policy", name)
    held = history(past)
    state = observed(policy, turns()[:past])
    seen = context(seed=seed, turn=past, since=max(1, past - 9), held=held, state=state)
    found: list[Selection[Experience]] = policy.select(held, k, seen)
    return found


@learn_policies
@pytest.mark.parametrize("k", [0, 1, 3, 1000])
def test_an_experience_policy_picks_at_most_k_distinct_experiences(name: str, k: int) -> None:
    picks = lessons(name, 30, k)
    assert len(picks) <= k
    assert len(set(ids(picks))) == len(picks)
    assert {id(pick.item) for pick in picks} <= {id(each) for each in history(30)}
    assert len(picks) == k or k == 1000
    for pick in picks:
        assert pick.reason.strip()
        assert pick.score is None or (type(pick.score) is float and math.isfinite(pick.score))
        assert pick.propensity is None or (type(pick.propensity) is float and 0 < pick.propensity <= 1)


@learn_policies
def test_an_experience_policy_finds_nothing_in_an_empty_memory(name: str) -> None:
    assert lessons(name, 0, 10) == []


@learn_policies
def test_an_experience_policy_depends_on_its_context_alone(name: str) -> None:
    first = lessons(name, 30, 3, seed=4)
    lessons(name, 30, 3, seed=5)
    assert lessons(name, 30, 3, seed=4) == first
    assert made("experience_policy", name).needs <= NEEDS


@learn_policies
def test_propensities_of_an_experience_policy_are_how_often_it_picks(name: str) -> None:
    policy, held, past = made("experience_policy", name), history(8), 8
    state = observed(policy, turns()[:past])
    seen = context(turn=past, since=1, held=held, state=state)
    times: dict[str, int] = {}
    said: dict[str, float] = {}
    rounds = 500
    for seed in range(rounds):
        seen.generator.bit_generator.state = np.random.PCG64(seed).state
        for pick in policy.select(held, 4, seen):
            if pick.propensity is not None:
                times[pick.item.id] = times.get(pick.item.id, 0) + 1
                assert pick.propensity == pytest.approx(said.setdefault(pick.item.id, pick.propensity))
    for each, propensity in said.items():
        spread = math.sqrt(max(propensity * (1 - propensity), 0.0) / rounds)
        assert abs(times[each] / rounds - propensity) <= 4.2 * spread + 1e-9


@learn_policies
def test_the_cost_of_choosing_lessons_does_not_grow_with_the_past(name: str) -> None:
    policy = made("experience_policy", name)
    if isinstance(policy, Observing):
        return  # What it remembers is its state, whose cost is measured as it grows.

    def cost(past: int) -> int:
        seen = context(turn=past, since=past - 9, held=history(past))
        return operations(lambda: policy.select(history(past), 50, seen))

    assert cost(LONG) <= 1.05 * cost(SHORT)
