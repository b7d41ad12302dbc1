"""Asks only what the student is neither too good nor too bad at: balanced online difficulty filtering.

Bae et al. 2025, "Online Difficulty Filtering for Reasoning Oriented Reinforcement Learning", arXiv 2504.03380: keep
prompts whose sampled accuracy lies between two thresholds that are symmetric about 1/2; 0.25 and 0.75 are ours. We
changed: p is exact (`parts.success`) instead of the accuracy of 16 samples, and a turn that lacks such questions is
filled with those nearest to the interval.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from policies.parts.draws import smallest
from policies.parts.success import successes
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("balanced_filter")
class BalancedFilter:
    """Asks uniformly among candidates with `low` <= p <= `high`; the nearest others fill up."""

    needs: ClassVar[frozenset[str]] = frozenset({"predictions"})
    low: Annotated[float, Field(ge=0, le=1)] = 0.25
    """The lowest success probability that passes."""
    high: Annotated[float, Field(ge=0, le=1)] = 0.75
    """The highest."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low={self.low:g} is above high={self.high:g}: nothing could pass; swap them")
        return self

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates, those that pass before the nearest of the others."""
        chances = successes(candidates, context)
        # How far outside the interval each lies: all that pass tie at 0, so one draw serves both.
        outside = [max(self.low - chance, chance - self.high, 0.0) for chance in chances]
        passing = sum(distance == 0 for distance in outside)
        reasons = {
            True: f"within {self.low:g} to {self.high:g}",
            False: f"only {passing} of {len(candidates)} lie within {self.low:g} to {self.high:g}; nearest of the rest",
        }
        return [
            Selection(
                item=candidates[index],
                score=chances[index],
                propensity=propensity,
                reason=f"right with probability {chances[index]:.2f}: {reasons[outside[index] == 0]}",
            )
            for index, propensity in smallest(outside, k, context.generator)
        ]
