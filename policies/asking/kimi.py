"""Asks in proportion to how likely the student is to fail: the prioritised sampling of Kimi k1.5.

Kimi Team 2025, "Kimi k1.5: Scaling Reinforcement Learning with LLMs", arXiv 2501.12599, "Sampling Strategies": track
the success rate s of each problem and sample problems in proportion to 1 - s. We changed: questions of a large pool
rarely come again, so s is p of the question itself (`parts.success`), or the running success rate of its tag; and
nothing is drawn twice.
"""

from collections.abc import Sequence

from policies.parts.arms import By
from policies.parts.difficulty import Source, difficulties, needed
from policies.parts.draws import proportional
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("kimi")
class Kimi:
    """Asks each candidate with a probability in proportion to 1 - p.

    Systematic sampling makes that exact without replacement; a weight too large for its place counts as 1.
    """

    difficulty: Source = "prediction"
    """Whether 1 - p comes from the predictions or from the running error rate of the question's tag."""
    by: By = "skill"
    """Whose error rate, where it is error rates."""

    @property
    def needs(self) -> frozenset[str]:
        """Predictions, where these say how hard a question is."""
        return needed(self.difficulty)

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates by 1 - p."""
        weights = difficulties(candidates, context, self.difficulty, self.by)
        return [
            Selection(
                item=candidates[index],
                score=weights[index],
                propensity=propensity,
                reason=f"wrong with probability {weights[index]:.2f}, and asked in proportion to that",
            )
            for index, propensity in proportional(weights, k, context.generator)
        ]
