"""What an environment offers for pretraining a student from scratch: lessons with weighted continuations."""

from dataclasses import dataclass
from typing import Protocol

from simulation.core.types import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One continuation of a lesson's prompt."""

    text: str
    weight: float
    cue: str = ""
    """Stands before the text and is given, not learned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One pretraining item."""

    question: Question
    branches: tuple[Branch, ...]


class Corpus(Protocol):
    """What an environment offers besides, if a model can be taught from scratch on it."""

    @property
    def cues(self) -> tuple[str, ...]:
        """Every cue that a lesson may carry; each becomes one token."""
        ...

    def lesson(self, index: int, *, seed: int, stage: int) -> Lesson:
        """Return a pretraining lesson of a stage, a pure function of its arguments, disjoint from all evaluation."""
        ...
