"""Supervised fine-tuning: the student imitates the corrections of its wrong answers, or answers it once gave.

By cross-entropy, or by GEM's losses, which leave more probability to what else may be said (Li et al. 2025, arXiv
2408.16673).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import model_validator

from simulation.core.objectives import CROSS_ENTROPY, Objective, ObjectiveName
from simulation.core.registry import trainer
from simulation.core.roles import Learner, SampleJudge, Trainable, lendable, without_gradients
from simulation.core.types import Experience, Update
from training.lessons import Imitated, demonstration_examples
from training.recipe import Positive, Recipe

if TYPE_CHECKING:
    from torch import Tensor

    from training.cohort.losses import Batch


GEM_BETA = 0.7
"""The temperature of the published experiments."""


@trainer("sft")
class SFT(Recipe):
    """Raise the likelihood of corrections, of answers, or of both."""

    imitate: Imitated = "corrections"
    """The corrections of wrong answers; "both" adds the answers judged right; "answers" are those that were given,
    whatever their score, so that the experience policy alone decides."""
    prompts: bool = False
    """Whether prompts are learned as well, but for their first token: of a history, every item is then a lesson."""
    loss: ObjectiveName = "cross_entropy"
    """What a step descends: cross-entropy, or GEM with a linear or a log-sigmoid link, which draws the student no
    nearer to a token that is certain at temperature beta. Losses are reported as cross-entropy under all three."""
    beta: Positive | None = None
    """The temperature of GEM's losses, .7 unless set; at 1 `gem_linear` is cross-entropy, which itself has none."""

    @model_validator(mode="after")
    def _check_loss(self) -> Self:
        if self.loss == "cross_entropy" and self.beta is not None:
            raise ValueError(
                f"beta: {self.beta} is for GEM's losses; leave it out, or set loss to gem_linear or gem_logsigmoid"
            )
        return self

    @property
    def objective(self) -> Objective:  # type: ignore[override]  # here it depends on the fields
        """What the gradient of every token's log-probability follows."""
        if self.loss == "cross_entropy":
            return CROSS_ENTROPY
        return Objective(name=self.loss, beta=GEM_BETA if self.beta is None else self.beta)

    def update(
        self,
        model: Learner,
        batches: Mapping[str, Sequence[Experience]],
        mark: SampleJudge,
        *,
        turn: int,
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
        """Train every slot on the demonstrations that its experiences make."""
        del mark, turn
        if not isinstance(model, Trainable):
            raise without_gradients(model, self.name)
        examples = {
            slot: demonstration_examples(model, experiences, imitate=self.imitate, prompts=self.prompts)
            for slot, experiences in batches.items()
        }
        if self.backend == "trl":
            from training.trl.sft import update

            return update(self, lendable(model, self.name), examples, generators=generators)
        from training.cohort.loop import update_slots
        from training.cohort.losses import imitation_metrics, likelihood

        def loss(batch: "Batch") -> "Tensor":
            return likelihood(batch.logprobs_SBKT, batch.lengths_SBK)

        return update_slots(self, model, examples, loss, imitation_metrics, generators=generators, reference="none")
