"""What feedback makes of answers that were called wrong: how many it mends, and how many that were right it spoils."""

from collections.abc import Iterable
from dataclasses import dataclass

from simulation.measures.statistics import Interval, wilson
from simulation.store.turn_sums import AnsweredAgain


@dataclass(frozen=True, slots=True)
class Mending:
    """Questions that were answered again, by the truth of the first answer and of the last; right is 1, less is wrong.

    Right answers are among them where the teacher called them wrong.
    """

    wrong: int = 0
    """How many were wrong at first."""
    mended: int = 0
    """How many of these were right at last."""
    right: int = 0
    """How many were right at first."""
    spoiled: int = 0
    """How many of these were wrong at last."""
    first: float = 0.0
    """The sum of the truths of the first answers."""
    last: float = 0.0
    """The sum of the truths of the last."""

    def __add__(self, other: "Mending") -> "Mending":
        """Return the counts of both."""
        return Mending(
            self.wrong + other.wrong,
            self.mended + other.mended,
            self.right + other.right,
            self.spoiled + other.spoiled,
            self.first + other.first,
            self.last + other.last,
        )

    @property
    def questions(self) -> int:
        """How many were answered again."""
        return self.wrong + self.right

    @property
    def share(self) -> float:
        """The share of wrong answers that were mended; 0 without any."""
        return self.mended / self.wrong if self.wrong else 0.0

    @property
    def interval(self) -> Interval:
        """The 95 % Wilson interval of this share."""
        return wilson(self.mended, self.wrong)


def mendings(answers: Iterable[AnsweredAgain]) -> dict[str, Mending]:
    """Count answers by the category of their question."""
    counts: dict[str, Mending] = {}
    for answer in answers:
        was_right, is_right = answer.first >= 1.0, answer.last >= 1.0
        own = Mending(
            int(not was_right),
            int(is_right and not was_right),
            int(was_right),
            int(was_right and not is_right),
            answer.first,
            answer.last,
        )
        counts[answer.category] = counts.get(answer.category, Mending()) + own
    return counts


def total(counts: Iterable[Mending]) -> Mending:
    """Return all counts together."""
    return sum(counts, Mending())
