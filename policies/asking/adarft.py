"""Asks at a difficulty that follows the student's success: adaptive curriculum reinforcement finetuning.

Shi et al. 2025, "Efficient Reinforcement Finetuning via Adaptive Curriculum Learning", arXiv 2504.05520, algorithm 1:
ask the problems nearest to a target difficulty T, then T <- clip(T + eta * tanh(alpha * (R - beta)), 0, 1) with R the
mean reward of the batch. Its settings are alpha 2, beta 0.5, eta 50 on a scale of 0 to 100, T at first 0. We changed:
difficulty lies in [0, 1], so eta is 0.5; and it is not rated beforehand by another model but by the student's own
running error rate of the question's tag, or by its predictions.
"""

import math
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from policies.parts.arms import By
from policies.parts.difficulty import Source, difficulties, needed
from policies.parts.draws import smallest
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection, Turn


@question_policy("adarft")
class AdaRft:
    """Asks the candidates nearest to a target difficulty, which rises while the student is right more often than beta.

    Candidates equally near are drawn at random. A turn without answers leaves the target as it is.
    """

    alpha: Annotated[float, Field(ge=1e-6, le=1e3)] = 2.0
    """How sharply the target answers to a reward other than `beta`."""
    beta: Annotated[float, Field(ge=0, le=1)] = 0.5
    """The mean score that leaves the target as it is."""
    eta: Annotated[float, Field(ge=1e-6, le=1e3)] = 0.5
    """The greatest change of the target in one turn."""
    first: Annotated[float, Field(ge=0, le=1)] = 0.0
    """The target of the first turn."""
    difficulty: Source = "error_rate"
    """Difficulty is the running error rate of the question's tag, or 1 - p, for which all candidates are scored."""
    by: By = "skill"
    """Whose error rate, where it is error rates."""

    @property
    def needs(self) -> frozenset[str]:
        """Predictions, where these say how hard a question is."""
        return needed(self.difficulty)

    def begin(self) -> float:
        """Return the first target."""
        return self.first

    def observe(self, state: float, turn: Turn) -> float:
        """Return the target after a turn."""
        scores = [experience.feedback.score for experience in turn.experiences]
        if not scores:
            return state
        step = self.eta * math.tanh(self.alpha * (sum(scores) / len(scores) - self.beta))
        return min(1.0, max(0.0, state + step))

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick the `k` candidates nearest to the target."""
        target: float = context.state
        values = difficulties(candidates, context, self.difficulty, self.by)
        distances = [abs(value - target) for value in values]
        return [
            Selection(
                item=candidates[index],
                score=values[index],
                propensity=propensity,
                reason=f"difficulty {values[index]:.2f}, {distances[index]:.2f} from the target {target:.2f}",
            )
            for index, propensity in smallest(distances, k, context.generator)
        ]
