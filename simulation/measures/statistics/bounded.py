"""The mean of a measure in [0, 1] over seeds and questions, with an interval that stays inside and is never a point.

Truths hold a row a seed and a column a question. Right and wrong answers of one run have Wilson's interval and those of
more seeds the crossed one (`crossed.py`), cut at 0 and 1. Graded truths are skewed where they pile up at a bound, and a
symmetric interval then misses them on one side. So the half width h that the crossed analysis finds at the mean m is
taken to belong to a variance that is proportional to μ(1 - μ), as in the quasi-likelihood of fractional responses
(Papke & Wooldridge 1996, J. Applied Econometrics 11:619), and the score test is inverted as Wilson did:

    (m - μ)² = h² μ(1 - μ) / (m(1 - m))

This is Wilson's interval with the effective sample size z² m(1 - m)/h² in place of the number of answers, as it is
recommended for shares from clustered samples (Korn & Graubard 1998, Survey Methodology 24:193; Franco, Little, Louis &
Slud 2019, J. Survey Statistics and Methodology 7:334). Values that hardly vary leave room for what was not seen
(`unseen.py`). `benchmarks/graded.py` measures what all this covers.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.measures.statistics.crossed import analyse, table_of
from simulation.measures.statistics.estimate import Estimate, Interval, mean_interval, wilson
from simulation.measures.statistics.unseen import departing, few_depart, unseen


def bounded_mean(truths: ArrayLike, *, graded: bool, level: float = 0.95) -> Estimate:
    """Return the mean of truths in [0, 1], [seeds, questions] or [questions] of one run, with its interval.

    It speaks of other questions and, from two seeds on, of other seeds.
    """
    truths_SQ = truths_of(truths)
    seeds, questions = truths_SQ.shape
    mean = float(truths_SQ.mean())
    if seeds == 1 and not graded:
        return Estimate(mean, *wilson(float(truths_SQ.sum()), questions, level))
    half = half_width(truths_SQ, level)
    low, high = score_interval(mean, half) if graded else (max(0.0, mean - half), min(1.0, mean + half))
    if few_depart(truths_SQ) if graded else departing(truths_SQ, float(truths_SQ[0, 0])) == 0:
        least, most = unseen(mean, questions, level=level)
        low, high = min(low, least), max(high, most)
    return Estimate(mean, low, high)


def half_width(truths_SQ: NDArray[np.float64], level: float) -> float:
    """Return half the width of the interval that takes the mean to be normally distributed."""
    seeds, questions = truths_SQ.shape
    if seeds > 1 and questions > 1:
        return analyse(truths_SQ).half_width((1 - level) / 2)
    estimate = mean_interval(truths_SQ.ravel(), level)
    return estimate.high - estimate.value


def score_interval(mean: float, half: float) -> Interval:
    """Return the means in [0, 1] that the score test does not reject, by the half width found at the mean seen."""
    if math.isinf(half):
        return 0.0, 1.0
    variance = mean * (1 - mean)
    if half == 0.0 or variance <= 0.0:
        return mean, mean
    scale = half**2 / variance
    middle, reach = mean + scale / 2, math.sqrt(scale * variance + scale**2 / 4)
    return max(0.0, (middle - reach) / (1 + scale)), min(1.0, (middle + reach) / (1 + scale))


def truths_of(truths: ArrayLike) -> NDArray[np.float64]:
    """Return the truths as a table with a row a seed, or say why they are none."""
    table_SQ = table_of(np.atleast_2d(np.asarray(truths, dtype=np.float64)))
    if not ((table_SQ >= 0) & (table_SQ <= 1)).all():
        raise ValueError(f"truths must lie in 0 to 1, got {table_SQ.min():g} to {table_SQ.max():g}")
    return table_SQ
