"""The rule by which students learn of themselves, as the trainer that applies it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from simulation.core.errors import ModelError
from simulation.core.roles import Learner, SampleJudge
from simulation.core.types import Experience, Update


@runtime_checkable
class RuledLearner(Learner, Protocol):
    """A learner that knows how its own slots learn."""

    def learn(
        self,
        batches: Mapping[str, Sequence[Experience]],
        *,
        turn: int,
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
        """Teach every slot of `batches` its lessons of this turn, each as it would learn alone."""
        ...


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A `Trainer` of the students of one kind, and of nobody else: their learner's source is its name."""

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
        """Let the learner teach every slot of `batches`; nothing is sampled or judged."""
        del mark
        if not isinstance(model, RuledLearner) or model.source != self.name:
            raise ModelError(
                f"the rule of {self.name} teaches its own students, and {model.source} is none of them; name a trainer "
                "in learn.trainer"
            )
        return model.learn(batches, turn=turn, generators=generators)
