"""Direct preference optimisation: the correction is preferred to the student's wrong answer."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from simulation.core.registry import trainer
from simulation.core.roles import Learner, SampleJudge, Trainable, lendable, without_gradients
from simulation.core.types import Experience, Update
from training.lessons import pair_examples
from training.recipe import NotNegative, Positive, Recipe

if TYPE_CHECKING:
    from torch import Tensor

    from training.cohort.losses import Batch


@trainer("dpo")
class DPO(Recipe):
    """Prefer the judge's correction to the student's wrong answer (Rafailov et al. 2023, arXiv 2305.18290).

    The reference model is the student at the start of the update.
    """

    beta: Positive = 0.1
    """How strongly the student is held to what it was before the update."""
    nll_weight: NotNegative = 1.0
    """Weight of the likelihood of the corrections (Pang et al. 2024, arXiv 2404.19733); 0 is plain DPO."""

    def update(
        self,
        model: Learner,
        batches: Mapping[str, Sequence[Experience]],
        mark: SampleJudge,
        *,
        turn: int,
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
        """Train every slot on the pairs that its experiences make."""
        del mark, turn
        if not isinstance(model, Trainable):
            raise without_gradients(model, self.name)
        examples = {slot: pair_examples(model, experiences) for slot, experiences in batches.items()}
        if self.backend == "trl":
            from training.trl.dpo import update

            lent = lendable(model, self.name)
            return update(self, lent, examples, beta=self.beta, nll_weight=self.nll_weight, generators=generators)
        from training.cohort.loop import update_slots
        from training.cohort.losses import preference, preference_metrics

        def loss(batch: "Batch") -> "Tensor":
            return preference(
                batch.logprobs_SBKT,
                batch.reference_SBKT,
                batch.valid_SBKT,
                batch.lengths_SBK,
                beta=self.beta,
                nll_weight=self.nll_weight,
            )

        metrics = partial(preference_metrics, beta=self.beta)
        return update_slots(self, model, examples, loss, metrics, generators=generators)
