"""TRL's DPOTrainer behind our trainer role, one slot after the other."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from simulation.core.ranks import world_size
from simulation.core.roles import Lendable
from simulation.core.types import Update
from training.cohort.losses import preference_metrics
from training.lessons import Example, Examples
from training.recipe import Recipe
from training.trl.borrowed import Borrowed, rows
from training.trl.processes import mean
from training.trl.shares import SharingTrainer
from training.trl.updates import update_slots


class TokenizedDPOTrainer(SharingTrainer, DPOTrainer):
    """A DPOTrainer that takes token ids as they are, so that it trains on the tokens the student is scored on."""

    def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
        return dataset

    def _compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool) -> Any:
        """Weigh the likelihood of a share by its tokens, so that the mean over the processes is that of the batch.

        TRL weighs the shares alike.
        """
        if world_size() == 1:
            return super()._compute_loss(model, inputs, return_outputs)  # type: ignore[no-untyped-call]
        chosen_BT, _ = inputs["completion_mask"].chunk(2, dim=0)
        tokens = chosen_BT[:, 1:].sum()
        weights = self.loss_weights
        self.loss_weights = [*weights[:1], *(weight * float(tokens / mean(tokens)) for weight in weights[1:])]
        try:
            return super()._compute_loss(model, inputs, return_outputs)  # type: ignore[no-untyped-call]
        finally:
            self.loss_weights = weights


def update(
    recipe: Recipe,
    model: Lendable,
    examples: Mapping[str, Examples],
    *,
    beta: float,
    nll_weight: float,
    generators: Mapping[str, np.random.Generator],
) -> dict[str, Update]:
    """Train every slot on its pairs; the reference is the adapter at the start, which TRL copies itself."""
    trainer = partial(dpo_trainer, beta=beta, nll_weight=nll_weight)
    metrics = partial(preference_metrics, beta=beta)
    return update_slots(recipe, model, examples, trainer, metrics, generators=generators)


def dpo_trainer(
    lent: Borrowed, *, recipe: Recipe, examples: Sequence[Example], tokenizer: Any, beta: float, nll_weight: float
) -> DPOTrainer:
    """Return TRL's trainer for these pairs."""
    weights = {"sigmoid": 1.0, "sft": nll_weight} if nll_weight else {"sigmoid": 1.0}
    return TokenizedDPOTrainer(
        model=lent.peft_model,
        args=DPOConfig(
            **lent.arguments(recipe),
            beta=beta,
            loss_type=list(weights),
            loss_weights=list(weights.values()),
            max_length=None,
            disable_dropout=False,  # of the base and the reference it is disabled all the same: `drop_no_more`
        ),
        train_dataset=rows(
            [
                {
                    "prompt_ids": list(example.tree.prompt),
                    "chosen_ids": list(example.tree.branches[0]),
                    "rejected_ids": list(example.tree.branches[1]),
                }
                for example in examples
            ]
        ),
        processing_class=tokenizer,
        recipe=recipe,
    )
