"""How right answers are at an equal difference among them: curves over temperatures, compared where they overlap.

A student that writes at several temperatures has a curve: the mean of a measure of rightness against that of a measure
of difference, a point a temperature. Two students are compared at equal difference, each seed by its own curve, which
runs through its points as a monotone cubic (Fritsch & Carlson 1980, SIAM J. Numer. Anal. 17:238): straight lines would
cut the corners of a bent curve by as much as what is compared. The height H of a curve is a smooth function of the
means of its points, so question q counts

    H + sum over points t of dH/dr_t (r_tq - r_t) + dH/dx_t (x_tq - x_t)

where r are rightness and x difference (the delta method). The mean of these values over questions is the height, and
they carry what is not known of it, to first order: of other questions the curve would lie a little higher or lower,
further to the left or to the right. So their differences by seed and question go into the same crossed analysis as any
others (`crossed`).

Axes: S seeds, T temperatures, Q questions, D differences at which curves are compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

STEPS = 9
"""At how many differences, evenly over what the curves have in common, two of them are compared."""
APART = 1e-9
"""Points of a curve that lie nearer than this in difference are one."""
NUDGE = 1e-3
"""By which share of the smallest step between two points a point is moved to see how a height follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """The curves of one label, one a seed."""

    right_STQ: Values
    """In [0, 1], like `different_STQ`."""
    different_STQ: Values

    @property
    def reach(self) -> tuple[float, float]:
        """The differences that every seed's curve reaches; the first is above the second where there are none."""
        means_ST = self.different_STQ.mean(axis=2)
        return float(means_ST.min(axis=1).max()), float(means_ST.max(axis=1).min())


def common_reach(curves: Sequence[Curves]) -> tuple[float, float] | None:
    """Return the lowest and the highest difference that all seeds of all curves reach; None where there is none."""
    lows, highs = zip(*(each.reach for each in curves), strict=True)
    low, high = max(lows), min(highs)
    return (low, high) if high - low > APART else None


def heights(curves: Curves, differences_D: Sequence[float] | Values) -> Values:
    """Return the rightness `[S, Q]` at these differences, mean over them; all must be within the curves' reach."""
    at_D = np.asarray(differences_D, dtype=np.float64)
    return np.stack(
        [
            height(right_TQ, different_TQ, at_D)
            for right_TQ, different_TQ in zip(curves.right_STQ, curves.different_STQ, strict=True)
        ]
    )


def height(right_TQ: Values, different_TQ: Values, at_D: Values) -> Values:
    """Return how each question counts for one seed's height at some differences, `[Q]`, mean over them."""
    right_TQ, different_TQ = in_order(right_TQ, different_TQ)
    means_2T = np.stack([right_TQ.mean(axis=1), different_TQ.mean(axis=1)])
    low, high = means_2T[1, 0], means_2T[1, -1]
    if not (low - APART <= at_D.min() and at_D.max() <= high + APART):
        raise ValueError(
            f"differences of {at_D.min():g} to {at_D.max():g} are outside of what was measured, {low:g} to {high:g}"
        )
    if means_2T.shape[1] == 1:
        only_Q: Values = right_TQ[0]
        return only_Q
    points_2TQ = np.stack([right_TQ, different_TQ])
    slopes_2T = gradient(means_2T, at_D)
    values_Q: Values = mean_height(means_2T, at_D) + np.einsum(
        "pt,ptq->q", slopes_2T, points_2TQ - means_2T[:, :, None]
    )
    return values_Q


def mean_height(points_2T: Values, at_D: Values) -> float:
    """Return the mean height at some differences of a curve through points, rightness above difference."""
    from scipy.interpolate import PchipInterpolator  # type: ignore[import-untyped]

    rights_T, differences_T = points_2T
    return float(PchipInterpolator(differences_T, rights_T)(at_D.clip(differences_T[0], differences_T[-1])).mean())


def gradient(points_2T: Values, at_D: Values) -> Values:
    """Return how the mean height moves with each coordinate of each point, `[2, T]`, by central differences."""
    slopes_2T = np.zeros_like(points_2T)
    step = NUDGE * float(np.diff(points_2T[1]).min())
    for place in np.ndindex(*points_2T.shape):
        up_2T, down_2T = points_2T.copy(), points_2T.copy()
        up_2T[place] += step
        down_2T[place] -= step
        slopes_2T[place] = (mean_height(up_2T, at_D) - mean_height(down_2T, at_D)) / (2 * step)
    return slopes_2T


def in_order(right_TQ: Values, different_TQ: Values) -> tuple[Values, Values]:
    """Return a curve's points by rising difference; those of equal difference are joined."""
    order = np.argsort(different_TQ.mean(axis=1), kind="stable")
    right_TQ, different_TQ = right_TQ[order], different_TQ[order]
    steps_T = np.diff(different_TQ.mean(axis=1), prepend=-np.inf) > APART
    starts = np.flatnonzero(steps_T)
    counts_T1 = np.diff(starts, append=len(steps_T))[:, None]
    return np.add.reduceat(right_TQ, starts) / counts_T1, np.add.reduceat(different_TQ, starts) / counts_T1


def temperature_at(temperatures_T: Sequence[float], different_TQ: Values, at: float) -> float:
    """Return the temperature at which one curve has a difference, straight between its points; NaN beyond them."""
    differences_T = different_TQ.mean(axis=1)
    order = np.argsort(differences_T, kind="stable")
    return float(
        np.interp(at, differences_T[order], np.asarray(temperatures_T, dtype=np.float64)[order], np.nan, np.nan)
    )
