"""Asks where the class disagrees though each is sure: Bayesian active learning by disagreement.

Source: Houlsby, Huszar, Ghahramani & Lengyel (2011), arXiv 1112.5745, equation 2: the mutual information between the
answer and the model, H[E p] - E H[p]. We changed where the models come from: the members are the students of the
class, each with its own adapter, instead of draws from a posterior.
"""

from collections.abc import Sequence
from typing import ClassVar

from policies.parts.ranking import pick_ranked
from policies.parts.uncertainty import committee, entropy, mean
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("bald")
class Bald:
    """Asks where the students of a class are each sure of another option (BALD; Houlsby et al. 2011, arXiv 1112.5745).

    Needs a class: students.count of 2 or more.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"committee"})

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick the `k` candidates with the highest mutual information, nats."""
        scores: list[float] = []
        reasons: list[str] = []
        for question in candidates:
            rows = committee(question, context)
            together, alone = entropy(mean(rows)), sum(map(entropy, rows)) / len(rows)
            # Equal rows leave a rounding error below zero, which no mutual information is.
            scores.append(max(0.0, together - alone))
            reasons.append(
                f"{len(rows)} students disagree by {scores[-1]:.3f} nats: entropy {together:.3f} of their mean, "
                f"{alone:.3f} of each on average"
            )
        return pick_ranked(candidates, k, scores, reasons)
