"""How far a teacher's verdicts can be trusted, counted answer by answer against the truth."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from simulation.measures.statistics import Interval, confusion_matrix, kappa, rogan_gladen, wilson
from simulation.store.turn_sums import JudgedAnswer


@dataclass(slots=True)
class Reliability:
    """How often the teacher's verdict is the truth; an answer is right where its score is 1."""

    categories: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    """Counts by the category of the question. Rows: truly wrong, truly right. Columns: said wrong, said right."""

    def take(self, verdicts: Sequence[JudgedAnswer]) -> None:
        """Count a turn's verdicts."""
        for category in sorted({verdict.category for verdict in verdicts}):
            in_category = [verdict for verdict in verdicts if verdict.category == category]
            truly_right = [int(verdict.truth >= 1.0) for verdict in in_category]
            called_right = [int(verdict.score >= 1.0) for verdict in in_category]
            self._add(category, confusion_matrix(truly_right, called_right))

    @classmethod
    def of(cls, parts: Iterable[Self]) -> Self:
        """Return the verdicts of all parts together."""
        total = cls()
        for part in parts:
            for category, counts in part.categories.items():
                total._add(category, counts)
        return total

    def _add(self, category: str, counts: NDArray[np.int64]) -> None:
        self.categories[category] = self.categories.get(category, 0) + counts

    @property
    def matrix(self) -> NDArray[np.int64]:
        """The counts of all categories."""
        return sum(self.categories.values(), np.zeros((2, 2), dtype=np.int64))

    @property
    def verdicts(self) -> int:
        """How many were given."""
        return int(self.matrix.sum())

    @property
    def agreed(self) -> int:
        """How many were the truth."""
        return int(np.trace(self.matrix))

    @property
    def kappa(self) -> float:
        """Agreement beyond chance."""
        return kappa(self.matrix)

    @property
    def observed(self) -> float:
        """The share of the answers that the teacher calls right."""
        return float(self.matrix[:, 1].sum() / self.verdicts)

    def correct(self, observed: float) -> float:
        """Return the share of right answers behind an observed one, by these error rates; NaN where they do not tell.

        Of the very answers that the rates were counted on it gives back their truth; others show what it is worth.
        """
        (true_wrong, false_right), (false_wrong, true_right) = self.matrix.tolist()
        if not (true_wrong + false_right and false_wrong + true_right):
            return math.nan
        sensitivity, specificity = true_right / (true_right + false_wrong), true_wrong / (true_wrong + false_right)
        return rogan_gladen(observed, sensitivity, specificity)

    @property
    def agreement(self) -> Interval:
        """The 95 % Wilson interval of the share of true verdicts."""
        return wilson(self.agreed, self.verdicts)
