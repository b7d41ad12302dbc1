"""Learns from any experience: the replay that prefers nothing, against which the prioritised ones are measured."""

from collections.abc import Sequence
from typing import ClassVar

from policies.quotas import uniform
from simulation.core.registry import experience_policy
from simulation.core.roles import Context
from simulation.core.types import Experience, Selection


@experience_policy("uniform_replay")
class UniformReplay:
    """Learns from experiences drawn uniformly from the whole replay buffer, right or wrong (Lin 1992).

    Set learn.experiences, or an update takes all there are.
    """

    needs: ClassVar[frozenset[str]] = frozenset()

    def select(self, candidates: Sequence[Experience], k: int, context: Context) -> list[Selection[Experience]]:
        """Draw min(k, all) experiences."""
        drawn, propensity = uniform(candidates, k, context)
        reason = f"uniform over {len(candidates)} experiences"
        return [Selection(item=experience, propensity=propensity, reason=reason) for experience in drawn]
