"""Learns from what was right since the last update: sample, filter, imitate.

Source: rejection sampling, as in expert iteration (Anthony et al. 2017, arXiv 1705.08439) and STaR (Zelikman
et al. 2022, arXiv 2203.14465): only answers that their judge accepts are learned from, and nothing is replayed.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from policies.parts.since_update import since_update
from simulation.core.registry import experience_policy
from simulation.core.roles import Context
from simulation.core.types import Experience, Selection


@experience_policy("passes")
class Passes:
    """Learns from the experiences since the last update that scored high enough, without replay (arXiv 2203.14465).

    Where there are more than `k`, `k` of them are drawn uniformly.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    minimum_score: Annotated[float, Field(ge=0, le=1)] = 1.0
    """The least feedback score."""

    def select(self, candidates: Sequence[Experience], k: int, context: Context) -> list[Selection[Experience]]:
        """Draw at most `k` of them, in the order they came."""
        return since_update(candidates, k, context, lambda experience: experience.feedback.score >= self.minimum_score)
