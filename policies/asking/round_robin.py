"""Asks every category in turn, the least asked question first: the control that neglects nothing."""

from collections.abc import Sequence
from typing import ClassVar

from policies.parts.quotas import MATHQA_ORDER, by_category, in_order
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("round_robin")
class RoundRobin:
    """Goes through the categories in a fixed order, one question each, the least asked question first.

    A category without candidates left is passed over. The next turn goes on where this one ends. No chance is involved:
    equally often asked questions are taken in the order they came.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    order: tuple[str, ...] = MATHQA_ORDER
    """The order of categories; those not named here follow by name."""

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates, category by category."""
        counts = context.memory.questions
        asked = {question.id: counts[question.id].asked if question.id in counts else 0 for question in candidates}
        groups = by_category(candidates)
        queues = {name: sorted(group, key=lambda question: asked[question.id]) for name, group in groups.items()}
        ring = in_order(queues, self.order)
        tags = context.memory.tags
        start = sum(tags[name].asked for name in ring if name in tags) % len(ring) if ring else 0
        ring = ring[start:] + ring[:start]
        picks: list[Selection[Question]] = []
        rounds = max(map(len, queues.values()), default=0)
        for place in range(rounds):
            for name in ring:
                if place < len(queues[name]) and len(picks) < k:
                    question = queues[name][place]
                    times = asked[question.id]
                    reason = f"{name}: in turn, asked {times} times before"
                    picks.append(Selection(item=question, score=float(times), propensity=1.0, reason=reason))
        return picks
