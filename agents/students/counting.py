"""Students who count what was taken after what: the baselines that every recommender is to be compared with.

They answer questions for the next items of a catalogue and learn by a rule of their own, from what the feedback says
was taken: of each experience the pairs of the texts before it with what was taken, and how often it was taken. Pairs
within a history are not counted anew, because each was an experience of its own, or never learned from.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from agents.counting.student import ListingStudent
from agents.students.own_rule import OwnRule
from simulation.core.registry import parameters, students
from simulation.core.types import Seat

if TYPE_CHECKING:
    from agents.counting.learner import CountingLearner
    from agents.counting.scoring import CoOccurring, Scoring

Places = Annotated[int, Field(ge=1, le=100)]


@parameters
class CountingParameters:
    """What all students who count share."""

    count: Annotated[int, Field(ge=1, le=256)] = 1
    """How many students one run seats."""
    texts: Annotated[int, Field(ge=1, le=10_000)] = 50
    """How many texts a ranking holds, where the catalogue has so many."""

    def answerer(self, seat: Seat) -> ListingStudent:
        """Return the student of a seat."""
        return ListingStudent(name=seat.name, texts=self.texts)

    def fingerprint(self) -> Mapping[str, str]:
        """Return the versions of what computes besides NumPy."""
        return {library: version(library) for library in ("safetensors", "scipy")}


def learner(seats: Sequence[Seat], scoring: "Scoring", source: str, *, repeats: bool = True) -> "CountingLearner":
    """Return the model of all seats."""
    from agents.counting.learner import CountingLearner

    return CountingLearner(seats, scoring, source, repeats=repeats)


@students("popularity")
class Popularity(CountingParameters):
    """Students who list what was taken most often, whatever the history."""

    repeats: bool = True
    """Whether what the history holds may be listed again; say no where nothing is taken twice."""

    def learner(self, seats: Sequence[Seat]) -> "CountingLearner":
        """Return the model of all seats."""
        from agents.counting.scoring import ByFrequency

        return learner(seats, ByFrequency(), "popularity", repeats=self.repeats)

    def trainer(self) -> OwnRule:
        """Return the rule by which these students learn."""
        return OwnRule("popularity")


@students("last_item")
class LastItem(CountingParameters):
    """Students who repeat the history, the newest item first, and then list what was taken most often."""

    last: Places = 10
    """How many of the newest items are repeated."""

    def learner(self, seats: Sequence[Seat]) -> "CountingLearner":
        """Return the model of all seats."""
        from agents.counting.scoring import Repeating

        return learner(seats, Repeating(last=self.last), "last_item")

    def trainer(self) -> OwnRule:
        """Return the rule by which these students learn."""
        return OwnRule("last_item")


@parameters
class PairParameters(CountingParameters):
    """What students share who count pairs."""

    window: Places = 3
    """How many places apart two items may be taken to be a pair, which weighs 1 over the places."""
    backward: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.5
    """What a pair weighs for the earlier item after the later one; 0 counts directed pairs alone, 1 both ways alike."""
    last: Places = 10
    """How many of the newest items score, the k-th newest 1/k."""
    repeats: bool = True
    """Whether what the history holds may be listed again; say no where nothing is taken twice."""

    def pairs(self) -> "CoOccurring":
        """Return how pairs score."""
        from agents.counting.scoring import CoOccurring

        return CoOccurring(distance=self.window, backward=self.backward, last=self.last)


@students("co_occurrence")
class CoOccurrence(PairParameters):
    """Students who list what was taken near the history's items: window co-occurrence, near pairs weighing more."""

    def learner(self, seats: Sequence[Seat]) -> "CountingLearner":
        """Return the model of all seats."""
        return learner(seats, self.pairs(), "co_occurrence", repeats=self.repeats)

    def trainer(self) -> OwnRule:
        """Return the rule by which these students learn."""
        return OwnRule("co_occurrence")


@students("transition_graph")
class TransitionGraph(PairParameters):
    """Students who list what was taken near the history's items, and what is like them by titles and tags."""

    neighbours: Annotated[int, Field(ge=1, le=10_000)] = 20
    """How many of the items likest an item are its neighbours."""
    likeness: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] = 2.0
    """How many pairs seen the likeness of equal texts weighs."""

    def learner(self, seats: Sequence[Seat]) -> "CountingLearner":
        """Return the model of all seats."""
        from agents.counting.scoring import Related

        scoring = Related(pairs=self.pairs(), neighbours=self.neighbours, likeness=self.likeness)
        return learner(seats, scoring, "transition_graph", repeats=self.repeats)

    def trainer(self) -> OwnRule:
        """Return the rule by which these students learn."""
        return OwnRule("transition_graph")
