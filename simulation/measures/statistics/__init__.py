"""Intervals and tests for measures in [0, 1] and their differences: pure functions of numbers.

Every interval is a pair (low, high). SciPy takes up to a second to import, so only what needs it does so.
"""

from simulation.measures.statistics.agreement import confusion_matrix, kappa, rogan_gladen
from simulation.measures.statistics.bounded import bounded_mean
from simulation.measures.statistics.counts import one_run_difference, unpaired_difference
from simulation.measures.statistics.crossed import Crossed, Variances, analyse, crossed_difference
from simulation.measures.statistics.curves import area_under_curve, at_budget, common_budget
from simulation.measures.statistics.estimate import (
    Estimate,
    Interval,
    Tested,
    interquartile_mean,
    mean_interval,
    paired_difference,
    wilson,
)
from simulation.measures.statistics.improvement import improvement, paired_improvement
from simulation.measures.statistics.resampling import bootstrap
from simulation.measures.statistics.significance import holm, mcnemar, sign_flip, smallest_sign_flip_p

__all__ = [
    "Crossed",
    "Estimate",
    "Interval",
    "Tested",
    "Variances",
    "analyse",
    "area_under_curve",
    "at_budget",
    "bootstrap",
    "bounded_mean",
    "common_budget",
    "confusion_matrix",
    "crossed_difference",
    "holm",
    "improvement",
    "interquartile_mean",
    "kappa",
    "mcnemar",
    "mean_interval",
    "one_run_difference",
    "paired_difference",
    "paired_improvement",
    "rogan_gladen",
    "sign_flip",
    "smallest_sign_flip_p",
    "unpaired_difference",
    "wilson",
]
