"""Whole numbers, counted: how often each text was taken, and how often so many places after another."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agents.counting.windows import Window


class Tally:
    """How often what was taken, of a catalogue of V texts; equal however the windows were divided and ordered.

    A code is y where the text y was taken, and (d V + x) V + y where it was taken d places after x, d = 1, 2, ….
    """

    def __init__(self, size: int, codes: NDArray[np.int64] | None = None, counts: NDArray[np.int64] | None = None):
        self.size = size
        self.codes = np.zeros(0, dtype=np.int64) if codes is None else codes
        """All different, ascending."""
        self.counts = np.zeros(0, dtype=np.int64) if counts is None else counts
        """1 or more."""

    def add(self, learned: Sequence[Window], distance: int) -> None:
        """Count what was taken, and the pairs with each of the `distance` texts before it."""
        later = np.array([window.taken for window in learned], dtype=np.int64)
        columns = [later]
        for d in range(1, distance + 1):
            before = np.array([w.history[-d] if len(w.history) >= d else -1 for w in learned], dtype=np.int64)
            columns.append(((d * self.size + before) * self.size + later)[before >= 0])
        fresh, counts = np.unique(np.concatenate(columns), return_counts=True)
        codes, places = np.unique(np.concatenate([self.codes, fresh]), return_inverse=True)
        sums = np.zeros(len(codes), dtype=np.int64)
        np.add.at(sums, places, np.concatenate([self.counts, counts]))
        self.codes, self.counts = codes, sums

    def taken_V(self) -> NDArray[np.float64]:
        """Return how often each text was taken."""
        many = int(np.searchsorted(self.codes, self.size))
        taken_V = np.zeros(self.size)
        taken_V[self.codes[:many]] = self.counts[:many]
        return taken_V

    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return the distance, the earlier text, the later one and the count of every pair."""
        many = int(np.searchsorted(self.codes, self.size))
        rest, later = np.divmod(self.codes[many:], self.size)
        distance, earlier = np.divmod(rest, self.size)
        return distance, earlier, later, self.counts[many:].astype(np.float64)
