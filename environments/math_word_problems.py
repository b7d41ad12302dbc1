"""Multiple-choice maths lessons: a generated bank of problems with typed misconceptions, or rows of MathQA."""

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated

from pydantic import Field

from environments.bank import mastery
from environments.bank.items import Bank, distinct
from simulation.core.registry import environment
from simulation.core.roles import Lesson
from simulation.core.types import Experience, Question, Transition


@environment("math_word_problems")
class MathWordProblems:
    """Word problems with five options: generated offline, or MathQA rows from the Hub or a local path."""

    bank_seed: int = 0
    """Another seed draws other problems; what belongs to which split never changes."""
    pool_size: Annotated[int, Field(ge=1)] = 8000
    probe_size: Annotated[int, Field(ge=1)] = 300
    held_out_size: Annotated[int, Field(ge=1)] = 600

    exact_judge = "answer_key"
    cues = mastery.CUES

    def reset(self, *, seed: int) -> None:
        """Do nothing: the bank is the same for every study, so that studies can be paired."""

    def pool(self) -> Sequence[Question]:
        """Return the problems that may be asked."""
        return Bank(seed=self.bank_seed, split="pool", size=self.pool_size)

    def probe(self) -> Sequence[Question]:
        """Return problems for policies to measure on; their numbers occur in no other split."""
        return self._probe

    def held_out(self) -> Sequence[Question]:
        """Return problems whose numbers occur in no other split, nor in pretraining."""
        return self._held_out

    def step(self, experience: Experience) -> Transition:
        """End the one-question episode."""
        return Transition(
            observation=experience.question.prompt,
            action=experience.answer.text,
            reward=experience.feedback.score,
            next_observation="",
            terminated=True,
            truncated=False,
        )

    def lesson(self, index: int, *, seed: int, stage: int) -> Lesson:
        """Return a pretraining lesson; see `environments/bank/mastery.py`."""
        return mastery.lesson(index, seed=seed, stage=stage)

    @cached_property
    def _probe(self) -> tuple[Question, ...]:
        return distinct(seed=self.bank_seed, split="probe", size=self.probe_size)

    @cached_property
    def _held_out(self) -> tuple[Question, ...]:
        return distinct(seed=self.bank_seed, split="held_out", size=self.held_out_size)
