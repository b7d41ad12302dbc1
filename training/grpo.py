"""Group relative policy optimisation: the student samples several answers and learns which were better."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from simulation.core.registry import trainer
from simulation.core.roles import Learner, Marker
from simulation.core.types import Experience, Update
from training.recipe import Backend, Count, NotNegative, Positive, Recipe


@trainer("grpo")
class GRPO:
    """Sample answers, have them judged, and prefer those better than their group (Shao et al. 2024, arXiv 2402.03300).

    One group of samples a question and update, drawn at temperature 1 from the student as the update finds it; the
    reference model is that same student.
    """

    name: ClassVar[str]
    learning_rate: Positive = 1e-3
    batch_size: Count = 8
    """Groups a step."""
    epochs: Count = 2
    """Passes over the samples; they are drawn once an update."""
    samples: Annotated[int, Field(ge=2)] = 8
    """Answers a group."""
    max_tokens: Count = 16
    """The longest answer sampled, in tokens."""
    beta: NotNegative = 0.0
    """Weight of the divergence from the reference."""
    epsilon: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """How far an answer's probability may move before its gradient is cut."""
    normalisation: Literal["grpo", "dapo", "dr_grpo"] = "grpo"
    """How tokens are averaged: within answers, over all, or by `max_tokens`."""
    scale_rewards: bool = True
    """Whether advantages are divided by their group's standard deviation."""
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
        mark: Marker,
        *,
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
        """Train every slot on samples for the questions of its experiences."""
        if self.backend == "trl":
            from training.backends.trl_grpo import update
        else:
            from training.cohort.grpo import update
        return update(self, model, batches, mark, generators=generators)
