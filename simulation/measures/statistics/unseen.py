"""What questions that did not change leave open: without it an interval of equal values would be a point.

Equal values are no proof that others are equal too. Where none of Q questions departs from a value, the share that
does may still be as large as the upper end of Wilson's interval of 0 in Q (1927, JASA 22:209), z²/(Q + z²), and those
questions may lie anywhere between the bounds of the measure. So the mean reaches from where z² pseudo-questions at the
lower bound would draw it to where as many at the upper bound would. Of answers that are all right or all wrong this is
Wilson's interval itself; of pairs none of which changed it is the score interval of Tango (1998, Statistics in Medicine
17:891) at no discordant pair. Learned-Miller & Thomas (2019, arXiv 1905.06208) and Phan et al. (2021, ICML, "Towards
practical mean bounds for small samples") bound the mean with one pseudo-observation, at the bound in question; of equal
values theirs is that of Clopper & Pearson, a share of 1 - .025^(1/Q), which is nearly the same. Questions are counted,
not answers, as a question may change under all seeds alike. A whole seed that comes out otherwise is not foreseen.

The half answers that Agresti & Min (2005, Statistics in Medicine 24:729) add to each cell reach z/(Q + 2) where nothing
changed; of the changes of one direction that leave Q questions unchanged this covers 86 % (`benchmarks/graded.py`).
"""

import math

import numpy as np
from numpy.typing import NDArray

from simulation.measures.statistics.estimate import Interval, Tested, normal_quantile

FEW = 10
"""Graded questions that depart from the common value; fewer do not show how far others may. So of fewer questions than
these there is always room for what was not seen."""
ROUNDING = 1e-12
"""A difference up to this is none."""


def unseen(mean: float, questions: int, least: float = 0.0, level: float = 0.95) -> Interval:
    """Return how far the mean of a measure in [least, 1] may be where none of the questions departs from it."""
    weight = normal_quantile(level) ** 2
    total = questions + weight
    return (questions * mean + weight * least) / total, (questions * mean + weight) / total


def departing(values_SQ: NDArray[np.float64], common: float) -> int:
    """Return on how many questions any seed departs from the common value beyond rounding."""
    return int((np.abs(values_SQ - common) > ROUNDING).any(axis=0).sum())


def few_depart(values_SQ: NDArray[np.float64]) -> bool:
    """Return whether so few graded questions depart from the middle value that their spread is not to be trusted."""
    return departing(values_SQ, float(np.median(values_SQ))) < FEW


def with_unseen(test: Tested, differences_SQ: NDArray[np.float64], level: float, *, graded: bool) -> Tested:
    """Return the test with an interval that leaves room for questions of which none like it was seen.

    Right and wrong answers need it where none changed; graded ones where few differences depart from the common one,
    and then the p is that at which the wider interval touches 0. Graded differences lie in [-1, 1].
    """
    if not (few_depart(differences_SQ) if graded else departing(differences_SQ, 0.0) == 0):
        return test._replace(low=max(-1.0, test.low), high=min(1.0, test.high)) if graded else test
    questions = differences_SQ.shape[1]
    low, high = unseen(test.value, questions, -1.0, level)
    p = math.erfc(math.sqrt(questions * abs(test.value) / 2))
    return Tested(test.value, max(-1.0, min(test.low, low)), min(1.0, max(test.high, high)), max(test.p, p))
