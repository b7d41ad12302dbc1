"""Asks what the student is unsure of: the log-probability rule of the published student simulation.

Source: the "Student Learning Simulation" report: accept a question where the largest option probability is below 0.5.
We changed one thing: the report takes exp(sum of token log-probabilities) as it is, which is below 0.5 for nearly every
question because the options share little of the probability of all texts; ours is normalised over the options unless
`normalize: false` asks for the published rule.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from policies.parts.confidence import highest, least_confident_of_rest
from policies.parts.quotas import uniform
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("log_probability")
class LogProbability:
    """Asks at random among questions whose most probable option is below a threshold.

    Rejection sampling without replacement: candidates are looked at in random order and taken where they pass. Where
    fewer than `k` pass, the least confident of the others fill up.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"predictions"})
    threshold: Annotated[float, Field(ge=1e-9, le=1)] = 0.5
    """A question passes where its largest option probability is below this."""
    normalize: bool = True
    """Whether probabilities are normalised over the options; false for the published rule."""

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates that pass, then the least confident."""
        confidences = highest(candidates, context, normalize=self.normalize)
        passing = [index for index, confidence in enumerate(confidences) if confidence < self.threshold]
        drawn, propensity = uniform(passing, k, context)
        picks = [
            Selection(
                item=candidates[index],
                score=confidences[index],
                propensity=propensity,
                reason=f"highest option probability {confidences[index]:.3f} < {self.threshold:g}",
            )
            for index in drawn
        ]
        return picks + least_confident_of_rest(candidates, confidences, k - len(picks), self.threshold)
