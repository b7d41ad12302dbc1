"""What an evaluation's answers add up to by category and by the reason of their truth."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

import numpy as np

from simulation.measures.methods import Values, ValueSums
from simulation.store.turn_sums import Marks, QuestionSheet


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
    least = len(sheet.categories) + 1
    totals = np.bincount(sheet.places, values, least).tolist()
    squares = np.bincount(sheet.places, values**2, least).tolist()
    counts = np.bincount(sheet.places, minlength=least).tolist()
    rows = zip(sheet.categories, totals, squares, counts, strict=False)  # behind the last are unknown questions
    return {name: ValueSums(*sums) for name, *sums in rows}


def by_reason(sheet: QuestionSheet, marks: Marks) -> dict[str, ReasonTally]:
    """Return how many answers had each reason; where the judge names none, it is what the alternative taken reveals.

    Of several answers to a question the first counts.
    """
    reasons = [
        reason or (reveals[choice] if choice is not None and choice < len(reveals) else "")
        for reason, choice, reveals in zip(marks.reasons, marks.choices, sheet.reveals, strict=True)
    ]
    names = sorted({*reasons} - {""})
    place_of = {name: place for place, name in enumerate(names)}
    places = np.array([place_of.get(reason, len(names)) for reason in reasons], dtype=np.int64)
    counts = np.bincount(places, minlength=len(names)).tolist()
    truths = np.bincount(places, marks.truths, len(names)).tolist()
    return {name: ReasonTally(counts[place], truths[place]) for place, name in enumerate(names)}
