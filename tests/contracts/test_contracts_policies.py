"""What every registered policy promises: its contract, whole choices of questions, a cost that does not grow."""

import copy
import math
import pickle
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest

from simulation.contracts.boundary import named
from simulation.contracts.cases import AskCase, Case, LearnCase, context, folded
from simulation.contracts.policies import DEAR, RULES, guarded_picks
from simulation.contracts.scripted import CYCLE, experience, played, questions
from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.memory import ReplayBuffer
from simulation.core.optional_roles import Observing
from simulation.core.registry import build, components
from simulation.core.roles import Context
from simulation.core.types import Experience, Question, Selection, Turn
from tests.contracts.costs import LONG, SHORT, after, history, long_past, operations

ask_policies = pytest.mark.parametrize("name", components("question_policy"))
both = pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in ("question_policy", "experience_policy") for name in components(kind)]
)
observing = pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name)
        for kind in ("question_policy", "experience_policy")
        for name, component in components(kind).items()
        if isinstance(component.cls, Observing)
    ],
)


def made(kind: str, name: str) -> Any:
    """A policy with default parameters (Any: it chooses questions or experiences)."""
    return build(kind, name, {})


@both
@pytest.mark.parametrize("rule", [*RULES, *DEAR], ids=lambda rule: rule.__name__)
def test_a_policy_holds_its_contract(rule: Callable[..., None], kind: str, name: str) -> None:
    case: Case = AskCase() if kind == "question_policy" else LearnCase()
    rule(case, name, partial(build, kind, name, {}))


def asked(policy: Any, candidates: Sequence[Question], k: int, **changes: Any) -> list[str]:
    """The ids of what a policy picks after a past (Any: fields of a context)."""
    view = context(policy, candidates, 30)
    for field, value in changes.items():
        object.__setattr__(view, field, value)
    return [pick.item.id for pick in guarded_picks("question_policy", named(policy), policy, candidates, k, view)]


@ask_policies
@pytest.mark.parametrize(("size", "k"), [(120, 40), (40, 40), (7, 40), (1, 1), (60, 1), (0, 5)])
def test_a_question_policy_picks_as_many_as_are_wanted_or_all_there_are(name: str, size: int, k: int) -> None:
    assert len(asked(made("question_policy", name), questions(size), k)) == min(k, size)


@ask_policies
def test_a_question_policy_with_one_category_or_none_still_picks(name: str) -> None:
    policy = made("question_policy", name)
    bare = [
        Question(id=one.id, prompt="?", form=Options(choices=one.form.alternatives), key=Reference(answer="1"))
        for one in questions(30)
    ]
    for candidates in (questions(30, ("gain",)), questions(30, ("unheard of",)), bare):
        assert len(asked(policy, candidates, 10)) == 10
    turn = played(1, [experience(one, score=0.0) for one in bare])
    state = policy.observe(policy.begin(), turn) if isinstance(policy, Observing) else None
    memory = ReplayBuffer()
    memory.extend(turn.experiences)
    assert len(asked(policy, bare, 10, turn=2, since=1, memory=memory, state=state, evaluations={})) == 10


@ask_policies
@pytest.mark.parametrize("past", [0, 30])
def test_propensities_of_a_question_policy_are_how_often_it_picks(name: str, past: int) -> None:
    policy, candidates, rounds = made("question_policy", name), questions(15)[::-1], 2000
    view = context(policy, candidates, past)
    if all(pick.propensity is None for pick in policy.select(candidates, 5, view)):
        return
    counts = dict.fromkeys((one.id for one in candidates), 0)
    propensities: dict[str, float] = {}
    for seed in range(rounds):
        view.generator.bit_generator.state = np.random.PCG64(seed).state
        for pick in policy.select(candidates, 5, view):
            counts[pick.item.id] += 1
            assert pick.propensity == pytest.approx(propensities.setdefault(pick.item.id, pick.propensity))
    for identity, propensity in propensities.items():
        spread = math.sqrt(max(propensity * (1 - propensity), 0.0) / rounds)
        assert abs(counts[identity] / rounds - propensity) <= 4.2 * spread + 1e-9
    never = [identity for identity, count in counts.items() if not count]
    assert sum(propensities.values()) == pytest.approx(5, abs=0.05 * len(never) + 1e-6)


