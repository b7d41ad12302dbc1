"""Learns from what is both likely and good: possibility and pass-rate prioritised experience replay.

Source: Chen et al. (2024), Enhancing LLM agents for code generation with possibility and pass-rate prioritized
experience replay, arXiv 2410.12236: the value of an experience is alpha P + (1 - alpha) pass rate with P the
probability of what was written; it is drawn with probability v^a / sum v^a ("power") or (1/rank)^a / sum ("rank"),
without replacement, and what failed is kept on purpose. We changed P: the product of the token probabilities that the
paper writes ("product" here) is 0 for any longer text, so P is exp(mean token log-probability), or the normalised
probability of the option taken. That hardly varies over the programs of one model, so it can be replaced by its rank
among those looked at ("quantile"), which is spread over 0 to 1 whatever the model. The pass rate is the feedback's
score.

An answer whose model told no probability, such as a refused call, is never drawn; where no answer has one the draw is
refused, because a value made up for the missing half would be taken for P2Value.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from policies.parts.priorities import (
    WINDOW,
    MinimumScore,
    Window,
    draw,
    eligible,
    has_probability,
    possibility,
    ranks,
    shares,
)
from simulation.core.errors import DataError
from simulation.core.registry import experience_policy
from simulation.core.roles import Context
from simulation.core.types import Experience, Selection

Possibility = Literal["mean", "product", "quantile"]


def possibilities(experiences: Sequence[Experience], kind: Possibility) -> list[float]:
    """Return P of each experience in [0, 1]."""
    means = [possibility(experience.answer) for experience in experiences]
    if kind == "product":
        return [
            math.exp(min(0.0, experience.answer.logprob))
            if experience.answer.logprob is not None and experience.answer.tokens
            else mean
            for experience, mean in zip(experiences, means, strict=True)
        ]
    if kind == "quantile":
        higher = sorted(means)
        return [(bisect_left(higher, mean) + bisect_right(higher, mean)) / (2 * len(means)) for mean in means]
    return means


@experience_policy("p2value")
class P2Value:
    """Learns from experiences drawn by alpha P + (1 - alpha) pass rate (PPER, arXiv 2410.12236).

    P is the probability of the answer. Set learn.experiences, or an update takes the whole window.
    """

    alpha: Annotated[float, Field(ge=0, le=1)] = 0.5
    """How much the probability counts; the rest is the pass rate."""
    method: Literal["power", "rank"] = "power"
    """Whether values or their ranks are the weights."""
    exponent: Annotated[float, Field(ge=0, le=10)] = 1.0
    """a: 0 draws uniformly, more prefers the best more."""
    possibility: Possibility = "mean"
    """P: exp(mean token log-probability), the product of the tokens' probabilities, or the rank of the former."""
    minimum_pass_rate: MinimumScore = 0.0
    """Experiences with a lower score are left out."""
    window: Window = WINDOW
    """How many of the newest experiences are looked at."""

    @property
    def needs(self) -> frozenset[str]:
        """Return what has to be known of answers."""
        return frozenset({"logprobs"} if self.alpha else ())

    def select(self, candidates: Sequence[Experience], k: int, context: Context) -> list[Selection[Experience]]:
        """Draw min(k, those in the window that pass often enough); raises DataError where no probability is known."""
        enough = eligible(candidates, self.window, self.minimum_pass_rate)
        recent = (
            [experience for experience in enough if has_probability(experience.answer)] if self.alpha else list(enough)
        )
        if enough and not recent:
            raise DataError(
                f"p2value needs the probability of answers, and none of {len(enough)} has one: let the model tell "
                "log-probabilities (logprobs: true of an API model), or set alpha to 0"
            )
        chances = possibilities(recent, self.possibility)
        values = [
            self.alpha * chance + (1 - self.alpha) * experience.feedback.score
            for experience, chance in zip(recent, chances, strict=True)
        ]
        bases = values if self.method == "power" else [1 / rank for rank in ranks(values)]
        weights = [base**self.exponent for base in bases]
        parts = shares(weights)

        def reason(at: int) -> str:
            return (
                f"P2Value {values[at]:.3f} of probability {chances[at]:.3g} and pass rate "
                f"{recent[at].feedback.score:g}: share {parts[at]:.4f} of {len(recent)} by {self.method}"
            )

        return draw(recent, k, weights, values, reason, context)
