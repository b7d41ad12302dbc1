"""Asks where accuracy changes fastest, up or down: teacher-student curriculum learning.

Matiisen et al. 2017, "Teacher-Student Curriculum Learning", arXiv 1707.00183, algorithm 3 (Window): a line is fitted to
the last scores of each task over time, and the task of steepest absolute slope is asked, or with probability epsilon
any. Authors' settings: windows of 10, epsilon 0.1, and a slope of 1 for a task with fewer than two scores, so that it
is tried first. A score is here an arm's accuracy in one turn.
"""

from collections import deque
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from policies.parts.arms import Bandit, allot, greedy, grouped, scores_by_arm
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection, Turn

UNTRIED = 1.0
"""The slope of an arm with fewer than two scores."""


@question_policy("learning_progress")
class LearningProgress(Bandit):
    """Gives most of the turn to the category whose accuracy rises or falls fastest, and the rest to all evenly."""

    window: Annotated[int, Field(ge=2, le=1_000_000)] = 10
    """Over how many turns that asked an arm its slope is taken."""
    epsilon: Annotated[float, Field(ge=0, le=1)] = 0.1
    """The share of the turn that is spread evenly."""

    def begin(self) -> dict[str, deque[tuple[int, float]]]:
        """Return no scores."""
        return {}

    def observe(self, state: dict[str, deque[tuple[int, float]]], turn: Turn) -> dict[str, deque[tuple[int, float]]]:
        """Return the last scores of each arm, with their turns."""
        for arm, scores in scores_by_arm(turn, self.by).items():
            points = state.setdefault(arm, deque(maxlen=self.window))
            points.append((turn.turn, sum(scores) / len(scores)))
        return state

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates by the shares of their arms."""
        points_by_arm: dict[str, deque[tuple[int, float]]] = context.state
        slopes = {arm: slope(points_by_arm.get(arm, ())) for arm in grouped(candidates, self.by)}
        why = {
            arm: f"accuracy changes by {change:+.3f} a turn"
            if len(points_by_arm.get(arm, ())) > 1
            else "fewer than two scores yet"
            for arm, change in slopes.items()
        }
        steepness = {arm: abs(change) for arm, change in slopes.items()}
        return allot(candidates, k, greedy(steepness, self.epsilon), why, self.by, context)


def slope(points: Sequence[tuple[int, float]]) -> float:
    """Return the least-squares slope of scores over turns."""
    if len(points) < 2:
        return UNTRIED
    middle = sum(turn for turn, _ in points) / len(points)
    level = sum(score for _, score in points) / len(points)
    rise = sum((turn - middle) * (score - level) for turn, score in points)
    return rise / sum((turn - middle) ** 2 for turn, _ in points)
