"""How far a teacher's verdicts can be trusted, answer by answer against the truth."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from simulation.measures.statistics import Interval, confusion_matrix, kappa, rogan_gladen, wilson
from simulation.store.turn_sums import SAME, JudgedAnswer


def errs(score: float, truth: float, *, graded: bool) -> bool:
    """Tell whether a teacher's score is wrong about an answer.

    Of an answer that is right or wrong it must say which: a score below 1, such as the share of tests that passed,
    calls it wrong. Of a graded one it must be the truth.
    """
    return abs(score - truth) > SAME if graded else (score >= 1.0) != (truth >= 1.0)


@dataclass(frozen=True, slots=True)
class ScoreSums:
    """What scores, and the truths beside them, add up to."""

    score: float = 0.0
    truth: float = 0.0
    distance: float = 0.0
    """Between the two, whichever is higher."""
    same: int = 0
    """How many scores are the truth."""

    def __add__(self, other: "ScoreSums") -> "ScoreSums":
        """Return the sums of both."""
        return ScoreSums(
            self.score + other.score,
            self.truth + other.truth,
            self.distance + other.distance,
            self.same + other.same,
        )

    @classmethod
    def of(cls, verdicts: Sequence[JudgedAnswer]) -> Self:
        """Return the sums of some verdicts."""
        distances = [abs(verdict.score - verdict.truth) for verdict in verdicts]
        return cls(
            sum(verdict.score for verdict in verdicts),
            sum(verdict.truth for verdict in verdicts),
            sum(distances),
            sum(distance <= SAME for distance in distances),
        )


@dataclass(slots=True)
class Reliability:
    """How often the teacher's verdict is the truth; an answer is right where its score is 1."""

    categories: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    """Counts by the category of the question. Rows: truly wrong, truly right. Columns: said wrong, said right."""
    sums: dict[str, ScoreSums] = field(default_factory=dict)
    """Of the scores, by the category of the question."""

    def take(self, verdicts: Sequence[JudgedAnswer]) -> None:
        """Count a turn's verdicts."""
        for category in sorted({verdict.category for verdict in verdicts}):
            in_category = [verdict for verdict in verdicts if verdict.category == category]
            truly_right = [int(verdict.truth >= 1.0) for verdict in in_category]
            called_right = [int(verdict.score >= 1.0) for verdict in in_category]
            self.add(category, confusion_matrix(truly_right, called_right), ScoreSums.of(in_category))

    @classmethod
    def of(cls, parts: Iterable[Self]) -> Self:
        """Return the verdicts of all parts together."""
        total = cls()
        for part in parts:
            for category, counts in part.categories.items():
                total.add(category, counts, part.sums[category])
        return total

    def add(self, category: str, counts: NDArray[np.int64], sums: ScoreSums) -> None:
        """Count verdicts of one category, given as a table of counts and the sums of their scores."""
        self.categories[category] = self.categories.get(category, 0) + counts
        self.sums[category] = self.sums.get(category, ScoreSums()) + sums

    def only(self, category: str) -> "Reliability":
        """Return the verdicts on one category."""
        return Reliability({category: self.categories[category]}, {category: self.sums[category]})

    @property
    def scores(self) -> ScoreSums:
        """The sums of all categories."""
        return sum(self.sums.values(), ScoreSums())

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

    def errs(self, *, graded: bool) -> bool:
        """Tell whether any verdict was not the truth."""
        return (self.scores.same if graded else self.agreed) < self.verdicts

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
