"""Students who learn by self-attention over the items of a history: SASRec (Kang & McAuley 2018, arXiv 1808.09781).

The learned baseline of a recommender: no text, no identifiers, an embedding an item. `agents/sasrec/network.py` says
what was changed.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from agents.counting.student import ListingStudent
from agents.sasrec.settings import SasrecParameters
from agents.students.own_rule import OwnRule
from simulation.core.registry import students
from simulation.core.types import Seat

if TYPE_CHECKING:
    from agents.sasrec.learner import SasrecLearner


@students("sasrec")
class Sasrec(SasrecParameters):
    """Students who list what self-attention over the history finds likeliest: SASRec, learned by a rule of its own."""

    count: Annotated[int, Field(ge=1, le=256)] = 1
    """How many students one run seats; each draws its weights from its seat's seed and number."""
    texts: Annotated[int, Field(ge=1, le=10_000)] = 50
    """How many texts a ranking holds, where the catalogue has so many."""

    def answerer(self, seat: Seat) -> ListingStudent:
        """Return the student of a seat."""
        return ListingStudent(name=seat.name, texts=self.texts)

    def learner(self, seats: Sequence[Seat]) -> "SasrecLearner":
        """Return the model of all seats."""
        from agents.sasrec.learner import SasrecLearner

        return SasrecLearner(seats, self)

    def trainer(self) -> OwnRule:
        """Return the rule by which these students learn."""
        return OwnRule("sasrec")

    def fingerprint(self) -> Mapping[str, str]:
        """Return what the weights rest on: library versions and threads."""
        import torch

        libraries = {library: version(library) for library in ("torch", "safetensors")}
        return {**libraries, "threads": str(torch.get_num_threads())}
