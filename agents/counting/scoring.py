"""How counts become scores: each recommender weighs the last texts of a history, and has a matrix that follows them.

The score of a text y after a history whose newest text is x_1, the one before x_2, …:

    score(y) = Σ_k weight_k M[x_k, y]

and what it stands for is a distribution, in which how often y was taken decides between equals, and between those a
fixed random order u(y) in [0, 1) that depends on the text alone, never on the answer:

    share(y) = (taken(y) + u(y)) / Σ (taken + u)        p(y) = (score(y) + ε share(y)) / (Σ score + ε),  ε = 1e-6
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.counting.tally import Tally
from simulation.core.catalogue import Catalogue


class Scoring(Protocol):
    """What a counting recommender makes of its counts."""

    @property
    def distance(self) -> int:
        """How many places apart pairs are counted."""
        ...

    def weights_K(self) -> NDArray[np.float64]:
        """Return the weight of the newest text, the one before it, …, as many as have a part."""
        ...

    def matrix(self, tally: Tally, items: Catalogue) -> Any:
        """Return M as a sparse matrix in CSR form (Any: SciPy is untyped)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ByFrequency:
    """What was taken most often, whatever the history."""

    distance: ClassVar[int] = 0

    def weights_K(self) -> NDArray[np.float64]:
        """Return nothing."""
        return np.zeros(0)

    def matrix(self, tally: Tally, items: Catalogue) -> Any:
        """Return a matrix of zeros."""
        from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

        del items
        return csr_matrix((tally.size, tally.size))


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeating:
    """The history itself, the newest first: a text weighs more than all that are older together."""

    distance: ClassVar[int] = 0
    last: int

    def weights_K(self) -> NDArray[np.float64]:
        """Return 1, 1/2, 1/4, …."""
        return np.asarray(0.5 ** np.arange(self.last), dtype=np.float64)

    def matrix(self, tally: Tally, items: Catalogue) -> Any:
        """Return the identity."""
        from scipy.sparse import identity

        del items
        return identity(tally.size, format="csr")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoOccurring:
    """What was taken up to `distance` places after the history's texts; pairs in backward order weigh `backward`.

    M[x, y] = Σ_d (n_d(x, y) + backward n_d(y, x)) / d, where n_d counts how often y was taken d places after x.
    """

    distance: int
    backward: float
    last: int

    def weights_K(self) -> NDArray[np.float64]:
        """Return 1, 1/2, 1/3, …."""
        return 1.0 / np.arange(1, self.last + 1)

    def matrix(self, tally: Tally, items: Catalogue) -> Any:
        """Return the counts, those of far pairs divided by how far."""
        del items
        forward = by_distance(tally)
        return (forward + self.backward * forward.T).tocsr()


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """What was taken near the history's texts, and what is like them: a graph of transitions and of likeness.

    After Han et al. (2026), "An Embarrassingly Simple Graph Heuristic Reveals Shortcut-Solvable Benchmarks for
    Sequential Recommendation", arXiv 2605.07125, who find candidates over a few hops of transitions from the last one
    or two items and rank them by the likeness of features. Ours has one hop, along which counts and likeness add:
    M = M of `CoOccurring` + `likeness` L, where L[x, y] is the cosine of x and y (`likeness.py`), kept for the
    `neighbours` texts that are likest x. So likeness counts as `likeness` pairs seen beforehand would.
    The students' defaults were chosen on the validation windows of Office_Products, of which the prefixes were learned.
    """

    pairs: CoOccurring
    neighbours: int
    likeness: float

    @property
    def distance(self) -> int:
        """How many places apart pairs are counted."""
        return self.pairs.distance

    def weights_K(self) -> NDArray[np.float64]:
        """Return 1, 1/2, 1/3, …."""
        return self.pairs.weights_K()

    def matrix(self, tally: Tally, items: Catalogue) -> Any:
        """Return the counts, and what likeness adds."""
        from agents.counting.likeness import nearest

        return (self.pairs.matrix(tally, items) + self.likeness * nearest(items.name, self.neighbours)).tocsr()


def by_distance(tally: Tally) -> Any:
    """Return Σ_d n_d(x, y) / d as a sparse matrix (Any: SciPy is untyped)."""
    from scipy.sparse import csr_matrix

    distance, earlier, later, counts = tally.pairs()
    return csr_matrix((counts / distance, (earlier, later)), shape=(tally.size, tally.size))
