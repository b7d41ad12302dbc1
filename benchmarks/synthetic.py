"""Made-up studies whose true difference is known: two policies over the same seeds and held-out questions.

An answer is right where its latent value is above 0: the policy's level, the question's ease, the seed's luck (part of
it common to both policies), how far the question suits the policy, and noise (part of it common, as with common random
numbers), all normal. So each policy's accuracy over endless seeds and questions is a value of the normal distribution
function, and the difference is known exactly.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Truths = NDArray[np.float64]
"""Of every answer: a row a seed, a column a question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthetic:
    """A distribution of studies; deviations are on the latent scale, where the noise of an answer has 1."""

    seeds: int = 5
    questions: int = 300
    accuracy: float = 0.6
    """Of the first policy."""
    effect: float = 0.0
    """By which the second policy is more accurate."""
    ease: float = 1.0
    """Between questions, common to the policies."""
    common_luck: float = 0.1
    """Between seeds, common to the policies."""
    own_luck: float = 0.05
    """Between seeds, each policy's own."""
    preference: float = 0.3
    """Between questions, each policy's own: the question effect of the difference."""
    common_noise: float = 0.8
    """Share of an answer's noise that is common to the policies."""

    @property
    def spread(self) -> float:
        """Standard deviation of all that varies."""
        return math.sqrt(self.ease**2 + self.common_luck**2 + self.own_luck**2 + self.preference**2 + 1)

    def __call__(self, generator: np.random.Generator) -> tuple[Truths, Truths]:
        """Draw the truths of both policies in one study."""
        first, second = self.runs(generator, (self.accuracy, self.accuracy + self.effect))
        return first, second

    def runs(self, generator: np.random.Generator, accuracies: Sequence[float]) -> list[Truths]:
        """Draw the truths of policies of these accuracies in one study."""
        levels = [NormalDist().inv_cdf(accuracy) for accuracy in accuracies]
        return [(latent_SQ > 0).astype(np.float64) for latent_SQ in self.latents(generator, levels)]

    def latents(self, generator: np.random.Generator, levels: Sequence[float]) -> Iterator[Truths]:
        """Draw the latent values of policies of these levels, in multiples of `spread`, in one study."""
        shape = self.seeds, self.questions
        common_SQ = (
            self.ease * generator.normal(size=(1, self.questions))
            + self.common_luck * generator.normal(size=(self.seeds, 1))
            + math.sqrt(self.common_noise) * generator.normal(size=shape)
        )
        for level in levels:
            yield (
                level * self.spread
                + common_SQ
                + self.own_luck * generator.normal(size=(self.seeds, 1))
                + self.preference * generator.normal(size=(1, self.questions))
                + math.sqrt(1 - self.common_noise) * generator.normal(size=shape)
            )


SETTINGS: dict[str, tuple[float, float]] = {
    "neither": (0.0, 0.0),
    "questions": (0.0, 0.5),
    "seeds": (0.1, 0.0),
    "both": (0.1, 0.4),
}
"""What the difference of two policies depends on besides single answers: own luck and preference."""
