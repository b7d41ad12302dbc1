"""What a slot's counts of one catalogue have become for answering: a matrix, and a distribution over the texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.counting.scoring import Scoring
from agents.counting.tally import Tally
from agents.counting.windows import Texts
from simulation.core.catalogue import Catalogue

LITTLE = 1e-6
"""What all shares together weigh beside one pair that was counted."""


@dataclass(frozen=True, eq=False, slots=True)
class Prepared:
    """The distribution of `scoring.py` over the V texts of a catalogue."""

    following: Any
    """The matrix M (Any: SciPy is untyped)."""
    total_V: NDArray[np.float64]
    """The sum of each of its rows."""
    share_V: NDArray[np.float64]
    """How much of all that was taken each text was; sums to 1."""
    weights_K: NDArray[np.float64]
    """Of a history's newest text, the one before it, …."""
    repeats: bool
    """Whether a text of the history may be listed before all others."""

    def logprobs_QV(self, histories: Sequence[Sequence[int]]) -> NDArray[np.float64]:  # axes
        """Return the log-probability, nats, of every text after each history."""
        weights_QV = (self._weights(histories) @ self.following).toarray() + LITTLE * self.share_V
        if not self.repeats:
            seen_QV = self._seen(histories).toarray()
            weights_QV = np.where(seen_QV, LITTLE * LITTLE * self.share_V, weights_QV)
        logprobs_QV: NDArray[np.float64] = np.log(weights_QV / weights_QV.sum(axis=1, keepdims=True))
        return logprobs_QV

    def taught(self, histories: Sequence[Sequence[int]], taken_Q: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the log-probability, nats, of one text after each history, without those of all others."""
        weights_QV = self._weights(histories)
        into_QV = self.following.T.tocsr()[taken_Q]
        taken_weight_Q = row_sums(weights_QV.multiply(into_QV)) + LITTLE * self.share_V[taken_Q]
        total_Q = weights_QV @ self.total_V + LITTLE
        if not self.repeats:
            seen_QV = self._seen(histories)
            little_Q = LITTLE * (seen_QV @ self.share_V)
            total_Q += LITTLE * little_Q - row_sums((weights_QV @ self.following).multiply(seen_QV)) - little_Q
            is_seen_Q = np.asarray(seen_QV[np.arange(len(taken_Q)), taken_Q]).ravel()
            taken_weight_Q = np.where(is_seen_Q, LITTLE * LITTLE * self.share_V[taken_Q], taken_weight_Q)
        logprobs_Q: NDArray[np.float64] = np.log(taken_weight_Q / total_Q)
        return logprobs_Q

    def _weights(self, histories: Sequence[Sequence[int]]) -> Any:
        """Return how much each text of each history weighs, a row a history (Any: SciPy is untyped)."""
        from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

        newest = [history[: -len(self.weights_K) - 1 : -1] for history in histories]
        lengths = [len(places) for places in newest]
        columns = np.array([place for places in newest for place in places], dtype=np.int64)
        ages = np.concatenate([np.arange(length) for length in lengths] or [np.zeros(0, dtype=np.int64)])
        rows = np.repeat(np.arange(len(histories)), lengths)
        return csr_matrix((self.weights_K[ages], (rows, columns)), shape=(len(histories), len(self.share_V)))

    def _seen(self, histories: Sequence[Sequence[int]]) -> Any:
        """Return which texts each history holds, a row a history (Any: SciPy is untyped)."""
        from scipy.sparse import csr_matrix

        columns = np.array([place for history in histories for place in history], dtype=np.int64)
        rows = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
        ones = np.ones(len(columns), dtype=np.bool_)
        return csr_matrix((ones, (rows, columns)), shape=(len(histories), len(self.share_V)))


def prepared(scoring: Scoring, tally: Tally, texts: Texts, items: Catalogue, *, repeats: bool) -> Prepared:
    """Return what counts have become for answering."""
    following = scoring.matrix(tally, items)
    taken_V = tally.taken_V() + texts.order_V
    return Prepared(following, row_sums(following), taken_V / taken_V.sum(), scoring.weights_K(), repeats)


def row_sums(matrix: Any) -> NDArray[np.float64]:
    """Return the sum of each row of a sparse matrix (Any: SciPy is untyped)."""
    return np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel()
