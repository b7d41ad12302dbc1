"""How far a judge agrees with the truth."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


def confusion_matrix(truth: Sequence[int], verdict: Sequence[int], classes: int = 2) -> NDArray[np.int64]:
    """Return counts with a row for each true class and a column for each class said."""
    matrix = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(matrix, (np.asarray(truth, dtype=np.int64), np.asarray(verdict, dtype=np.int64)), 1)
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
