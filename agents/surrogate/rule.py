"""The rule by which simulated students learn, as the trainer that applies it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from agents.surrogate.learner import RULE, SurrogateLearner
from simulation.core.errors import ModelError
from simulation.core.roles import Learner, SampleJudge
from simulation.core.types import Experience, Update


@dataclass(frozen=True, slots=True)
class IrtRule:
    """A `Trainer` of simulated students, and of nobody else: it raises abilities instead of following gradients."""

    name: ClassVar[str] = RULE

    def update(
        self,
        model: Learner,
        batches: Mapping[str, Sequence[Experience]],
        mark: SampleJudge,
        *,
        turn: int,
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
        """Teach every slot of `batches`; nothing is sampled and nothing is drawn."""
        del mark, generators
        if not isinstance(model, SurrogateLearner):
            raise ModelError(
                f"the rule of irt_learner teaches simulated students, and {model.source} is none; name a trainer in "
                "learn.trainer"
            )
        return model.learn(batches, turn=turn)
