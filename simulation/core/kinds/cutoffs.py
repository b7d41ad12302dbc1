"""Measures of a ranked list from the rank of the one right item: hit rate and discounted gain at a cutoff."""

from collections.abc import Mapping

import numpy as np

from simulation.core.kinds.formula import Formula, Values


class AtMost(Formula, frozen=True, kw_only=True, tag="at_most"):
    """1 where a rank, counted from 1, is at most the cutoff; a rank of 0 says that the list lacks the item."""

    cutoff: int
    shared: str = ""
    """The name of the number of items among which a hit is divided; none where it is not."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the rank and, where hits are divided, of the number of sharers."""
        return (self.of, self.shared) if self.shared else (self.of,)

    def values(self, columns: Mapping[str, Values]) -> Values:
        """Return hits at the cutoff."""
        rank = columns[self.of]
        gains: Values = np.where((rank > 0) & (rank <= self.cutoff), self.gain(np.maximum(rank, 1.0)), 0.0)
        return gains / columns[self.shared] if self.shared else gains

    def gain(self, rank: Values) -> Values:
        """Return what an item at a rank counts."""
        return np.ones_like(rank)


class Discounted(AtMost, frozen=True, kw_only=True, tag="discounted"):
    """The normalised discounted cumulative gain at a cutoff where one item alone is right: 1 / log2(rank + 1).

    Järvelin and Kekäläinen (2002), "Cumulated gain-based evaluation of IR techniques", section 2.2, with the discount
    of Burges et al. (2005); the ideal list has the item first, so its gain is 1.
    """

    def gain(self, rank: Values) -> Values:
        """Return what an item at a rank counts."""
        discounted: Values = 1.0 / np.log2(rank + 1.0)
        return discounted
