"""Learns from what is both likely and good: possibility and pass-rate prioritised experience replay.

Source: Chen et al. (2024), Enhancing LLM agents for code generation with possibility and pass-rate prioritized
experience replay, arXiv 2410.12236: the value of an experience is alpha P + (1 - alpha) pass rate with P the
probability of what was written; it is drawn with probability v^a / sum v^a ("power") or (1/rank)^a / sum ("rank"),
without replacement, and what failed is kept on purpose. We changed P: the product of the token probabilities that the
paper writes is 0 for any longer text, so ours is exp(mean token log-probability), or the normalised probability of the
option taken. The pass rate is the feedback's score.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from policies.priorities import UNKNOWN, WINDOW, Window, draw, known, possibility, ranks, shares
from simulation.core.registry import experience_policy
from simulation.core.roles import Context
from simulation.core.types import Answer, Experience, Selection


def told(answer: Answer, chance: float) -> str:
    """Say how probable an answer was, or that its model did not tell."""
    return f"probability {chance:.3f}" if known(answer) else f"an unknown probability, taken for {UNKNOWN:g},"


@experience_policy("p2value")
class P2Value:
    """Learns from experiences drawn by alpha P + (1 - alpha) pass rate (PPER, arXiv 2410.12236).

    P is the probability of the answer. Set learn.experiences, or an update takes the whole window.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    alpha: Annotated[float, Field(ge=0, le=1)] = 0.5
    """How much the probability counts; the rest is the pass rate."""
    method: Literal["power", "rank"] = "power"
    """Whether values or their ranks are the weights."""
    exponent: Annotated[float, Field(ge=0)] = 1.0
    """a: 0 draws uniformly, more prefers the best more."""
    minimum_pass_rate: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Experiences with a lower score are left out."""
    window: Window = WINDOW
    """How many of the newest experiences are looked at."""

    def select(self, candidates: Sequence[Experience], k: int, context: Context) -> list[Selection[Experience]]:
        """Draw min(k, those in the window that pass often enough)."""
        recent = [each for each in candidates[-self.window :] if each.feedback.score >= self.minimum_pass_rate]
        chances = [possibility(each.answer) for each in recent]
        values = [
            self.alpha * chance + (1 - self.alpha) * each.feedback.score
            for each, chance in zip(recent, chances, strict=True)
        ]
        bases = values if self.method == "power" else [1 / rank for rank in ranks(values)]
        weights = [base**self.exponent for base in bases]
        reasons = [
            f"P2Value {value:.3f} of {told(each.answer, chance)} and pass rate {each.feedback.score:g}: "
            f"share {part:.4f} of {len(recent)} by {self.method}"
            for each, chance, value, part in zip(recent, chances, values, shares(weights), strict=True)
        ]
        return draw(recent, k, weights, values, reasons, context)
