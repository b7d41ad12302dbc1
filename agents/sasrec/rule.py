"""The rule by which students of SASRec learn, as the trainer that applies it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from agents.sasrec.learner import SASREC, SasrecLearner
from simulation.core.errors import ModelError
from simulation.core.roles import Learner, SampleJudge
from simulation.core.types import Experience, Update


@dataclass(frozen=True, slots=True)
class SasrecRule:
    """A `Trainer` of students of SASRec, and of nobody else: so many passes over the lessons, in steps of batches."""

    name: ClassVar[str] = SASREC

    def update(
        self,
        model: Learner,
        batches: Mapping[str, Sequence[Experience]],
        mark: SampleJudge,
        *,
        turn: int,
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
        """Teach every slot of `batches`; nothing is sampled or judged."""
        del mark, turn
        if not isinstance(model, SasrecLearner):
            raise ModelError(
                f"the rule of sasrec teaches its own networks, and {model.source} has none; name a trainer in "
                "learn.trainer"
            )
        return model.learn(batches, generators)
