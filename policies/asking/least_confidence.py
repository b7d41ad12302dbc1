"""Asks what the student is least confident of: uncertainty sampling by the most probable option.

Source: Settles (2009), Active Learning Literature Survey, University of Wisconsin-Madison TR 1648, section 3.1: the
question with the largest 1 - p(most probable option). The probabilities are normalised over the options.
"""

from collections.abc import Sequence
from typing import ClassVar

from policies.parts.confidence import highest, least_confident
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("least_confidence")
class LeastConfidence:
    """Asks the questions whose most probable option is least probable (Settles 2009)."""

    needs: ClassVar[frozenset[str]] = frozenset({"predictions"})

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick the `k` candidates with the lowest confidence."""
        confidences = highest(candidates, context, normalize=True)
        return least_confident(candidates, confidences, k, "least confident")
