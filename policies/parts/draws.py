"""Draws without replacement whose propensities are exact: in proportion to weights, or the smallest of some values."""

from collections.abc import Sequence

import numpy as np

Drawn = list[tuple[int, float]]
"""The index of each item drawn, with the probability it had of being drawn."""

CERTAIN = 1 - 1e-12
"""An inclusion probability from here on counts as 1; rounding leaves it a little below."""
NOTHING = 1e-300
"""A weight of this share of the heaviest counts as none; quotients of smaller ones leave the range of a double."""


def inclusion(weights: Sequence[float], k: int) -> list[float]:
    """Return the probability of each item to be among `k` drawn: min(1, c * weight), with c such that they sum to k.

    Where fewer than `k` weights are positive, these items are certain, and the others share what is left evenly.
    """
    size = len(weights)
    if k >= size:
        return [1.0] * size
    heaviest = max(weights)
    scaled = np.asarray(weights, dtype=float) / heaviest if heaviest > 0 else np.zeros(size)
    positive = scaled > NOTHING
    if positive.sum() <= k:
        rest = (k - positive.sum()) / (size - positive.sum())
        return [1.0 if is_positive else float(rest) for is_positive in positive]
    certain = np.zeros(size, dtype=bool)
    while True:
        open_ = positive & ~certain
        chances = scaled * ((k - certain.sum()) / scaled[open_].sum())
        over = open_ & (chances >= CERTAIN)
        if not over.any():
            break
        certain |= over
    return [float(chance) for chance in np.where(certain, 1.0, np.where(open_, chances, 0.0))]


def proportional(
    weights: Sequence[float], k: int, generator: np.random.Generator, order: Sequence[int] | None = None
) -> Drawn:
    """Draw `k` items, the probability of each in proportion to its weight, up to 1.

    Systematic sampling (Madow 1949, "On the theory of systematic sampling, II"): the inclusion probabilities are laid
    end to end and met by a comb of unit spacing with one random offset. So they are exact, which no one-after-another
    draw by weight can say; a group that is contiguous in `order` gets its expected number of places, rounded up or
    down. Without an order it is random.
    """
    chances = inclusion(weights, k)
    along = [int(index) for index in generator.permutation(len(weights))] if order is None else order
    certain = [index for index in along if chances[index] >= CERTAIN]
    open_ = [index for index in along if 0 < chances[index] < CERTAIN]
    places = min(k, len(weights)) - len(certain)
    met: list[int] = []
    if places > 0:
        ends = np.cumsum([chances[index] for index in open_])
        ends[-1] = places
        comb = generator.random() + np.arange(places)
        met = [open_[int(place)] for place in np.searchsorted(ends, comb, side="right")]
    drawn = set(certain + met)
    return [(index, chances[index]) for index in along if index in drawn]


def window(values: Sequence[float], start: int, k: int, generator: np.random.Generator) -> Drawn:
    """Draw the items of ranks `start` to `start + k` by ascending value; equal values are ranked at random.

    Of a group of t equal values of which r have a place, each is drawn with probability r/t.
    """
    shuffled = [int(index) for index in generator.permutation(len(values))]
    ranked = sorted(shuffled, key=lambda index: values[index])
    ascending = [values[index] for index in ranked]
    drawn: Drawn = []
    for index in ranked[start : start + k]:
        low = int(np.searchsorted(ascending, values[index], side="left"))
        high = int(np.searchsorted(ascending, values[index], side="right"))
        drawn.append((index, (min(high, start + k) - max(low, start)) / (high - low)))
    return drawn


def smallest(values: Sequence[float], k: int, generator: np.random.Generator) -> Drawn:
    """Draw the `k` items of smallest value, equal ones at random."""
    return window(values, 0, k, generator)
