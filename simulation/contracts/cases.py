"""The situations in which policies are tried: scripted candidates, and all that a policy may look at."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Protocol

import numpy as np

from simulation.contracts.scripted import evaluation, memory, questions, turns
from simulation.core.memory import ReplayBuffer
from simulation.core.optional_roles import Observing
from simulation.core.roles import Context
from simulation.core.types import Question, Turn

PAST = 30
"""Turns before the one in which a policy is tried."""
CLASSMATES = 3


@cache
def past(size: int) -> tuple[Turn, ...]:
    """Return the turns before; made once, as nobody may change them."""
    return tuple(turns(size))


def folded(policy: Any, size: int) -> Any:
    """Return what an observing policy makes of the turns before, else None (Any: each policy has its own state)."""
    if not isinstance(policy, Observing):
        return None
    state = policy.begin()
    for turn in past(size):
        state = policy.observe(state, turn)
    return state


def context(policy: Any, candidates: Sequence[Question], size: int, seed: int = 0) -> Context:
    """Return a context that knows everything, after so many turns (Any: the policy chooses either kind)."""
    stream = np.random.default_rng(7)
    rows = {
        question.id: tuple(
            tuple(np.log(stream.dirichlet(np.ones(len(question.form.alternatives)))).tolist())
            for _ in range(CLASSMATES)
        )
        for question in candidates
    }
    probe, tags = evaluation()
    return Context(
        turn=size + 1,
        memory=memory(past(size)),
        since=max(1, size - 9),
        evaluations={"probe": probe, "held_out": probe},
        predictions={identity: row[0] for identity, row in rows.items()},
        tags=tags,
        generator=np.random.default_rng(seed),
        state=folded(policy, size),
        committee=rows,
        prerequisites={"gain": ("general",)},
    )


def lean(policy: Any, view: Context) -> Context:
    """Return the context with nothing that the policy does not need (Any: it chooses either kind)."""
    return replace(
        view,
        evaluations={"probe": view.evaluations["probe"]} if "probe" in policy.needs else {},
        predictions=view.predictions if "predictions" in policy.needs else {},
        committee=view.committee if "committee" in policy.needs else {},
        generator=copy.deepcopy(view.generator),
    )


class Case(Protocol):
    """A kind of candidates."""

    kind: str
    sizes: Sequence[tuple[int, int]]
    """How many candidates there are, or turns that leave some, and how many are wanted."""

    def candidates(self, size: int, view: Context) -> Sequence[Any]:
        """Return the candidates (Any: questions or experiences)."""
        ...

    def context(self, policy: Any, size: int, seed: int = 0) -> Context:
        """Return what the policy may look at (Any: it chooses either kind)."""
        ...

    def copied(self, candidates: Sequence[Any]) -> Sequence[Any]:
        """Return equal candidates that are other objects (Any: questions or experiences)."""
        ...


class AskCase:
    """Candidates that are questions."""

    kind: str = "question_policy"
    sizes: Sequence[tuple[int, int]] = ((120, 40), (40, 40), (7, 40), (60, 1), (1, 1), (12, 0), (0, 5))

    def __init__(self, asked: Sequence[Question] | None = None) -> None:
        """Try questions like those `asked`, or scripted ones with options."""
        self._asked = asked

    def candidates(self, size: int, view: Context) -> list[Question]:
        """Return so many questions."""
        del view
        return self._questions(size)

    def context(self, policy: Any, size: int, seed: int = 0) -> Context:
        """Return what is known after a past, whatever the number of candidates (Any: a question policy)."""
        return context(policy, self._questions(size), PAST, seed)

    def _questions(self, size: int) -> list[Question]:
        scripted = questions(size)
        if not self._asked:
            return scripted
        return [
            replace(self._asked[place % len(self._asked)], id=question.id, tags=question.tags)
            for place, question in enumerate(scripted)
        ]

    def copied(self, candidates: Sequence[Any]) -> list[Any]:
        """Return equal questions (Any: as the role wants it)."""
        return [copy.deepcopy(question) for question in candidates]


class LearnCase:
    """Candidates that are a memory of experiences."""

    kind: str = "experience_policy"
    sizes: Sequence[tuple[int, int]] = ((30, 3), (30, 1000), (8, 1), (30, 0), (0, 10))

    def candidates(self, size: int, view: Context) -> ReplayBuffer:
        """Return the memory."""
        del size
        return view.memory

    def context(self, policy: Any, size: int, seed: int = 0) -> Context:
        """Return what is known after so many turns (Any: an experience policy)."""
        return context(policy, (), size, seed)

    def copied(self, candidates: Sequence[Any]) -> ReplayBuffer:
        """Return a memory of equal experiences (Any: as the role wants it)."""
        buffer = ReplayBuffer()
        buffer.extend(copy.deepcopy([*candidates]))
        return buffer
