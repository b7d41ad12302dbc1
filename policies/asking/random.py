"""Asks at random: the baseline every other policy has to beat."""

from collections.abc import Sequence
from typing import ClassVar

from policies.parts.quotas import uniform
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("random")
class Random:
    """Asks uniformly at random, without replacement; fewer candidates than places are all asked."""

    needs: ClassVar[frozenset[str]] = frozenset()

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates, each with propensity k/n."""
        drawn, propensity = uniform(candidates, k, context)
        return [Selection(item=question, propensity=propensity, reason="uniform") for question in drawn]
