"""Direct preference optimisation: the correction is preferred to the student's wrong answer."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from simulation.core.registry import trainer
from simulation.core.roles import Learner, Marker
from simulation.core.types import Experience, Update
from training.recipe import Backend, Count, NotNegative, Positive, Recipe


@trainer("dpo")
class DPO:
    """Prefer the judge's correction to the student's wrong answer (Rafailov et al. 2023, arXiv 2305.18290).

    The reference model is the student at the start of the update.
    """

    name: ClassVar[str]
    learning_rate: Positive = 1e-3
    batch_size: Count = 8
    """Pairs a step."""
    epochs: Count = 2
    beta: Positive = 0.1
    """How strongly the student is held to what it was before the update."""
    nll_weight: NotNegative = 1.0
    """Weight of the likelihood of the corrections (Pang et al. 2024, arXiv 2404.19733); 0 is plain DPO."""
    clip: Positive | None = 1.0
    weight_decay: NotNegative = 0.0
    backend: Backend = "cohort"
    tokens_at_once: Count = 2048

    @property
    def recipe(self) -> Recipe:
        """The part of the settings that every loss shares."""
        return Recipe(
            learning_rate=self.learning_rate,
            batch_size=self.batch_size,
            epochs=self.epochs,
            clip=self.clip,
            weight_decay=self.weight_decay,
            tokens_at_once=self.tokens_at_once,
        )

    def update(
        self,
        model: Learner,
        batches: Mapping[str, Sequence[Experience]],
        mark: Marker,  # noqa: ARG002  # the role's signature
        *,
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
        """Train every slot on the pairs its experiences make."""
        if self.backend == "trl":
            from training.backends.trl_dpo import update
        else:
            from training.cohort.dpo import update
        return update(self, model, batches, generators=generators)
