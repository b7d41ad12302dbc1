"""Intervals and tests for accuracies and their differences: pure functions of numbers.

Every interval is a pair (low, high). scipy.stats takes about a second to import, so only what needs it does so.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Interval = tuple[float, float]
MOST_EXACT = 20
"""The longest list whose sign flips are all enumerated: 2^20 of them."""


class Estimate(NamedTuple):
    """A number and the interval around it."""

    value: float
    low: float
    high: float

    @property
    def tells(self) -> bool:
        """Whether the interval excludes 0, so that the sign is known."""
        return self.low > 0 or self.high < 0


def wilson(successes: float, n: int, level: float = 0.95) -> Interval:
    """Return the score interval of a share (Wilson 1927, JASA 22:209); without data it is all of [0, 1]."""
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(max(0.0, share * (1 - share)) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def mean_interval(values: ArrayLike, level: float = 0.95) -> Estimate:
    """Return the mean with its t interval; one value leaves it unbounded, as nothing is known of the spread."""
    sample = _sample(values)
    mean = float(sample.mean())
    if sample.size == 1:
        return Estimate(mean, -math.inf, math.inf)
    from scipy import stats  # type: ignore[import-untyped]

    half = float(stats.t.ppf((1 + level) / 2, sample.size - 1) * sample.std(ddof=1) / math.sqrt(sample.size))
    return Estimate(mean, mean - half, mean + half)


def paired_difference(first: ArrayLike, second: ArrayLike, level: float = 0.95) -> Estimate:
    """Return the mean of second - first with its t interval, one pair a seed."""
    return mean_interval(_differences(first, second), level)


def sign_flip(differences: ArrayLike, *, draws: int = 100_000, seed: int = 0) -> float:
    """Return the two-sided p of the sign-flip test that paired differences have mean 0.

    Exact up to 20 differences: the share of all 2^n sign patterns whose sum is at least as far from 0 as the one seen.
    Beyond that `draws` patterns are drawn, and the one seen is counted among them (Phipson & Smyth 2010).
    """
    sample = _sample(differences)
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
    return min(1.0, 2.0 / 2.0**seeds)


def mcnemar(lost: int, gained: int) -> float:
    """Return the exact two-sided p of McNemar's test: right to wrong and wrong to right are equally likely."""
    if lost + gained == 0:
        return 1.0
    from scipy import stats

    return float(stats.binomtest(gained, lost + gained, 0.5).pvalue)


def bootstrap(
    differences: Sequence[ArrayLike],
    *,
    generator: np.random.Generator,
    shared_questions: bool,
    level: float = 0.95,
    draws: int = 2000,
) -> Estimate:
    """Return the mean over seeds of the mean over questions, with its two-level percentile bootstrap interval.

    `differences` holds a row a seed. Seeds are drawn with replacement, then questions: anew within each drawn seed, or,
    where all seeds put the same questions, once for all of them (Owen 2007, "The pigeonhole bootstrap", arXiv
    0712.1111), because the luck of a question set is then common to the seeds. One row leaves only the questions.
    """
    rows = [_sample(row) for row in differences]
    if not rows:
        raise ValueError("a bootstrap needs at least one seed, got none")
    if shared_questions and len({row.size for row in rows}) > 1:
        raise ValueError(f"shared questions need rows of one length, got {sorted({row.size for row in rows})}")
    drawn_DS = generator.integers(0, len(rows), (draws, len(rows)))
    if shared_questions:
        means = _shared(np.stack(rows), drawn_DS, generator)
    else:
        means = np.array(
            [
                np.mean([rows[seed][generator.integers(0, rows[seed].size, rows[seed].size)].mean() for seed in seeds])
                for seeds in drawn_DS
            ]
        )
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(np.mean([row.mean() for row in rows])), float(low), float(high))


def _shared(
    values_SQ: NDArray[np.float64], drawn_DS: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.float64]:
    """Return the mean of each draw of seeds and questions, a few draws at a time to bound the memory."""
    questions = values_SQ.shape[1]
    step = max(1, 2_000_000 // values_SQ.size)
    means = []
    for start in range(0, len(drawn_DS), step):
        seeds_DS = drawn_DS[start : start + step]
        questions_DQ = generator.integers(0, questions, (len(seeds_DS), questions))
        means_DS = values_SQ[:, questions_DQ].mean(axis=2).T
        means.append(np.take_along_axis(means_DS, seeds_DS, axis=1).mean(axis=1))
    return np.concatenate(means)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p values adjusted for their number, in their order (Holm 1979)."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def confusion_matrix(truth: Sequence[int], said: Sequence[int], classes: int = 2) -> NDArray[np.int64]:
    """Return counts with a row for each true class and a column for each class said."""
    matrix = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(matrix, (np.asarray(truth, dtype=np.int64), np.asarray(said, dtype=np.int64)), 1)
    return matrix


def kappa(matrix: ArrayLike) -> float:
    """Return Cohen's kappa of a confusion matrix (Cohen 1960); NaN where chance alone explains full agreement."""
    counts = np.asarray(matrix, dtype=np.float64)
    total = counts.sum()
    if total == 0:
        return math.nan
    observed = float(np.trace(counts) / total)
    expected = float(counts.sum(axis=0) @ counts.sum(axis=1) / total**2)
    return math.nan if expected == 1.0 else (observed - expected) / (1 - expected)


def rogan_gladen(observed: float, sensitivity: float, specificity: float) -> float:
    """Return the true share behind a share observed by an imperfect judge, within [0, 1] (Rogan & Gladen 1978).

    NaN where the judge is no better than chance, so that what it observes says nothing.
    """
    informative = sensitivity + specificity - 1
    if not informative > 0:
        return math.nan
    return min(1.0, max(0.0, (observed + specificity - 1) / informative))


def _sample(values: ArrayLike) -> NDArray[np.float64]:
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1 or sample.size == 0:
        raise ValueError(f"expected at least one number in a row, got an array of shape {sample.shape}")
    return sample


def _differences(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    before, after = _sample(first), _sample(second)
    if before.size != after.size:
        raise ValueError(f"pairs need as many first as second values, got {before.size} and {after.size}")
    return after - before
