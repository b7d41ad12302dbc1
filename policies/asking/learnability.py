"""Asks where the student is right about as often as wrong: sampling for learnability.

Rutherford et al. 2024, "No Regrets: Investigating and Improving Regret Approximations for Curriculum Discovery", arXiv
2408.15099, algorithm 1: levels are scored p(1 - p), the K highest of N make a buffer, and each batch is drawn from it
uniformly and mixed with a share of random levels. We changed: the buffer is made anew each turn from the turn's
candidates, p is exact (`parts.success`) instead of a mean over rollouts, and nothing is drawn twice.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from policies.parts.quotas import uniform
from policies.parts.success import learnability, successes
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("learnability")
class Learnability:
    """Asks uniformly among the most learnable candidates by p(1 - p), mixed with random ones.

    Candidates of equal learnability enter the buffer in the order they came.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"predictions"})
    top: Annotated[int, Field(ge=1, le=1_000_000)] = 100
    """How many candidates make the buffer (K); the paper keeps 100 of 5,000 levels, or 1,000 of 25,000."""
    share: Annotated[float, Field(ge=0, le=1)] = 0.5
    """The share of the turn drawn from the buffer; the rest is drawn from all other candidates."""

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates, the share of the buffer first."""
        scores = [learnability(chance) for chance in successes(candidates, context)]
        ranked = sorted(range(len(candidates)), key=lambda index: -scores[index])
        buffer = ranked[: self.top]
        drawn, of_buffer = uniform(buffer, round(self.share * min(k, len(candidates))), context)
        others = sorted(set(ranked) - set(drawn))
        mixed, of_others = uniform(others, k - len(drawn), context)
        within = set(buffer)
        reasons = [f"among the {len(buffer)} most learnable"] * len(drawn) + ["drawn from all the rest"] * len(mixed)
        return [
            Selection(
                item=candidates[index],
                score=scores[index],
                propensity=of_buffer + (1 - of_buffer) * of_others if index in within else of_others,
                reason=f"learnability {scores[index]:.3f} of at most 0.25: {reason}",
            )
            for index, reason in zip(drawn + mixed, reasons, strict=True)
        ]
