"""An environment that changes as it is acted on: it counts its student's answers, and what may be asked moves on."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import numpy as np
from pydantic.dataclasses import dataclass as component

from simulation.core.questions import Measure, Splits
from simulation.core.types import Experience, Question, Transition
from tests.support.sums import ACCURACY, STRICT, TinyEnvironment

WINDOW = 40
"""How many questions are open at once."""


class Tally(NamedTuple):
    """A student's world."""

    offset: int
    """Where its questions begin, drawn from its own stream."""
    answers: int = 0
    right: int = 0


@component(frozen=True, kw_only=True, config=STRICT)
class Counting:
    """Sums of which a window is open, which every answer moves on by a step that is drawn."""

    name: ClassVar[str] = "counting"
    exact_judge: ClassVar[str] = "tests.support.scripted:ExactJudge"
    measures: ClassVar[tuple[Measure, ...]] = ACCURACY

    def questions(self, seed: int) -> Splits:
        return TinyEnvironment().questions(seed)

    def begin(self, generator: np.random.Generator) -> Tally:
        return Tally(offset=int(generator.integers(1000)))

    def step(self, state: Tally, experience: Experience, generator: np.random.Generator) -> tuple[Tally, Transition]:
        following = Tally(
            offset=state.offset + int(generator.integers(1, 4)),
            answers=state.answers + 1,
            right=state.right + int(experience.truth >= 1),
        )
        return following, Transition(
            observation=str(tuple(state)),
            action=experience.answer.text,
            reward=experience.feedback.score,
            next_observation=str(tuple(following)),
            terminated=False,
            truncated=following.answers == 100,
        )

    def pool(self, state: Tally) -> Sequence[Question]:
        pool = self.questions(0).pool
        return [pool[(state.offset + place) % len(pool)] for place in range(WINDOW)]
