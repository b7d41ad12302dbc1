"""Learning curves in one number: the area under them, and their value at an equal budget.

Both are linear in the curve, so that they apply to accuracies [S, E] and, keeping the pairing by question, to the truth
of each held-out answer [S, E, Q]: axes are S seeds, E evaluations, Q questions.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


def area_under_curve(turns: Sequence[float], values: ArrayLike, axis: int = -1) -> NDArray[np.float64]:
    """Return the area under values measured at increasing turns, over its width: the mean height of the curve."""
    at_E, curve = np.asarray(turns, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if at_E.ndim != 1 or at_E.size < 2 or not (np.diff(at_E) > 0).all():
        raise ValueError(f"an area needs two or more increasing turns, got {list(turns)}")
    if curve.shape[axis] != at_E.size:
        raise ValueError(f"expected a value a turn, got {curve.shape[axis]} values for {at_E.size} turns")
    return np.asarray(np.trapezoid(curve, at_E, axis=axis) / (at_E[-1] - at_E[0]))


def common_budget(*spent: ArrayLike) -> float:
    """Return the largest budget that every run reached, from cumulative costs with evaluations last."""
    return min(float(np.asarray(costs, dtype=np.float64)[..., -1].min()) for costs in spent)


def at_budget(spent_SE: ArrayLike, values: ArrayLike, budget: float) -> NDArray[np.float64]:
    """Return each seed's values [S, E] or [S, E, Q] at a cumulative cost, interpolated between evaluations.

    Of evaluations at equal cost the last counts. A budget that a seed never came near is refused: nothing is
    extrapolated.
    """
    costs_SE, curves = np.asarray(spent_SE, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if costs_SE.ndim != 2 or curves.shape[:2] != costs_SE.shape:
        raise ValueError(f"expected costs [S, E] for values [S, E, ...], got {costs_SE.shape} and {curves.shape}")
    if not (np.diff(costs_SE, axis=1) >= 0).all():
        raise ValueError("cumulative costs must not fall from one evaluation to the next")
    if not (costs_SE[:, 0] <= budget).all() or not (budget <= costs_SE[:, -1]).all():
        low, high = costs_SE[:, 0].max(), costs_SE[:, -1].min()
        raise ValueError(f"the budget must lie where all seeds were measured, {low:g} to {high:g}, got {budget:g}")
    rows = np.arange(len(costs_SE))
    before = (costs_SE <= budget).sum(axis=1) - 1
    after = np.minimum(before + 1, costs_SE.shape[1] - 1)
    width = costs_SE[rows, after] - costs_SE[rows, before]
    share = np.divide(budget - costs_SE[rows, before], width, out=np.zeros(len(rows)), where=width > 0)
    share = share.reshape(-1, *[1] * (curves.ndim - 2))
    return np.asarray((1 - share) * curves[rows, before] + share * curves[rows, after])
