"""What the report of a comparison found, read from its file: numbers, and the sentences that say them."""

import msgspec

from simulation.core.errors import StoreError
from simulation.core.questions import Measure
from simulation.measures.statistics import Estimate
from simulation.views.comparison_report import VERDICTS
from simulation.views.text import Scale
from simulation.views.web.catalog import Place
from simulation.views.web.wording import listed

MOST_SENTENCES = 30


class Mean(msgspec.Struct, frozen=True):
    """A mean with its interval."""

    value: float
    low: float
    high: float

    @property
    def estimate(self) -> Estimate:
        """The same as measures have it."""
        return Estimate(self.value, self.low, self.high)


class Pair(msgspec.Struct, frozen=True):
    """The verdict on two labels."""

    a: str
    b: str
    tells: bool
    text: str


class Way(msgspec.Struct, frozen=True):
    """A way to look at a measure: at the last turn, or at an equal budget."""

    measure: str
    """What is looked at, in words."""
    name: str
    """Of the measure."""
    means: dict[str, Mean]
    verdicts: list[Pair]
    warnings: list[str]
    graded: bool = False
    budget: str = ""

    @property
    def scale(self) -> Scale:
        """How its numbers are printed."""
        return Scale.of(Measure(name=self.name, graded=self.graded))


class Standing(msgspec.Struct, frozen=True):
    """How a label did by a measure."""

    label: str
    name: str
    first: Mean
    last: Mean
    rose: float
    fell: float
    curve: list[Mean] = []
    """At each evaluation; none where an older version reported."""


class Found(msgspec.Struct, frozen=True):
    """What a report found."""

    turns: list[int]
    seeds: list[int]
    spent: dict[str, dict[str, float]]
    """By cost and label, mean over seeds."""
    measures: list[Way]
    """The first is the one that counts; none where nothing can be compared."""
    standings: list[Standing]

    @property
    def own_standings(self) -> list[Standing]:
        """The standings by the measure that counts."""
        return [standing for standing in self.standings if self.measures and standing.name == self.measures[0].name]

    @property
    def budgets(self) -> list[Way]:
        """The measure that counts at equal budgets, of which those are left out that all spent alike."""
        return [way for way in self.measures if way.budget and way.name == self.measures[0].name]


def found(place: Place) -> Found | None:
    """Return what a comparison's report found, None before there is one; raises StoreError."""
    path = place.folder / VERDICTS
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Found)
    except (OSError, msgspec.DecodeError) as error:
        raise StoreError(f"{path} cannot be read ({error}); report the comparison again") from error


def verdict_sentences(numbers: Found | None) -> tuple[str, ...]:
    """Say which label is ahead and which are told apart, by the measure that counts."""
    if numbers is None or not numbers.measures:
        return ()
    way = numbers.measures[0]
    leader = max(way.means, key=lambda label: way.means[label].value)
    rivals = [
        pair.b if pair.a == leader else pair.a for pair in way.verdicts if leader in (pair.a, pair.b) and not pair.tells
    ]
    sure = f"cannot be told from {listed(rivals)}" if rivals else "is told apart from every other"
    lead = f"{leader} has the highest {way.measure}, {way.scale.number(way.means[leader].value)}, and {sure}."
    return (lead, *(pair.text for pair in way.verdicts[:MOST_SENTENCES]))


def budget_sentences(numbers: Found) -> tuple[str, ...]:
    """Say of each equal budget which labels are told apart at it."""
    sentences = []
    for way in numbers.budgets:
        decided = [pair.text for pair in way.verdicts if pair.tells][:MOST_SENTENCES]
        sentences.append(f"{way.measure}: {'; '.join(decided) if decided else 'no label is told from another'}.")
    return tuple(sentences)