@pytest.mark.parametrize("name", components("experience_policy"))
def test_an_experience_policy_picks_what_is_wanted_and_nothing_of_an_empty_memory(name: str) -> None:
    policy = made("experience_policy", name)
    for past, k, expected in ((30, 3, 3), (30, 1, 1), (30, 0, 0), (0, 10, 0)):
        view = LearnCase().context(policy, past)
        assert len(policy.select(view.memory, k, view)) == expected


def chosen(kind: str, policy: Any, state: Any, past: int) -> Callable[[], list[Selection[Any]]]:
    """A call of `select` after `past` turns (Any: of either kind, with its own state)."""
    candidates = questions(30)
    view = after(past, candidates, state)
    return lambda: policy.select(candidates if kind == "question_policy" else view.memory, 10, view)


@both
def test_the_cost_of_choosing_does_not_grow_with_the_past(kind: str, name: str) -> None:
    policy = made(kind, name)
    if isinstance(policy, Observing):
        return  # What it remembers is its state, whose cost is measured as it grows.
    short, long = (operations(chosen(kind, policy, None, past)) for past in (SHORT, LONG))
    assert long <= 1.05 * short


def test_the_guard_of_a_choice_does_not_walk_the_memory() -> None:
    """It looks a pick up, so that its cost does not grow either."""

    class Remembers:
        needs = frozenset[str]()

        def select(self, candidates: Sequence[Experience], k: int, context: Context) -> list[Selection[Experience]]:
            del context
            return [Selection(item=candidates[place], reason="early") for place in range(k)]

    def cost(past: int) -> int:
        view = after(past, [])
        return operations(lambda: guarded_picks("experience_policy", "remembers", Remembers(), view.memory, 10, view))

    assert cost(LONG) <= cost(SHORT) + 10 * 30 * math.log2(LONG / SHORT)


@observing
def test_a_policy_that_observes_goes_on_as_if_it_had_never_stopped(kind: str, name: str) -> None:
    """The state is a fold over the turns: reading it changes nothing, and stored turns give it again."""
    policy, past = made(kind, name), 40
    first = Turn(turn=0, student="ada", model_version="0")
    state = policy.observe(policy.begin(), first)
    for turn in long_past()[:past]:
        before = pickle.dumps(state)
        chosen(kind, policy, state, turn.turn)()
        assert pickle.dumps(state) == before, "select changed the state"
        state = policy.observe(state, turn)
    resumed = made(kind, name)
    refolded = resumed.observe(resumed.begin(), first)
    for turn in copy.deepcopy(long_past()[:past]):
        refolded = resumed.observe(refolded, turn)
    assert chosen(kind, resumed, refolded, past)() == chosen(kind, policy, state, past)()


@observing
def test_the_cost_of_observing_and_of_choosing_does_not_grow_over_10000_turns(kind: str, name: str) -> None:
    policy = made(kind, name)
    state = policy.begin()
    costs: dict[int, tuple[int, int]] = {}
    for number, turn in enumerate(long_past()):
        if number in (SHORT, LONG):
            choosing = operations(chosen(kind, policy, state, number))
            state, seeing = counted(policy, state, long_past()[number : number + CYCLE])
            costs[number] = (seeing, choosing)
        elif not any(start <= number < start + CYCLE for start in costs):
            state = policy.observe(state, turn)
    assert costs[LONG][0] <= 1.05 * costs[SHORT][0], "observe"
    assert costs[LONG][1] <= 1.05 * costs[SHORT][1], "select"


def counted(policy: Any, state: Any, past: Sequence[Turn]) -> tuple[Any, int]:
    """Observe these turns; return the state and how many operations it took (Any: each policy has its own state)."""

    def observe() -> None:
        nonlocal state
        for turn in past:
            state = policy.observe(state, turn)

    cost = operations(observe)
    return state, cost


def test_a_state_is_folded_from_turns() -> None:
    assert folded(made("question_policy", "random"), 5) is None
    assert len(history(30)) == 60
