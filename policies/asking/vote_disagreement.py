"""Asks where the students of a class choose differently: query by committee with vote entropy.

Source: Dagan & Engelson (1995), Committee-based sampling, as in Settles (2009), Active Learning Literature Survey,
University of Wisconsin-Madison TR 1648, section 3.2. The members are the students of the class.
"""

from collections.abc import Sequence
from typing import ClassVar

from policies.parts.ranking import pick_ranked
from policies.parts.uncertainty import committee, entropy, votes
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("vote_disagreement")
class VoteDisagreement:
    """Asks where the students of a class choose different options (vote entropy; Dagan & Engelson 1995).

    Needs a class: students.count of 2 or more.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"committee"})

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick the `k` candidates with the highest vote entropy, nats."""
        vote_shares = [votes(committee(question, context)) for question in candidates]
        entropies = [entropy(shares) for shares in vote_shares]
        reasons = [
            f"vote entropy {spread:.3f} nats: {max(shares):.0%} of the class choose the same option"
            for spread, shares in zip(entropies, vote_shares, strict=True)
        ]
        return pick_ranked(candidates, k, entropies, reasons)
