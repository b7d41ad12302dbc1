"""Asks what the student is unsure of, in the categories it is wrong in: both rules of the published simulation.

Source: the "Student Learning Simulation" report: the category quotas are filled with questions that pass the
log-probability rule. The report does not say what happens when a category has too few of these: ours gives the places
to passing questions of the other categories, then to the least confident questions.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from policies.parts.confidence import highest, least_confident_of_rest
from policies.parts.quotas import MATHQA_ORDER, pick_by_quota, wrong_counts
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("log_probability_category")
class LogProbabilityCategory:
    """Fills the quotas of `category` with questions that pass the rule of `log_probability`."""

    threshold: Annotated[float, Field(ge=1e-9, le=1)] = 0.5
    """A question passes where its largest option probability is below this."""
    normalize: bool = True
    """Whether probabilities are normalised over the options; false for the published rule."""
    source: Literal["probe", "evaluation"] = "probe"
    """Where wrong answers are counted: a probe set of its own, or the held-out set (as published, a leak)."""
    order: tuple[str, ...] = MATHQA_ORDER
    """The order of categories; those not named here follow by name."""

    @property
    def needs(self) -> frozenset[str]:
        """Predictions, and the probe set where it is the source."""
        return frozenset({"predictions", "probe"} if self.source == "probe" else {"predictions"})

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates that pass, by quota; then the least confident."""
        wrong = wrong_counts(context, "probe" if self.source == "probe" else "held_out")
        confidences = highest(candidates, context, normalize=self.normalize)
        confidence_by_id = {
            question.id: confidence for question, confidence in zip(candidates, confidences, strict=True)
        }
        passing = [question for question in candidates if confidence_by_id[question.id] < self.threshold]
        picks = [
            replace(
                pick,
                score=confidence_by_id[pick.item.id],
                reason=f"{pick.reason}; highest option probability {confidence_by_id[pick.item.id]:.3f} "
                f"< {self.threshold:g}",
            )
            for pick in pick_by_quota(passing, k, wrong, context, self.order)
        ]
        return picks + least_confident_of_rest(candidates, confidences, k - len(picks), self.threshold)
