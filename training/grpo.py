"""Group relative policy optimisation: the student samples several answers and learns which were better."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from simulation.core.registry import trainer
from simulation.core.roles import Learner, SampleJudge, Trainable, lendable, without_gradients
from simulation.core.types import Experience, Update
from training.recipe import Count, NotNegative, Recipe

if TYPE_CHECKING:
    from torch import Tensor

    from training.cohort.losses import Batch


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

    def update(
        self,
        model: Learner,
        batches: Mapping[str, Sequence[Experience]],
        mark: SampleJudge,
        *,
        turn: int,
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
        """Train every slot on samples for the questions of its experiences."""
        from training.cohort.sampling import Grouping, group_examples

        del turn
        grouping = Grouping(samples=self.samples, max_tokens=self.max_tokens, scale_rewards=self.scale_rewards)
        if self.backend == "trl":
            from training.trl.grpo import update

            weights = {"beta": self.beta, "epsilon": self.epsilon, "loss_type": self.normalisation}
            lent = lendable(model, self.name)
            return update(self, lent, batches, mark, grouping, weights, generators=generators)
        from training.cohort.loop import update_slots
        from training.cohort.losses import divergence_metrics, group_relative

        def loss(batch: "Batch") -> "Tensor":
            return group_relative(
                batch.logprobs_SBKT,
                batch.reference_SBKT,
                batch.reference_SBKT,
                batch.valid_SBKT,
                batch.advantages_SBK,
                beta=self.beta,
                epsilon=self.epsilon,
                normalisation=self.normalisation,
                max_tokens=self.max_tokens,
            )

        if not isinstance(model, Trainable):
            raise without_gradients(model, self.name)
        examples = group_examples(model, batches, mark, grouping, generators=generators)
        return update_slots(self, model, examples, loss, divergence_metrics, generators=generators)
