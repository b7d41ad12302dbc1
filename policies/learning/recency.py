"""Learns from the newest experiences: the control that never looks back further than it must."""

from collections.abc import Sequence
from typing import ClassVar

from simulation.core.registry import experience_policy
from simulation.core.roles import Context
from simulation.core.types import Experience, Selection


@experience_policy("recency")
class Recency:
    """Learns from the newest experiences, right or wrong, in the order they came.

    Set learn.experiences, or an update takes all there are.
    """

    needs: ClassVar[frozenset[str]] = frozenset()

    def select(self, candidates: Sequence[Experience], k: int, context: Context) -> list[Selection[Experience]]:
        """Pick the newest min(k, all)."""
        newest = candidates[max(0, len(candidates) - k) :]
        return [
            Selection(
                item=experience,
                score=float(experience.turn),
                propensity=1.0,
                reason=f"among the {len(newest)} newest: {context.turn - experience.turn} turns ago",
            )
            for experience in newest
        ]
