"""k-means whose clusters are all of one size, give or take one item: no code is rare and none is crowded.

Constrained k-means (Bradley, Bennett & Demiriz 2000, MSR-TR-2000-65, section 3): items are assigned at the least sum of
squared distances under which each code has floor(N/K) or ceil(N/K) items, then centres become means, until nothing
changes. Their linear program is solved as an assignment (Crouse, IEEE Trans. Aerosp. Electron. Syst. 2016, in SciPy):
each code offers floor(N/K) places that must be filled and, where N/K is broken, one more that may be.
"""

import numpy as np
import numpy.typing as npt

from environments.identifiers.clusters import Clusters, Floats, Places, checked, k_means, means, squared_distances
from simulation.core.errors import DataError

ROUNDS = 10
"""Most rounds; each solves an assignment of N items, which takes seconds for thousands."""


def balanced_codes(distances_NK: Floats) -> Places:
    """Return the codes of the least sum of distances under which every code has floor(N/K) or ceil(N/K) items."""
    from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

    count, size = distances_NK.shape
    if count < size:
        raise DataError(f"{count} items cannot fill {size} codes alike; give fewer codes")
    whole = count // size
    places = np.repeat(np.arange(size), whole)
    costs = distances_NK[:, places]
    if count % size:
        more = 1.0 + float(distances_NK.max() - distances_NK.min()) * 2.0  # dearer than any exchange of two items
        costs = np.concatenate([costs, distances_NK + more], axis=1)
        places = np.concatenate([places, np.arange(size)])
    items, chosen = linear_sum_assignment(costs)
    codes_N: Places = np.empty(count, dtype=np.int64)
    codes_N[items] = places[chosen]
    return codes_N


def balanced_k_means(
    features_NF: npt.ArrayLike, size: int, generator: np.random.Generator, *, rounds: int = ROUNDS
) -> Clusters:
    """Return clusters of floor(N/K) or ceil(N/K) items, begun from the centres of k-means."""
    points_NF = checked(features_NF, size)
    centres_KF = k_means(points_NF, size, generator).centres_KF
    codes_N: Places = np.full(len(points_NF), -1, dtype=np.int64)
    inertias: list[float] = []
    for _ in range(rounds):
        distances_NK = squared_distances(points_NF, centres_KF)
        nearest_N = balanced_codes(distances_NK)
        inertias.append(float(distances_NK[np.arange(len(points_NF)), nearest_N].sum()))
        if np.array_equal(nearest_N, codes_N):
            break
        codes_N = nearest_N
        centres_KF = means(points_NF, codes_N, centres_KF)
    return Clusters(codes_N, centres_KF, tuple(inertias))
