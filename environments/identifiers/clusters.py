"""k-means and residual k-means in NumPy, equal bit for bit when repeated: RQ-KMeans, the codes of an item.

Seeded by greedy k-means++ (Arthur & Vassilvitskii, SODA 2007), descended by Lloyd (IEEE Trans. Inf. Theory 1982).
Level by level the residual is clustered: r_0 = x, c_l = argmin |r_l - e_l|, r_{l+1} = r_l - e_l[c_l] (residual
quantisation as in Lee et al. 2022, arXiv 2203.01941, eq. 1-2, with k-means codebooks). A code that no item takes is
moved to the item that fits worst.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulation.core.errors import DataError

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

ROUNDS = 50
"""Most rounds of Lloyd's descent; it ends before where no item changes its code."""


class Clusters(NamedTuple):
    """What k-means comes to."""

    codes_N: Places
    centres_KF: Floats
    inertias: tuple[float, ...]
    """Sums of squared distances to the nearest centre, one a round; they never rise."""


class Levels(NamedTuple):
    """What residual k-means comes to."""

    codes_NL: Places
    codebooks: tuple[Floats, ...]
    """The centres of each level, [K, F]; levels may have different numbers."""
    residuals_NF: Floats
    """What is left of the features after the last level."""


def squared_distances(points_NF: Floats, centres_KF: Floats) -> Floats:
    """Return |x - c|^2 of every point and centre [N, K], never below 0."""
    points = np.einsum("nf,nf->n", points_NF, points_NF)
    centres = np.einsum("kf,kf->k", centres_KF, centres_KF)
    distances_NK: Floats = points[:, None] - 2.0 * (points_NF @ centres_KF.T) + centres[None, :]
    return np.maximum(distances_NK, 0.0, out=distances_NK)


def sizes_of(size: int | Sequence[int], levels: int) -> tuple[int, ...]:
    """Return how many codes each level has; refuses another number of levels."""
    sizes = (size,) * levels if isinstance(size, int) else tuple(size)
    if len(sizes) != levels or min(sizes, default=0) < 1:
        raise DataError(
            f"identifiers of {levels} levels cannot have {list(sizes)} codes; give a number for each level, at least 1"
        )
    return sizes


def checked(features_NF: npt.ArrayLike, size: int) -> Floats:
    """Return features as float64; refuses what is no matrix, not finite, or asks for no code."""
    points_NF: Floats = np.asarray(features_NF, dtype=np.float64)
    if points_NF.ndim != 2 or 0 in points_NF.shape:
        raise DataError(f"features have the shape {points_NF.shape}; give one row of numbers an item")
    if not np.isfinite(points_NF).all():
        row = int(np.flatnonzero(~np.isfinite(points_NF).all(axis=1))[0])
        raise DataError(f"the features of item {row} are not finite; correct that row")
    if size < 1:
        raise DataError(f"{size} codes name nothing; give at least 1")
    return points_NF


def seeds(points_NF: Floats, size: int, generator: np.random.Generator) -> Floats:
    """Draw centres by greedy k-means++: of a few candidates drawn by distance, the one that lowers the sum most.

    Where there are fewer distinct points than centres, the first centre is repeated; no point takes a repetition.
    """
    count = len(points_NF)
    candidates = 2 + int(np.log(size))
    places = [int(generator.integers(count))]
    nearest_N = squared_distances(points_NF, points_NF[places])[:, 0]
    negligible = 1e-12 * max(float(np.einsum("nf,nf->", points_NF, points_NF)), 1e-300)
    while len(places) < size:
        summed_N = np.cumsum(nearest_N)
        draws = generator.random(candidates) * summed_N[-1]
        if summed_N[-1] <= negligible:
            places.append(places[0])
            continue
        tried = np.minimum(np.searchsorted(summed_N, draws, side="right"), count - 1)
        lowered_CN = np.minimum(squared_distances(points_NF, points_NF[tried]).T, nearest_N)
        best = int(lowered_CN.sum(axis=1).argmin())
        places.append(int(tried[best]))
        nearest_N = lowered_CN[best]
    return points_NF[places]


def means(points_NF: Floats, codes_N: Places, centres_KF: Floats) -> Floats:
    """Return the mean of every code's points; a code without points keeps its centre."""
    members_KN = (codes_N[None, :] == np.arange(len(centres_KF))[:, None]).astype(np.float64)
    counts_K = members_KN.sum(axis=1)
    sums_KF = members_KN @ points_NF
    return np.where(counts_K[:, None] > 0, sums_KF / np.maximum(counts_K, 1.0)[:, None], centres_KF)


def k_means(features_NF: npt.ArrayLike, size: int, generator: np.random.Generator, *, rounds: int = ROUNDS) -> Clusters:
    """Return `size` centres and the nearest of each point; ties go to the first centre."""
    points_NF = checked(features_NF, size)
    centres_KF = seeds(points_NF, size, generator)
    codes_N: Places = np.full(len(points_NF), -1, dtype=np.int64)
    inertias: list[float] = []
    for _ in range(rounds):
        distances_NK = squared_distances(points_NF, centres_KF)
        nearest_N = distances_NK.argmin(axis=1)
        inertias.append(float(distances_NK[np.arange(len(points_NF)), nearest_N].sum()))
        if np.array_equal(nearest_N, codes_N):
            break
        codes_N = nearest_N
        centres_KF = refilled(points_NF, codes_N, means(points_NF, codes_N, centres_KF))
    distances_NK = squared_distances(points_NF, centres_KF)
    return Clusters(distances_NK.argmin(axis=1), centres_KF, tuple(inertias))


def refilled(points_NF: Floats, codes_N: Places, centres_KF: Floats) -> Floats:
    """Move every centre without points onto the point that its own centre fits worst, each point once."""
    empty = np.flatnonzero(np.bincount(codes_N, minlength=len(centres_KF)) == 0)
    if not len(empty):
        return centres_KF
    residuals_NF = points_NF - centres_KF[codes_N]
    misfit_N = np.einsum("nf,nf->n", residuals_NF, residuals_NF)
    worst = np.argsort(-misfit_N, kind="stable")[: len(empty)]
    worst = worst[misfit_N[worst] > 0.0]
    moved_KF = centres_KF.copy()
    moved_KF[empty[: len(worst)]] = points_NF[worst]
    return moved_KF


Clustering = Callable[[Floats, int, np.random.Generator], Clusters]


def residual_levels(
    features_NF: npt.ArrayLike,
    levels: int,
    size: int | Sequence[int],
    generator: np.random.Generator,
    cluster: Clustering = k_means,
) -> Levels:
    """Cluster the features, then what each level leaves of them; `size` is that of every level, or of each."""
    sizes = sizes_of(size, levels)
    residuals_NF = checked(features_NF, min(sizes)).copy()
    codes, codebooks = [], []
    for level_size in sizes:
        clusters = cluster(residuals_NF, level_size, generator)
        residuals_NF = residuals_NF - clusters.centres_KF[clusters.codes_N]
        codes.append(clusters.codes_N)
        codebooks.append(clusters.centres_KF)
    return Levels(np.stack(codes, axis=1), tuple(codebooks), residuals_NF)
