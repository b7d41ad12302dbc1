"""Laws of graded truths whose mean is known: how the value of an answer follows from how well it went.

How well an answer went is the latent value of `benchmarks.synthetic`, with the effects of question, seed and policy, as
a share of the latent values below it: uniform over endless seeds and questions. The law's quantile function turns it
into a truth, so every answer has the law's distribution, and the mean is the law's whatever the effects are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr, ndtri  # type: ignore[import-untyped]

from benchmarks.synthetic import Synthetic, Truths

Quantile = Callable[[NDArray[np.float64]], Truths]
CUTOFF = 10
"""Of the NDCG: items that are ranked further down count nothing."""
DECAY = 0.8
"""By which each rank is less frequent than the one before it."""
GRID = np.linspace(0.0, 1.0, 20_001)
BETA = betaincinv(0.5, 2.0, GRID)
"""Quantiles of the beta distribution of 0.5 and 2, whose mean is 0.2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """A distribution of truths in [0, 1]."""

    quantile: Quantile
    mean: float
    graded: bool = True

    def mean_at(self, level: float) -> float:
        """Return the mean where the latent values lie higher by so many of their standard deviations."""
        shares = (np.arange(1_000_000) + 0.5) / 1_000_000
        return float(self.quantile(ndtr(ndtri(shares) + level)).mean())


def with_zeros(zeros: float) -> Law:
    """Return the law of values of which a share is exactly 0 and the others are skewed."""
    return Law(
        quantile=lambda shares: np.interp((shares - zeros) / (1 - zeros), GRID, BETA),
        mean=0.2 * (1 - zeros),
    )


def ranked(misses: float) -> Law:
    """Return the law of NDCG@10 = ln 2 / ln(rank + 2) of one relevant item, of which a share is not among the ten."""
    ranks = np.arange(CUTOFF)[::-1]
    values = np.concatenate([[0.0], np.log(2) / np.log(ranks + 2)])
    chances = np.concatenate([[misses], (1 - misses) * DECAY**ranks / np.sum(DECAY**ranks)])
    edges = np.cumsum(chances)[:-1]
    return Law(
        quantile=lambda shares: values[np.searchsorted(edges, shares, side="right")], mean=float(chances @ values)
    )


LAWS: dict[str, Law] = {
    "right or wrong": Law(quantile=lambda shares: (shares > 0.4).astype(np.float64), mean=0.6, graded=False),
    "uniform": Law(quantile=lambda shares: shares, mean=0.5),
    "beta(0.5, 2)": with_zeros(0.0),
    "beta, 40 % zeros": with_zeros(0.4),
    "beta, 80 % zeros": with_zeros(0.8),
    "NDCG@10, 50 % zeros": ranked(0.5),
    "NDCG@10, 85 % zeros": ranked(0.85),
}


def draw_truths(
    law: Law, studies: Synthetic, generator: np.random.Generator, levels: Sequence[float]
) -> Iterator[Truths]:
    """Draw the truths [seeds, questions] of policies of these latent levels in one study."""
    for latent_SQ in studies.latents(generator, levels):
        yield law.quantile(ndtr(latent_SQ / studies.spread))


@dataclass(frozen=True, slots=True, kw_only=True)
class RareChange:
    """Studies in which every answer has the same value, but for a few questions that have another.

    Each question is another one with a chance of rate / questions, under all seeds alike where `by_question`, else
    answer by answer with rate / (seeds x questions). The values of those: `others`, drawn equally often, or uniform.
    """

    seeds: int = 5
    questions: int = 100
    common: float = 0.3
    others: tuple[float, ...] = (1.0,)
    """Empty for uniform values."""
    by_question: bool = True

    def chance(self, rate: float) -> float:
        """Return the chance of another value at so many questions (or answers) expected to have one."""
        return rate / (self.questions if self.by_question else self.seeds * self.questions)

    def mean(self, rate: float) -> float:
        """Return the true mean."""
        other = float(np.mean(self.others)) if self.others else 0.5
        return self.common + self.chance(rate) * (other - self.common)

    def __call__(self, generator: np.random.Generator, rate: float) -> Truths:
        """Draw the values of one study."""
        shape = (1 if self.by_question else self.seeds), self.questions
        others = generator.choice(self.others, shape) if self.others else generator.random(shape)
        values = np.where(generator.random(shape) < self.chance(rate), others, self.common)
        return np.broadcast_to(values, (self.seeds, self.questions))
