"""Long pasts, and the count of operations that says what a call costs whatever else the machine does."""

import sys
from collections.abc import Callable
from functools import cache
from types import FrameType
from typing import Any

from simulation.contracts.cases import context
from simulation.contracts.scripted import CYCLE, memory, turns
from simulation.core.memory import ReplayBuffer
from simulation.core.roles import Context
from simulation.core.types import Question, Turn

SHORT, LONG = 84 * CYCLE, 417 * CYCLE
"""Numbers of turns at which costs are compared: about 2,000, which fill any window, and 10,000."""


@cache
def long_past() -> tuple[Turn, ...]:
    """More than ten thousand turns of two answers each."""
    return tuple(turns(LONG + CYCLE))


@cache
def history(size: int) -> ReplayBuffer:
    """What the first turns leave in memory."""
    return memory(long_past()[:size])


def after(size: int, candidates: list[Question], state: Any = None) -> Context:
    """A context after so many turns, for a policy of this state (Any: each policy has its own)."""
    view = context(None, candidates, 0)
    return Context(
        **{
            **{name: getattr(view, name) for name in view.__slots__},
            "turn": size + 1,
            "since": size - 9,
            "memory": history(size),
            "state": state,
        }
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
    for act in (lambda: None, call):  # under 3.12 the first act of a process is counted as nothing
        count = 0
        sys.settrace(trace)
        try:
            act()
        finally:
            sys.settrace(before)
    assert count, "no operation was counted"
    return count
