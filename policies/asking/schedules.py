"""Asks from easy to hard over the turns, or from hard to easy, whatever the student learns: two controls.

Source: Bengio et al. 2009, "Curriculum learning". We changed: harder questions replace easier ones instead of joining
them, and difficulty is the student's own. From hard to easy is the opposite, against which the order is measured.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from policies.parts.arms import By
from policies.parts.difficulty import Source, difficulties, needed
from policies.parts.draws import window
from simulation.core.registry import parameters, question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@parameters
class Schedule:
    """What both orders share: all but the end of the ranking that they begin at."""

    hardest_first: ClassVar[bool] = False
    over: Annotated[int, Field(ge=1, le=1_000_000)] = 20
    """The turn from which on the other end of the ranking is asked."""
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
        start = round((1 - progress if self.hardest_first else progress) * max(0, len(candidates) - k))
        return [
            Selection(
                item=candidates[index],
                score=values[index],
                propensity=propensity,
                reason=f"difficulty {values[index]:.2f}: ranks {start + 1} to {min(start + k, len(candidates))} of "
                f"{len(candidates)} from easy to hard are due in turn {context.turn}",
            )
            for index, propensity in window(values, start, k, context.generator)
        ]


@question_policy("easy_to_hard")
class EasyToHard(Schedule):
    """A control: asks the easiest candidates in the first turn and the hardest in turn `over` and after.

    In between, the places move through the ranking by difficulty evenly; equally hard candidates are ranked at random.
    """


@question_policy("hard_to_easy")
class HardToEasy(Schedule):
    """A control: asks the hardest candidates in the first turn and the easiest in turn `over` and after.

    In between, the places move through the ranking by difficulty evenly; equally hard candidates are ranked at random.
    """

    hardest_first: ClassVar[bool] = True
