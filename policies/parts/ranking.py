"""The picks that no chance is involved in: the first by a number, equal ones in the order they came."""

from collections.abc import Sequence
from typing import TypeVar

from simulation.core.types import Selection

T = TypeVar("T")


def pick_ranked(
    candidates: Sequence[T], k: int, scores: Sequence[float], reasons: Sequence[str], *, lowest: bool = False
) -> list[Selection[T]]:
    """Pick the `k` candidates with the highest scores, or the lowest; each has its score and its reason."""
    sign = 1 if lowest else -1
    ranked = sorted(range(len(candidates)), key=lambda index: sign * scores[index])
    return [
        Selection(item=candidates[index], score=scores[index], propensity=1.0, reason=reasons[index])
        for index in ranked[:k]
    ]
