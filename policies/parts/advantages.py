"""Group-normalised advantages: how far each answer's score lies from those it is compared with, in their spread.

A = (score - mean) / standard deviation over a group (Shao et al. 2024, arXiv 2402.03300, section 4.1.2). In the papers
a group is many answers to one question; a turn here asks a question once, so a group is the turn's answers under one
arm. With scores of 0 and 1 and a share m of right answers, the mean absolute advantage is 2 sqrt(m(1 - m)): as in the
papers it is greatest where half of the answers are right, and 0 where all or none are. It also counts differences
*between* the questions of an arm, which the papers' groups do not: an arm of very easy and very hard questions looks
learnable.
"""

from collections.abc import Sequence
from statistics import fmean, pstdev


def absolute_advantages(scores: Sequence[float]) -> list[float]:
    """Return |A| of each answer of a group; all 0 where all scores are equal."""
    spread = pstdev(scores)
    mean = fmean(scores)
    return [abs(score - mean) / spread if spread > 0 else 0.0 for score in scores]
