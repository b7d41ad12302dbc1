"""What an experience is worth to an update, by the answer's probability and its feedback, and draws by such weights."""

import math
from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from policies.parts.confidence import normalized
from policies.parts.practice import right
from simulation.core.roles import Context
from simulation.core.types import Answer, Experience, Selection

Window = Annotated[int, Field(ge=1, le=1_000_000)]
"""How many of the newest experiences are looked at, so that the cost of a turn does not grow with the past."""

WINDOW = 2000

UNKNOWN = 0.5
"""The probability of an answer whose model told none, as a refused call or some servers do."""

MinimumScore = Annotated[float, Field(ge=0, le=1)]
"""Experiences with a lower feedback score are left out."""

LEAST = 1e-6
"""Probabilities below this count as this, so that no surprise is infinite."""

Loss = Literal["error", "surprise"]
"""`error` is 1 - feedback score. `surprise` is -log of the probability that the student gave to what it was told is
right, nats: its own answer where that is right, else the option of the correction, else anything but its answer."""


def possibility(answer: Answer) -> float:
    """Return the probability of an answer: exp(mean token log-probability) as written, or that of the option taken."""
    if answer.logprob is not None and answer.tokens:
        return min(1.0, math.exp(answer.logprob / answer.tokens))
    ranking = answer.ranking
    if ranking is not None and ranking.taken is not None and ranking.logprobs:
        return normalized(ranking.logprobs)[ranking.taken]
    return UNKNOWN


def has_probability(answer: Answer) -> bool:
    """Tell whether the model told how probable its answer was."""
    written = answer.logprob is not None and bool(answer.tokens)
    ranking = answer.ranking
    return written or (ranking is not None and ranking.taken is not None and bool(ranking.logprobs))


def chance_of_correction(experience: Experience) -> float | None:
    """Return the probability that the student gave to the correction, where it weighed all that could be answered."""
    ranking, correction = experience.answer.ranking, experience.feedback.correction
    answerable = experience.question.form.alternatives
    if ranking is None or correction not in answerable or len(ranking.logprobs) != len(answerable):
        return None
    weighed = ranking.alternatives or answerable
    return normalized(ranking.logprobs)[weighed.index(correction)] if correction in weighed else None


def surprise(experience: Experience) -> float:
    """Return -log of the probability that the student gave to what it was told is right, nats."""
    chance = possibility(experience.answer) if right(experience) else chance_of_correction(experience)
    if chance is None:
        chance = 1 - possibility(experience.answer)
    return -math.log(min(max(chance, LEAST), 1.0))


def losses(experiences: Sequence[Experience], loss: Loss) -> list[float]:
    """Return how far from perfect each answer was: 0 at the least."""
    if loss == "error":
        return [1 - experience.feedback.score for experience in experiences]
    return [surprise(experience) for experience in experiences]


def untold(experience: Experience, loss: Loss) -> str:
    """Say where a surprise rests on a probability that the model did not tell."""
    return (
        ""
        if loss == "error" or has_probability(experience.answer)
        else f" of an unknown probability, taken for {UNKNOWN:g}"
    )


def eligible(candidates: Sequence[Experience], window: int, minimum_score: float) -> Sequence[Experience]:
    """Return those of the newest `window` experiences that scored high enough."""
    recent = candidates[-window:]
    return (
        [experience for experience in recent if experience.feedback.score >= minimum_score] if minimum_score else recent
    )


def ranks(values: Sequence[float]) -> list[int]:
    """Return the rank of each value from 1, the highest first; of equal ones the last, which is the newest, first."""
    order = sorted(range(len(values)), key=lambda index: (-values[index], -index))
    rank_by_index = [0] * len(values)
    for rank, index in enumerate(order, start=1):
        rank_by_index[index] = rank
    return rank_by_index


def shares(weights: Sequence[float]) -> list[float]:
    """Return each weight's share of their sum; where all are 0, all are equal."""
    total = math.fsum(weights)
    return [weight / total if total > 0 else 1 / len(weights) for weight in weights]


def successive(weights: Sequence[float], k: int, generator: np.random.Generator) -> list[int]:
    """Draw `k` distinct indices one after the other, each by its share of the weights that are left.

    All at once by their keys (Efraimidis & Spirakis 2006, algorithm A, on the log scale). Where fewer than `k` weights
    are positive, the others follow in random order.
    """
    noise: NDArray[np.float64] = generator.gumbel(size=len(weights))
    with np.errstate(divide="ignore"):
        keys = np.log(np.asarray(weights, dtype=np.float64)) + noise
    return [int(index) for index in np.lexsort((-noise, -keys))[:k]]


def draw(
    experiences: Sequence[Experience],
    k: int,
    weights: Sequence[float],
    scores: Sequence[float],
    reason: Callable[[int], str],
    context: Context,
) -> list[Selection[Experience]]:
    """Draw min(k, all) distinct experiences by weight, in the order drawn; a reason is worded for each drawn place.

    The probability to be among several that are drawn one after the other has no closed form, so the propensity is
    given where one is drawn or all are.
    """
    parts = shares(weights)
    propensity: list[float | None] = [None] * len(parts)
    if k >= len(parts):
        propensity = [1.0] * len(parts)
    elif k == 1:
        propensity = [*parts]
    return [
        Selection(item=experiences[at], score=scores[at], propensity=propensity[at], reason=reason(at))
        for at in successive(parts, k, context.generator)
    ]
