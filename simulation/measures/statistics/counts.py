"""Differences of two shares: of one run each on the same questions, and of published counts that nothing pairs."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.measures.statistics.estimate import Estimate, Tested, mean_interval, normal_quantile, row_of, wilson
from simulation.measures.statistics.significance import mcnemar, smallest_sign_flip_p
from simulation.measures.statistics.unseen import with_unseen


def unpaired_difference(
    first: float, first_questions: int, second: float, second_questions: int, level: float = 0.95
) -> Tested:
    """Return share second - share first of two counts without pairing, with its interval and p.

    The interval joins the two score intervals (Newcombe 1998, Statistics in Medicine 17:873, method 10), the p is that
    of the pooled score test (chi-squared without correction). A count may be a mean over evaluations of the same
    questions; both are then what they would be if the same answers were right each time, which is the widest.
    """
    for right, questions in ((first, first_questions), (second, second_questions)):
        if not 0 <= right <= questions or questions < 1:
            raise ValueError(f"expected a count between 0 and its number of questions, got {right} of {questions}")
    shares = first / first_questions, second / second_questions
    lows, highs = zip(wilson(first, first_questions, level), wilson(second, second_questions, level), strict=True)
    difference = shares[1] - shares[0]
    low = difference - math.hypot(shares[1] - lows[1], highs[0] - shares[0])
    high = difference + math.hypot(highs[1] - shares[1], shares[0] - lows[0])
    pooled = (first + second) / (first_questions + second_questions)
    variance = pooled * (1 - pooled) * (1 / first_questions + 1 / second_questions)
    p = 1.0 if variance == 0 else math.erfc(abs(difference) / math.sqrt(2 * variance))
    return Tested(difference, low, high, p)


def one_run_difference(differences: ArrayLike, level: float = 0.95, *, graded: bool = False) -> Tested:
    """Return the mean of paired differences of one run each, with an interval over other questions and a p.

    Differences of right and wrong (-1, 0, 1) have McNemar's exact p and the interval of Agresti & Min 2005 (Statistics
    in Medicine 24:729): half an answer is added to each cell of the two-by-two table. Others have those of the t test.
    Where no answer changed, and where `graded` ones all but agree, what was not seen counts (`unseen.py`).
    """
    sample = row_of(differences)
    gained, lost = int(np.sum(sample > 1e-12)), int(np.sum(sample < -1e-12))
    if np.isin(sample, (-1.0, 0.0, 1.0)).all():
        test = _matched_pairs(gained, lost, sample, level)
    else:
        test = _mean_test(mean_interval(sample, level), sample.size, gained + lost, level)
    return with_unseen(test, sample[None, :], level, graded=graded)


def _matched_pairs(gained: int, lost: int, sample: NDArray[np.float64], level: float) -> Tested:
    """Return McNemar's test with the interval of Agresti & Min."""
    questions = sample.size + 2
    middle = (gained - lost) / questions
    variance = (gained + lost + 1 - questions * middle**2) / questions**2
    half = normal_quantile(level) * math.sqrt(variance)
    low, high = max(-1.0, middle - half), min(1.0, middle + half)
    return Tested(float(sample.mean()), low, high, mcnemar(lost, gained))


def _mean_test(estimate: Estimate, questions: int, differing: int, level: float) -> Tested:
    """Return the t test that belongs to a t interval, with the floor of the sign flips."""
    half = estimate.high - estimate.value
    if questions == 1 or estimate.value == 0.0:
        return Tested(*estimate, 1.0)
    floor = smallest_sign_flip_p(differing)
    if half == 0.0:
        return Tested(*estimate, floor)
    from scipy.special import stdtr, stdtrit  # type: ignore[import-untyped]

    t = abs(estimate.value) * float(stdtrit(questions - 1, (1 + level) / 2)) / half
    return Tested(*estimate, max(floor, 2 * float(stdtr(questions - 1, -t))))
