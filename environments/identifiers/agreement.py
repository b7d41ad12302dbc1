"""How well groups of items, such as those that share a prefix, agree with what is taken together.

The share of pairs taken together that fall into one group is compared with that of pairs whose two items are drawn
apart, each as often as it is taken. Groups of any fineness are comparable by the excess over chance, which is Cohen's
kappa (Educ. Psychol. Meas. 1960) where the perfect value is 1.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from environments.identifiers.clusters import Floats, Places

_ROUNDING = 1e-9
"""So little room above chance is none: sums of weights are off by it where all items are one group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Of one way to group the items."""

    grouping: str
    """Such as "the first 2 codes"."""
    groups: int
    together: float
    """Share of the weighted pairs of different items taken together that fall into one group."""
    chance: float
    """The same of pairs drawn apart."""

    @property
    def lift(self) -> float:
        """How many times as many pairs as chance gives; not a number where chance gives none."""
        return self.together / self.chance if self.chance > 0.0 else float("nan")

    @property
    def excess(self) -> float:
        """What lies above chance, of all that could: 0 is chance, 1 every pair in one group."""
        return (self.together - self.chance) / (1.0 - self.chance) if self.chance < 1.0 - _ROUNDING else 0.0

    @classmethod
    def of(cls, grouping: str, keys: Sequence[Hashable], pairs_P2: Places, weights_P: Floats) -> Self | None:
        """Return the agreement of items grouped by equal keys, an item with None alone; None without pairs."""
        apart = pairs_P2[:, 0] != pairs_P2[:, 1]
        pairs, weights = pairs_P2[apart], weights_P[apart]
        if not len(pairs) or weights.sum() <= 0.0:
            return None
        numbers: dict[Hashable, int] = {}
        alone = [("alone", place) if key is None else key for place, key in enumerate(keys)]
        groups_N = np.array([numbers.setdefault(key, len(numbers)) for key in alone], dtype=np.int64)
        groups_P2 = groups_N[pairs]
        together = float(weights[groups_P2[:, 0] == groups_P2[:, 1]].sum() / weights.sum())
        same_group = _meeting(groups_P2, weights, len(numbers))
        same_item = _meeting(pairs, weights, len(keys))
        chance = (same_group - same_item) / (1.0 - same_item) if same_item < 1.0 else 0.0
        return cls(
            grouping=grouping, groups=len({key for key in keys if key is not None}), together=together,
            chance=max(chance, 0.0),
        )  # fmt: skip

    def __str__(self) -> str:
        """Write it as a report's line."""
        lift = "–" if self.lift != self.lift else f"{self.lift:.1f} x"
        return (
            f"{self.grouping} ({self.groups} groups): {self.together:.1%} of pairs taken together share it, "
            f"{self.chance:.1%} by chance ({lift}, excess {self.excess:.3f})"
        )


def _meeting(groups_P2: Places, weights_P: Floats, count: int) -> float:
    """Return how likely a first and a second member, drawn apart by their weights, are of one group."""
    first, second = (np.bincount(groups_P2[:, side], weights_P, minlength=count) for side in (0, 1))
    return float(first @ second / weights_P.sum() ** 2)
