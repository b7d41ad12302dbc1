"""Learns from what was wrong since the last update: the experience policy of the published student simulation."""

from collections.abc import Sequence
from typing import ClassVar

from policies.parts.since_update import since_update
from simulation.core.registry import experience_policy
from simulation.core.roles import Context
from simulation.core.types import Experience, Selection


@experience_policy("mistakes")
class Mistakes:
    """Learns from the experiences since the last update whose feedback is below full score, in the order they came.

    Source: the "Student Learning Simulation" report, which trains on each turn's wrong answers only. Where there are
    more than `k`, `k` of them are drawn uniformly.
    """

    needs: ClassVar[frozenset[str]] = frozenset()

    def select(self, candidates: Sequence[Experience], k: int, context: Context) -> list[Selection[Experience]]:
        """Pick at most `k` mistakes from `candidates`, which are in the order they happened."""
        return since_update(candidates, k, context, lambda experience: experience.feedback.score < 1.0)
