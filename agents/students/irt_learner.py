"""Simulated students for studies of policies over hundreds of seeds: item response theory instead of a language model.

They answer, learn and forget by the rules of `surrogate/`, and play in every scenario whose questions have choices.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from agents.students.own_rule import OwnRule
from agents.surrogate.settings import IrtParameters
from agents.surrogate.student import SimulatedStudent
from simulation.core.registry import students
from simulation.core.types import Seat

if TYPE_CHECKING:
    from agents.surrogate.learner import SurrogateLearner


@students("irt_learner")
class IrtLearners(IrtParameters):
    """Simulated students in NumPy: an ability a skill answers by item response theory, learns by a rule and forgets."""

    count: Annotated[int, Field(ge=1, le=1000)] = 1
    """How many students one run seats; each draws its abilities from its seat's seed and number."""

    def answerer(self, seat: Seat) -> SimulatedStudent:
        """Return the student of a seat."""
        return SimulatedStudent(name=seat.name)

    def learner(self, seats: Sequence[Seat]) -> "SurrogateLearner":
        """Return the model of all seats."""
        from agents.surrogate.learner import SurrogateLearner

        return SurrogateLearner(seats, self)

    def trainer(self) -> OwnRule:
        """Return the rule by which these students learn."""
        return OwnRule("irt_learner")

    def fingerprint(self) -> Mapping[str, str]:
        """Return the version of the one library that computes besides NumPy."""
        return {"safetensors": version("safetensors")}
