"""How probable it is that a run of one policy beats a run of another."""

import math

import numpy as np
from numpy.typing import ArrayLike

from simulation.measures.statistics.estimate import Estimate, differences_of, normal_quantile, row_of, wilson

NEAR = 1e-12
"""How close to the value its interval may end: at 0 and 1 the value itself solves the equation as well."""


def paired_improvement(first: ArrayLike, second: ArrayLike, level: float = 0.95) -> Estimate:
    """Return P(second > first) for one more seed: the share of seeds won, ties half, with its Wilson interval."""
    differences = differences_of(first, second)
    won = float(np.sum(differences > 0) + 0.5 * np.sum(differences == 0))
    return Estimate(won / differences.size, *wilson(won, differences.size, level))


def improvement(first: ArrayLike, second: ArrayLike, level: float = 0.95) -> Estimate:
    """Return P(second > first) of two independent runs: over all pairs of runs, ties half, as in rliable.

    The value is the Mann-Whitney statistic over its largest value (Agarwal et al. 2021, arXiv 2108.13264). Their
    percentile bootstrap ends in [1, 1] where the policies do not overlap, so the interval is the score interval of
    Newcombe 2006 (Statistics in Medicine 25:559, method 5), with Hanley & McNeil's variance at the bound.
    """
    before, after = row_of(first), row_of(second)
    pairs = after[:, None] - before[None, :]
    value = float(np.mean((pairs > 0) + 0.5 * (pairs == 0)))
    spare = (before.size + after.size) / 2 - 1
    z = normal_quantile(level)

    def gap(theta: float) -> float:
        shape = 1 + spare * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return abs(value - theta) - z * math.sqrt(max(0.0, theta * (1 - theta)) * shape / pairs.size)

    from scipy.optimize import brentq  # type: ignore[import-untyped]

    low = 0.0 if value == 0 else float(brentq(gap, 0.0, value - NEAR))
    high = 1.0 if value == 1 else float(brentq(gap, value + NEAR, 1.0))
    return Estimate(value, low, high)
