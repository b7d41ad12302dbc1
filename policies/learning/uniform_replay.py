"""Learns from any experience: the replay that prefers nothing, against which the prioritised ones are measured."""

from collections.abc import Sequence
from typing import ClassVar

from policies.parts.priorities import WINDOW, MinimumScore, eligible
from policies.parts.quotas import uniform
from simulation.core.registry import experience_policy
from simulation.core.roles import Context
from simulation.core.types import Experience, Selection


@experience_policy("uniform_replay")
class UniformReplay:
    """Learns from experiences drawn uniformly from the replay buffer, right or wrong (Lin 1992).

    Set learn.experiences, or an update takes all there are.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    minimum_score: MinimumScore = 0.0
    """Experiences with a lower feedback score are left out; 1 replays passes only, of the newest 2,000."""

    def select(self, candidates: Sequence[Experience], k: int, context: Context) -> list[Selection[Experience]]:
        """Draw min(k, all) experiences."""
        whole = candidates if self.minimum_score == 0 else eligible(candidates, WINDOW, self.minimum_score)
        drawn, propensity = uniform(whole, k, context)
        reason = f"uniform over {len(whole)} experiences"
        return [Selection(item=experience, propensity=propensity, reason=reason) for experience in drawn]
