"""Asks what the student is least likely to get right, knowing the answers: a control that no real policy can be."""

from collections.abc import Sequence
from typing import ClassVar

from policies.parts.ranking import pick_ranked
from policies.parts.success import successes
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("oracle")
class Oracle:
    """A control that reads the references: asks the questions with the lowest probability of the right option."""

    needs: ClassVar[frozenset[str]] = frozenset({"predictions"})

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick the `k` candidates with the lowest p(right), equal ones in the order they came."""
        chances = successes(candidates, context)
        reasons = [f"probability of the right option {chance:.3f}" for chance in chances]
        return pick_ranked(candidates, k, chances, reasons, lowest=True)
