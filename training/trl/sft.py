"""TRL's SFTTrainer behind our trainer role, one slot after the other."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from torch import Tensor
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from simulation.core.objectives import CROSS_ENTROPY, Objective
from simulation.core.ranks import world_size
from simulation.core.roles import Lendable
from simulation.core.types import Update
from training.cohort.losses import imitation_metrics
from training.lessons import Example, Examples
from training.recipe import Recipe
from training.trl.borrowed import Borrowed, rows
from training.trl.shares import SharingTrainer
from training.trl.updates import update_slots

TargetLogprobs = Callable[[Tensor, Tensor, Objective], Tensor]
IGNORED = -100
"""The label of tokens that have no loss."""


class SharingSFTTrainer(SharingTrainer, SFTTrainer):
    """TRL's trainer with its own loss."""


class ObjectiveTrainer(SharingSFTTrainer):
    """TRL's trainer with the loss of an objective, which is reported as cross-entropy."""

    def __init__(self, *arguments: Any, target_logprobs: TargetLogprobs, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._target_logprobs = target_logprobs

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Return the mean over the answers' tokens; TRL's own loss has only the log-probabilities of the targets."""
        labels_RL = inputs["labels"][:, 1:]
        outputs = model(**{name: value for name, value in inputs.items() if name != "labels"}, use_cache=False)
        taught_RL = labels_RL != IGNORED
        logits_NV = outputs.logits[:, :-1][taught_RL]
        logprob_N = self._target_logprobs(logits_NV.float(), labels_RL[taught_RL], self._recipe.objective)
        own_count = taught_RL.sum() * world_size()
        count = own_count if num_items_in_batch is None else num_items_in_batch  # of the tokens of all processes
        loss = -logprob_N.sum() / count * world_size()  # whose gradients are averaged
        return (loss, outputs) if return_outputs else loss


def update(
    recipe: Recipe, model: Lendable, examples: Mapping[str, Examples], *, generators: Mapping[str, np.random.Generator]
) -> dict[str, Update]:
    """Train every slot on its demonstrations."""
    trainer = partial(sft_trainer, target_logprobs=model.target_logprobs)
    return update_slots(recipe, model, examples, trainer, imitation_metrics, generators=generators)


def sft_trainer(
    lent: Borrowed, *, recipe: Recipe, examples: Sequence[Example], tokenizer: Any, target_logprobs: TargetLogprobs
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
        "recipe": recipe,
    }
    if recipe.objective == CROSS_ENTROPY:
        return SharingSFTTrainer(**named)
    return ObjectiveTrainer(**named, target_logprobs=target_logprobs)
