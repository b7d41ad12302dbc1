"""Supervised fine-tuning: the student imitates the corrections of its wrong answers."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from simulation.core.registry import trainer
from simulation.core.roles import Learner, Marker
from simulation.core.types import Experience, Update
from training.recipe import Backend, Count, NotNegative, Positive, Recipe


@trainer("sft")
class SFT:
    """Raise the likelihood of the corrections, and if wished of the student's own right answers."""

    name: ClassVar[str]
    learning_rate: Positive = 1e-3
    batch_size: Count = 8
    """Answers a step."""
    epochs: Count = 2
    right_answers: bool = False
    """Whether answers judged right are imitated too."""
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
        """Train every slot on the demonstrations its experiences make."""
        if self.backend == "trl":
            from training.backends.trl_sft import update
        else:
            from training.cohort.sft import update
        return update(self, model, batches, generators=generators)
