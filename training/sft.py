"""Supervised fine-tuning: the student imitates the corrections of its wrong answers, or answers it once gave."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from simulation.core.registry import trainer
from simulation.core.roles import Learner, SampleJudge, Trainable, lendable, without_gradients
from simulation.core.types import Experience, Update
from training.lessons import Imitated, demonstration_examples
from training.recipe import Recipe

if TYPE_CHECKING:
    from torch import Tensor

    from training.cohort.losses import Batch


@trainer("sft")
class SFT(Recipe):
    """Raise the likelihood of corrections, of answers, or of both."""

    imitate: Imitated = "corrections"
    """The corrections of wrong answers; "both" adds the answers judged right; "answers" are those that were given,
    whatever their score, so that the experience policy alone decides."""
    prompts: bool = False
    """Whether prompts are learned as well, but for their first token: of a history, every item is then a lesson."""

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
            return likelihood(batch.logprobs_SBKT, batch.valid_SBKT)

        return update_slots(self, model, examples, loss, imitation_metrics, generators=generators, reference="none")
