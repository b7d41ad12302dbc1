"""What an evaluation's answers add up to by category and by the reason of their truth."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

from simulation.measures.methods import Values, ValueSums
from simulation.store.turn_sums import Marks, QuestionSheet, category_sums, reason_sums


@dataclass(frozen=True, slots=True)
class ReasonTally:
    """How many answers had a reason, and what their truths add up to."""

    answers: int = 0
    truth: float = 0.0

    def __add__(self, other: "ReasonTally") -> "ReasonTally":
        """Return the numbers of both."""
        return ReasonTally(self.answers + other.answers, self.truth + other.truth)

    @property
    def mean(self) -> float:
        """The mean truth."""
        return self.truth / self.answers if self.answers else 0.0


class Addable(Protocol):
    """What adds up."""

    def __add__(self, other: Self, /) -> Self: ...


A = TypeVar("A", bound=Addable)


def added(parts: Iterable[Mapping[str, A]]) -> dict[str, A]:
    """Add up what stands under the same name."""
    sums: dict[str, A] = {}
    for part in parts:
        for name, value in part.items():
            sums[name] = sums[name] + value if name in sums else value
    return sums


def by_category(sheet: QuestionSheet, values: Values) -> dict[str, ValueSums]:
    """Return the sums of the values of the questions of each category."""
    return {name: ValueSums(*sums) for name, sums in category_sums(sheet, values).items()}


def by_reason(sheet: QuestionSheet, marks: Marks) -> dict[str, ReasonTally]:
    """Return how many answers had each reason; where the judge names none, it is what the alternative taken reveals."""
    return {name: ReasonTally(*sums) for name, sums in reason_sums(sheet, marks).items()}
