"""Group relative policy optimisation: the student samples several answers and learns which were better."""

from typing import Annotated, Literal

from pydantic import Field

from simulation.core.registry import trainer
from simulation.core.types import Update
from training.recipe import Count, Given, NotNegative, Recipe


@trainer("grpo")
class GRPO(Recipe):
    """Sample answers, have them judged, and prefer those better than their group (Shao et al. 2024, arXiv 2402.03300).

    One group of samples a question and update, drawn at temperature 1 from the student as the update finds it; the
    reference model is that same student.
    """

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

    def train(self, given: Given) -> dict[str, Update]:
        """Train every slot on samples for the questions of its experiences."""
        if self.backend == "trl":
            from training.backends.trl_grpo import update
        else:
            from training.cohort.grpo import update
        return update(self, given)
