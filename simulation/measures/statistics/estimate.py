"""Estimates: a number with its interval, and the intervals of shares, means and paired differences."""

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Interval = tuple[float, float]


class Estimate(NamedTuple):
    """A number and the interval around it."""

    value: float
    low: float
    high: float

    @property
    def tells(self) -> bool:
        """Whether the interval excludes 0, so that the sign is known."""
        return self.low > 0 or self.high < 0


class Tested(NamedTuple):
    """An estimate of a difference with the two-sided p that it is 0."""

    value: float
    low: float
    high: float
    p: float

    def tells(self, p: float | None = None) -> bool:
        """Whether the sign is known at 5 %: p, or the adjusted p given, is below .05 and the interval excludes 0."""
        return (self.p if p is None else p) < 0.05 and (self.low > 0 or self.high < 0)


def normal_quantile(level: float) -> float:
    """Return how many standard deviations the central `level` of a normal distribution reaches."""
    return NormalDist().inv_cdf((1 + level) / 2)


def wilson(successes: float, n: int, level: float = 0.95) -> Interval:
    """Return the score interval of a share (Wilson 1927, JASA 22:209); without data it is all of [0, 1]."""
    if n == 0:
        return 0.0, 1.0
    z = normal_quantile(level)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(max(0.0, share * (1 - share)) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def mean_interval(values: ArrayLike, level: float = 0.95) -> Estimate:
    """Return the mean with its t interval; one value leaves it unbounded, as nothing is known of the spread."""
    sample = row_of(values)
    mean = float(sample.mean())
    if sample.size == 1:
        return Estimate(mean, -math.inf, math.inf)
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    half = float(stdtrit(sample.size - 1, (1 + level) / 2) * sample.std(ddof=1) / math.sqrt(sample.size))
    return Estimate(mean, mean - half, mean + half)


def interquartile_mean(values: ArrayLike, level: float = 0.95) -> Estimate:
    """Return the mean of the middle half, which one odd seed does not move, with its interval.

    The value is that of Agarwal et al. 2021 (arXiv 2108.13264, rliable): a quarter of the values, rounded down, is cut
    at each end. Their percentile bootstrap is too narrow for few seeds, so the interval is the trimmed t interval with
    winsorised variance (Yuen 1974, Biometrika 61:165): its degrees of freedom are the values kept less one.
    """
    ordered = np.sort(row_of(values))
    cut = ordered.size // 4
    middle_half = ordered[cut : ordered.size - cut]
    mean = float(middle_half.mean())
    if middle_half.size == 1:
        return Estimate(mean, -math.inf, math.inf)
    from scipy.special import stdtrit

    winsorised = np.clip(ordered, middle_half[0], middle_half[-1])
    squares = float(np.sum((winsorised - winsorised.mean()) ** 2))
    size = middle_half.size
    half = float(stdtrit(size - 1, (1 + level) / 2)) * math.sqrt(squares / (size * (size - 1)))
    return Estimate(mean, mean - half, mean + half)


def paired_difference(first: ArrayLike, second: ArrayLike, level: float = 0.95) -> Estimate:
    """Return the mean of second - first with its t interval, one pair a seed."""
    return mean_interval(differences_of(first, second), level)


def row_of(values: ArrayLike) -> NDArray[np.float64]:
    """Return the values as one row of numbers, at least one."""
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1 or sample.size == 0:
        raise ValueError(f"expected at least one number in a row, got an array of shape {sample.shape}")
    return sample


def differences_of(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """Return second - first, pair by pair."""
    before, after = row_of(first), row_of(second)
    if before.size != after.size:
        raise ValueError(f"pairs need as many first as second values, got {before.size} and {after.size}")
    return after - before
