"""Gives items their identifiers: residual codes of features, collisions repaired, codes written as tokens."""

from collections.abc import Sequence
from string import ascii_lowercase
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from environments.identifiers.clusters import (
    Floats,
    Places,
    checked,
    means,
    residual_levels,
    sizes_of,
    squared_distances,
)
from simulation.core.errors import DataError


class Repair(NamedTuple):
    """Codes after repair, and how many items shared theirs with another item before and still do."""

    codes_NL: Places
    collisions_before: int
    collisions_left: int


def identifiers(
    features_NF: npt.ArrayLike, levels: int = 3, size: int | Sequence[int] = 32, *, generator: np.random.Generator
) -> Repair:
    """Return RQ-KMeans codes with their collisions repaired: `semantic_ids`, then `repaired`."""
    codes_NL = semantic_ids(features_NF, levels, size, generator=generator)
    return repaired(codes_NL, features_NF, sizes_of(size, levels)[-1])


def semantic_ids(
    features_NF: npt.ArrayLike, levels: int = 3, size: int | Sequence[int] = 32, *, generator: np.random.Generator
) -> Places:
    """Return RQ-KMeans codes [N, L] in [0, size), coarse to fine; items may share theirs until `repaired`.

    `size` is that of every level, or of each: a finer level often needs fewer codes to tell few kinds apart.
    """
    return residual_levels(features_NF, levels, size, generator).codes_NL


def repaired(codes_NL: Places, features_NF: npt.ArrayLike, size: int) -> Repair:
    """Give items that share all codes different last codes, of `size`, by how well these fit the features.

    How well a code fits is the squared distance of the item's residual to the mean residual of that code's items.
    """
    residuals_NF = checked(features_NF, size).copy()
    _same_length(codes_NL, residuals_NF)
    blank_KF = np.full((max(size, int(codes_NL.max()) + 1), residuals_NF.shape[1]), np.nan)
    for codes_N in codes_NL[:, :-1].T:
        residuals_NF -= means(residuals_NF, codes_N, blank_KF)[codes_N]
    centres_KF = means(residuals_NF, codes_NL[:, -1], blank_KF[:size])
    unused = np.isnan(centres_KF[:, 0])
    costs_NK = squared_distances(residuals_NF, np.where(unused[:, None], 0.0, centres_KF))
    costs_NK[:, unused] = costs_NK.max() + 1.0  # a code that means nothing yet is as good as any other, but last
    return repaired_by_costs(codes_NL, costs_NK)


def repaired_by_costs(codes_NL: Places, costs_NK: Floats) -> Repair:
    """Give items that share all codes different last codes; `costs_NK` says how badly each last code fits an item.

    Of the items that share, the one that fits best (the first of equals) keeps its code; the others, best fitting
    first, take the nearest code that is free under their prefix. Where none is free an item keeps sharing its code.
    """
    _same_length(codes_NL, costs_NK)
    repaired_NL = codes_NL.copy()
    _, groups_N = np.unique(codes_NL[:, :-1], axis=0, return_inverse=True)
    for prefix in range(int(groups_N.max()) + 1):
        items = np.flatnonzero(groups_N.reshape(-1) == prefix)
        last = codes_NL[items, -1]
        if len(np.unique(last)) == len(items):
            continue
        by_fit = items[np.argsort(costs_NK[items, last], kind="stable")]
        keepers = dict(reversed([(int(codes_NL[item, -1]), int(item)) for item in by_fit]))
        free = np.ones(costs_NK.shape[1], dtype=bool)
        free[list(keepers)] = False
        for item in by_fit:
            if keepers[int(codes_NL[item, -1])] != item and free.any():
                nearest = int(np.where(free, costs_NK[item], np.inf).argmin())
                repaired_NL[item, -1], free[nearest] = nearest, False
    return Repair(repaired_NL, sharing(codes_NL), sharing(repaired_NL))


def sharing(codes_NL: Places) -> int:
    """Count the items whose codes another item has too."""
    _, counts = np.unique(codes_NL, axis=0, return_counts=True)
    return int(counts[counts > 1].sum())


def as_codes(codes_NL: npt.ArrayLike) -> tuple[tuple[str, ...], ...]:
    """Write codes as tokens, a letter a level: [[12, 3]] is (("<a_12>", "<b_3>"),)."""
    numbers_NL = np.asarray(codes_NL)
    if numbers_NL.ndim != 2 or numbers_NL.shape[1] > len(ascii_lowercase):
        raise DataError(f"codes of the shape {numbers_NL.shape} cannot be written; give items x at most 26 levels")
    return tuple(
        tuple(f"<{letter}_{code}>" for letter, code in zip(ascii_lowercase, row, strict=False))
        for row in numbers_NL.tolist()
    )


def _same_length(codes_NL: Places, rows: Sequence[object] | npt.NDArray[np.generic]) -> None:
    if codes_NL.ndim != 2 or len(codes_NL) != len(rows):
        raise DataError(f"codes of the shape {codes_NL.shape} do not belong to {len(rows)} items; give one row an item")
