"""Tests of paired differences, and the adjustment of p values for their number."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from simulation.measures.statistics.estimate import row_of

MOST_EXACT = 20
"""The longest list whose sign flips are all enumerated: 2^20 of them."""


def sign_flip(differences: ArrayLike, *, draws: int = 100_000, seed: int = 0) -> float:
    """Return the two-sided p of the sign-flip test that paired differences have mean 0.

    Exact up to 20 differences: the share of all 2^n sign patterns whose sum is at least as far from 0 as the one seen.
    Beyond that `draws` patterns are drawn, and the one seen is counted among them (Phipson & Smyth 2010).
    """
    sample = row_of(differences)
    size = np.abs(sample)
    reach = abs(float(sample.sum())) - 1e-12 * float(size.sum())  # equal sums differ by rounding
    if sample.size <= MOST_EXACT:
        sums = np.zeros(1)
        for step in size:
            sums = np.concatenate([sums - step, sums + step])
        return float(np.mean(np.abs(sums) >= reach))
    generator = np.random.default_rng(seed)
    hits = 0
    for start in range(0, draws, 1000):
        signs = generator.integers(0, 2, (min(1000, draws - start), sample.size)) * 2 - 1
        hits += int(np.sum(np.abs(signs @ size) >= reach))
    return (1 + hits) / (1 + draws)


def smallest_sign_flip_p(seeds: int) -> float:
    """Return the smallest p that the sign-flip test can reach: 2 / 2^seeds, so 5 % needs six seeds."""
    return min(1.0, 2.0 ** (1 - seeds))


def mcnemar(lost: int, gained: int) -> float:
    """Return the exact two-sided p of McNemar's test: right to wrong and wrong to right are equally likely."""
    if abs(lost - gained) <= 1:
        return 1.0
    from scipy.special import bdtr  # type: ignore[import-untyped]  # scipy.stats takes a second to import

    return min(1.0, 2 * float(bdtr(min(lost, gained), lost + gained, 0.5)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p values adjusted for their number, in their order (Holm 1979)."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted
