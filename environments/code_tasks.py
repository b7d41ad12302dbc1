"""Programming tasks: a generated bank of small functions with typed bugs, or rows of MBPP or HumanEval's format."""

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from environments.splits import Splits, ended
from environments.tasks import mastery
from environments.tasks.items import MOST_DISTINCT, SEEN, UNSEEN, bank, distinct
from simulation.core.corpus import Lesson
from simulation.core.registry import environment
from simulation.core.types import Experience, Question, Transition


@environment("code_tasks")
class CodeTasks:
    """Python functions to write, judged by tests: a generated bank that needs no files."""

    bank_seed: int = 0
    """Another seed draws other tasks and other tests; what belongs to which split never changes."""
    pool_size: Annotated[int, Field(ge=1)] = 8000
    """How many tasks of the bank may be asked."""
    probe_size: Annotated[int, Field(ge=1, le=MOST_DISTINCT)] = 100
    """How many tasks policies may measure the student on."""
    held_out_size: Annotated[int, Field(ge=1, le=MOST_DISTINCT)] = 200
    """How many tasks of the bank are held out: compositions of skills that are never asked."""
    held_out_wordings: Literal["seen", "unseen"] = "seen"
    """Whether held-out tasks come in the wordings of the pool or in others, which are never asked."""

    exact_judge = "all_tests"
    cues = ()

    def reset(self, *, seed: int) -> None:
        """Do nothing: the questions are the same for every study, so that studies can be paired."""

    def pool(self) -> Sequence[Question]:
        """Return the tasks that may be asked."""
        return self._splits.pool

    def probe(self) -> Sequence[Question]:
        """Return tasks for policies to measure on."""
        return self._splits.probe

    def held_out(self) -> Sequence[Question]:
        """Return tasks that only the evaluation sees; the bank's compose skills as no other split does."""
        return self._splits.held_out

    def notices(self) -> Sequence[str]:
        """Name every row that could not be read."""
        return self._splits.notices

    def step(self, experience: Experience) -> Transition:
        """End the one-question episode."""
        return ended(experience)

    def lesson(self, index: int, *, seed: int, stage: int) -> Lesson:
        """Return a pretraining lesson; see `environments/tasks/mastery.py`."""
        return mastery.lesson(index, seed=seed, stage=stage)

    @cached_property
    def _splits(self) -> Splits:
        return self._generated()

    def _generated(self) -> Splits:
        wordings = SEEN if self.held_out_wordings == "seen" else UNSEEN
        return Splits(
            pool=bank(seed=self.bank_seed, split="pool", size=self.pool_size),
            probe=distinct(seed=self.bank_seed, split="probe", size=self.probe_size),
            held_out=distinct(seed=self.bank_seed, split="held_out", size=self.held_out_size, wordings=wordings),
        )
