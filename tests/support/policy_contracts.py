"""Pasts and measures that the contracts of question and of experience policies share."""

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from types import FrameType
from typing import Any

import numpy as np

from simulation.core.memory import ReplayBuffer
from simulation.core.optional_roles import Observing
from simulation.core.registry import build
from simulation.core.roles import Context
from simulation.core.types import Question, Selection, Turn
from tests.support.contexts import context, experience, memory, played, pool, wrong_by_category

CYCLE = 24
"""After so many turns the questions and scores of the long history come again."""
SHORT, LONG = 84 * CYCLE, 417 * CYCLE
"""Numbers of turns at which costs are compared: about 2,000, which fill any window, and 10,000."""


def made(kind: str, name: str) -> Any:
    """A policy with default parameters (Any: it chooses questions or experiences)."""
    return build(kind, name, {})


@cache
def turns() -> tuple[Turn, ...]:
    """More than ten thousand turns of two answers each, to questions of one category."""
    asked = pool(12)
    return tuple(
        played(
            number,
            [
                experience(
                    asked[place],
                    turn=number,
                    position=position,
                    score=float((number * (position + 2) // 3) % CYCLE % 2),
                    confidence=0.6,
                )
                for position, place in enumerate((number % 12, (number + 6) % 12))
            ],
        )
        for number in range(1, LONG + CYCLE + 1)
    )


@cache
def history(size: int) -> ReplayBuffer:
    """What the first turns leave in memory."""
    return memory([each for turn in turns()[:size] for each in turn.experiences])


def observed(policy: Any, past: Iterable[Turn]) -> Any:
    """The state that a policy makes of turns, None where it does not observe (Any: each has its own)."""
    if not isinstance(policy, Observing):
        return None
    state = policy.begin()
    for turn in past:
        state = policy.observe(state, turn)
    return state


def informed(policy: Any, seed: int, candidates: Sequence[Question], past: int = 30) -> Context:
    """A context that knows everything: predictions of every candidate by all classmates, evaluations, a past."""
    stream = np.random.default_rng(7)
    rows = {each.id: [tuple(stream.normal(-2, 2, len(each.choices)).tolist()) for _ in range(3)] for each in candidates}
    probe, tags = wrong_by_category({"general": 5, "physics": 3, "gain": 0, "other": 2})
    return context(
        seed=seed,
        turn=past + 1,
        since=past,
        held=history(past),
        evaluations={"probe": probe, "held_out": probe},
        predictions={name: row[0] for name, row in rows.items()},
        committee={name: tuple(row) for name, row in rows.items()},
        prerequisites={"gain": ("general",)},
        tags=tags,
        state=observed(policy, turns()[:past]),
    )


def ids(picks: Sequence[Selection[Any]]) -> list[str]:
    return [pick.item.id for pick in picks]


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
