"""Asks from easy to hard over the turns, whatever the student learns: a control.

Source: Bengio et al. 2009, "Curriculum learning". We changed: harder questions replace easier ones instead of joining
them, and difficulty is the student's own.
"""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from policies.arms import By
from policies.difficulty import Source, difficulties, needed, scheduled
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("easy_to_hard")
class EasyToHard:
    """A control: asks the easiest candidates in the first turn and the hardest in turn `over` and after.

    In between, the places move through the ranking by difficulty evenly; equally hard candidates are ranked at random.
    """

    over: Annotated[int, Field(ge=1)] = 20
    """The turn from which on the hardest candidates are asked."""
    difficulty: Source = "error_rate"
    """Difficulty is the running error rate of the question's tag, or 1 - p, for which all candidates are scored."""
    by: By = "skill"
    """Whose error rate, where it is error rates."""

    @property
    def needs(self) -> frozenset[str]:
        """Predictions, where these say how hard a question is."""
        return needed(self.difficulty)

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` neighbours in the ranking by difficulty."""
        progress = min(1.0, (context.turn - 1) / max(1, self.over - 1))
        values = difficulties(candidates, context, self.difficulty, self.by)
        return scheduled(candidates, k, context, values, progress)
