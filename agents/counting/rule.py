"""The rule by which students who count learn, as the trainer that applies it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agents.counting.learner import CountingLearner
from simulation.core.errors import ModelError
from simulation.core.roles import Learner, SampleJudge
from simulation.core.types import Experience, Update


@dataclass(frozen=True, slots=True)
class CountingRule:
    """A `Trainer` of students who count, and of nobody else: it adds to their counts."""

    name: str

    def update(
        self,
        model: Learner,
        batches: Mapping[str, Sequence[Experience]],
        mark: SampleJudge,
        *,
        turn: int,
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
        """Count what every slot of `batches` was taught; nothing is sampled and nothing is drawn."""
        del mark, turn, generators
        if not isinstance(model, CountingLearner) or model.source != self.name:
            raise ModelError(
                f"the rule of {self.name} adds to counts, and {model.source} has none of its kind; name a trainer in "
                "learn.trainer"
            )
        return model.learn(batches)
