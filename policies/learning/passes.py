"""Learns from what was right since the last update: sample, filter, imitate.

Source: rejection sampling, as in expert iteration (Anthony et al. 2017, arXiv 1705.08439) and STaR (Zelikman
et al. 2022, arXiv 2203.14465): only answers that their judge accepts are learned from, and nothing is replayed.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field

from policies.parts.quotas import uniform
from policies.parts.since_update import recent, since_update
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
    per_question: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """At most so many different answers to one question, drawn uniformly; null is all."""

    def select(self, candidates: Sequence[Experience], k: int, context: Context) -> list[Selection[Experience]]:
        """Draw at most `k` of them, in the order they came."""
        if self.per_question is None:
            return since_update(candidates, k, context, self._passed)
        passed = [*filter(self._passed, recent(candidates, context))]
        shares = few_each(passed, self.per_question, context)
        few = [experience for experience in passed if experience.id in shares]
        return [
            replace(selection, propensity=shares[selection.item.id] * (selection.propensity or 0.0))
            for selection in since_update(few, k, context, self._passed)
        ]

    def _passed(self, experience: Experience) -> bool:
        return experience.feedback.score >= self.minimum_score


def few_each(passed: Sequence[Experience], most: int, context: Context) -> dict[str, float]:
    """Draw at most so many different texts of each question; return how likely each of them was, by its id."""
    ids_by_text: dict[str, dict[str, str]] = {}
    for experience in passed:
        ids_by_text.setdefault(experience.question.id, {}).setdefault(experience.answer.text, experience.id)
    shares: dict[str, float] = {}
    for ids in ids_by_text.values():
        drawn, share = uniform([*ids.values()], most, context)
        shares |= dict.fromkeys(drawn, share)
    return shares
