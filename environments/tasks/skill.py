"""What a skill of the bank is: a piece of a program, the bugs that are made in it, and three wordings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import numpy as np

Kind = Literal["number", "word", "letter"]
"""What a program goes through."""
Style = Literal["loop", "comprehension"]
"""The two ways in which a program is written."""
Code = TypeVar("Code")


@dataclass(frozen=True, slots=True)
class Bug(Generic[Code]):
    """A wrong piece that looks like the right one."""

    name: str
    code: Code


@dataclass(frozen=True, kw_only=True)
class TaskSkill(Generic[Code]):
    """One thing to learn; a cell of the bank is a skill in one of its wordings."""

    name: str
    right: Code
    bugs: tuple[Bug[Code], ...]
    """Two or three; the first is the typical one."""
    wordings: tuple[str, str, str]

    def piece(self, bug: int) -> Code:
        """Return the right piece for 0, else that of the bug of this number, counted from 1."""
        return self.bugs[bug - 1].code if bug else self.right


@dataclass(frozen=True, kw_only=True)
class Source(TaskSkill[str]):
    """What a program goes through, an expression over its parameters."""

    category: str
    gives: Kind
    parameters: tuple[str, ...]
    draw: Callable[[np.random.Generator], tuple[object, ...]]
    """Draws one argument a parameter."""
    signed: bool = False
    """Whether negative numbers may come."""
    ascending: bool = False
    repeats: bool = True
    """Whether something may come twice."""
    once: bool = False
    """Whether it is there to drop repeats."""


@dataclass(frozen=True, kw_only=True)
class Filter(TaskSkill[str]):
    """What is kept: a condition on x, "" for none."""

    takes: Kind
    signed: bool = False
    """Whether it says something only where negative numbers may come."""


@dataclass(frozen=True, kw_only=True)
class Map(TaskSkill[str]):
    """What is made of each x: an expression."""

    takes: tuple[Kind, ...]
    gives: Kind | None = None
    """None gives what it takes."""
    signed: bool = False
    """Whether it does something only where negative numbers may come."""
    merges: bool = False
    """Whether it may make the same of different x."""


@dataclass(frozen=True, slots=True)
class Fold:
    """How what was made becomes what is returned, in both styles.

    Format strings over `{value}` (what is made of x), `{source}`, and `{each}` (the `for` and `if` of a comprehension).
    """

    whole: str
    """The expression returned by a comprehension; "" where only a loop can do it."""
    start: str
    step: str
    finish: str
    early: bool = False
    """Whether the loop returns at the end of its first round."""


@dataclass(frozen=True, kw_only=True)
class Reduce(TaskSkill[Fold]):
    """What is returned."""

    takes: tuple[Kind, ...]
    mapped: bool | None = None
    """Whether there must be a map before it (True) or must be none (False); None takes both."""
    order: bool = False
    """Whether it does something only where what comes is not yet ascending."""
    repeats: bool = False
    """Whether it does something only where something may come twice."""
    once: bool = False
    """Whether what comes twice makes no difference to it."""
