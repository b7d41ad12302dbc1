"""TRL's SFTTrainer behind our trainer role, one slot after the other."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from simulation.core.objectives import CROSS_ENTROPY
from simulation.core.roles import Lendable
from simulation.core.types import Update
from training.cohort.losses import imitation_metrics
from training.lessons import Example, Examples
from training.recipe import Recipe
from training.trl.borrowed import Borrowed, rows
from training.trl.updates import update_slots

IGNORED = -100
"""The label of tokens that have no loss."""


class ObjectiveTrainer(SFTTrainer):
    """TRL's trainer with the loss of an objective, which is reported as cross-entropy."""

    def __init__(self, *arguments: Any, lender: Lendable, recipe: Recipe, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._lender = lender
        self._objective = recipe.objective

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Return the mean over the answers' tokens; TRL's own loss has only the log-probabilities of the targets."""
        labels_RL = inputs["labels"][:, 1:]
        outputs = model(**{name: value for name, value in inputs.items() if name != "labels"}, use_cache=False)
        taught_RL = labels_RL != IGNORED
        logits_NV = outputs.logits[:, :-1][taught_RL]
        logprob_N: Tensor = self._lender.target_logprobs(logits_NV.float(), labels_RL[taught_RL], self._objective)
        count = taught_RL.sum() if num_items_in_batch is None else num_items_in_batch
        loss = -logprob_N.sum() / count
        return (loss, outputs) if return_outputs else loss


def update(
    recipe: Recipe, model: Lendable, examples: Mapping[str, Examples], *, generators: Mapping[str, np.random.Generator]
) -> dict[str, Update]:
    """Train every slot on its demonstrations."""

    def trainer(recipe: Recipe, lent: Borrowed, examples: Sequence[Example], tokenizer: Any) -> SFTTrainer:
        return sft_trainer(recipe, lent, examples, tokenizer, model)

    return update_slots(recipe, model, examples, trainer, imitation_metrics, generators=generators)


def sft_trainer(
    recipe: Recipe, lent: Borrowed, examples: Sequence[Example], tokenizer: Any, lender: Lendable
) -> SFTTrainer:
    """Return TRL's trainer for these demonstrations; its own loss stands where it is the recipe's."""
    trees = [example.tree for example in examples]
    named: dict[str, Any] = {
        "model": lent.peft_model,
        "args": SFTConfig(**lent.arguments(recipe), max_length=None, dataset_kwargs={"skip_prepare_dataset": True}),
        "train_dataset": rows(
            [
                {
                    "input_ids": [*tree.prompt, *tree.branches[0]],
                    "labels": [*([IGNORED] * len(tree.prompt)), *tree.branches[0]],
                }
                for tree in trees
            ]
        ),
        "processing_class": tokenizer,
    }
    if recipe.objective == CROSS_ENTROPY:
        return SFTTrainer(**named)
    return ObjectiveTrainer(**named, lender=lender, recipe=recipe)
