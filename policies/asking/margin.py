"""Asks where the two most probable options are close: margin sampling.

Source: Scheffer, Decomain & Wrobel (2001), as in Settles (2009), Active Learning Literature Survey, University of
Wisconsin-Madison TR 1648, section 3.1. The probabilities are normalised over the options.
"""

from collections.abc import Sequence
from typing import ClassVar

from policies.parts.confidence import probabilities
from policies.parts.ranking import pick_ranked
from policies.parts.uncertainty import margin
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("margin")
class Margin:
    """Asks the questions whose two most probable options are closest (Settles 2009)."""

    needs: ClassVar[frozenset[str]] = frozenset({"predictions"})

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick the `k` candidates with the smallest margin."""
        margins = [margin(probabilities(question, context)) for question in candidates]
        reasons = [f"the most probable option leads the next by {lead:.3f}" for lead in margins]
        return pick_ranked(candidates, k, margins, reasons, lowest=True)
