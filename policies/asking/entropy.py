"""Asks where the answer is most open: uncertainty sampling by the entropy over the options.

Source: Settles (2009), Active Learning Literature Survey, University of Wisconsin-Madison TR 1648, section 3.1. The
probabilities are normalised over the options.
"""

from collections.abc import Sequence
from typing import ClassVar

from policies.parts.confidence import probabilities
from policies.parts.ranking import pick_ranked
from policies.parts.uncertainty import entropy
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("entropy")
class Entropy:
    """Asks the questions with the highest entropy over the options (Settles 2009)."""

    needs: ClassVar[frozenset[str]] = frozenset({"predictions"})

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick the `k` candidates with the highest entropy, nats."""
        entropies = [entropy(probabilities(question, context)) for question in candidates]
        return pick_ranked(
            candidates, k, entropies, [f"entropy over the options {spread:.3f} nats" for spread in entropies]
        )
