"""No training at all: the baseline of measured learning, and the only trainer for models behind an API."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from simulation.core.registry import trainer
from simulation.core.roles import Learner, SampleJudge
from simulation.core.types import Experience, Update


@trainer("none")
class NoTraining:
    """Leave the students as they are; what an update would have learned from stays on the trace."""

    name: ClassVar[str]

    def update(
        self,
        model: Learner,
        batches: Mapping[str, Sequence[Experience]],
        mark: SampleJudge,
        *,
        turn: int,
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
        """Change nothing."""
        del model, batches, mark, turn, generators
        return {}
