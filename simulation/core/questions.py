"""What an environment offers: its questions in disjoint sets, and what is measured on them."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulation.core.types import Question


@dataclass(frozen=True, slots=True)
class Splits:
    """The questions of an environment: disjoint sets, and what was noticed while making them."""

    pool: Sequence[Question]
    """What may be asked; large pools are lazy sequences."""
    held_out: Sequence[Question]
    """What only the evaluation sees."""
    probe: Sequence[Question] = ()
    """What policies may measure the student on."""
    notices: tuple[str, ...] = ()
    """What a user should know before a study begins, such as rows that could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A named number of an evaluation, the mean of its questions' values in [0, 1]."""

    name: str
    """Such as "accuracy", "pass@1", "ndcg@10"."""
    graded: bool = False
    """Whether a single answer's value may lie between 0 and 1."""
