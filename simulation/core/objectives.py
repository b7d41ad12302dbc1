"""What the gradient of a token's log-probability follows: its likelihood, or a loss that keeps answers diverse."""

from dataclasses import dataclass
from typing import Literal

ObjectiveName = Literal["cross_entropy", "gem_linear", "gem_logsigmoid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A loss of one token given the scores of the whole vocabulary, by name (see `agents/models/objectives.py`)."""

    name: ObjectiveName
    beta: float = 1.0
    """The temperature, above 0, of the distribution that GEM's losses draw towards the token; cross-entropy has 1."""

    def __post_init__(self) -> None:
        if not self.beta > 0:
            raise ValueError(f"an objective's beta is a temperature above 0, not {self.beta}")
        if self.name == "cross_entropy" and self.beta != 1:
            raise ValueError(f"cross_entropy has no beta, so {self.beta} would change nothing")


CROSS_ENTROPY = Objective(name="cross_entropy")
