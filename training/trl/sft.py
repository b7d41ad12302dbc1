"""TRL's SFTTrainer behind our trainer role, one slot after the other."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from simulation.core.roles import Lendable
from simulation.core.types import Update
from training.cohort.losses import imitation_metrics
from training.lessons import Example, Examples
from training.recipe import Recipe
from training.trl.borrowed import Borrowed, rows
from training.trl.updates import update_slots

IGNORED = -100
"""The label of tokens that have no loss."""


def update(
    recipe: Recipe, model: Lendable, examples: Mapping[str, Examples], *, generators: Mapping[str, np.random.Generator]
) -> dict[str, Update]:
    """Train every slot on its demonstrations."""
    return update_slots(recipe, model, examples, sft_trainer, imitation_metrics, generators=generators)


def sft_trainer(recipe: Recipe, lent: Borrowed, examples: Sequence[Example], tokenizer: Any) -> SFTTrainer:
    """Return TRL's trainer for these demonstrations."""
    trees = [example.tree for example in examples]
    return SFTTrainer(
        model=lent.peft_model,
        args=SFTConfig(**lent.arguments(recipe), max_length=None, dataset_kwargs={"skip_prepare_dataset": True}),
        train_dataset=rows(
            [
                {
                    "input_ids": [*tree.prompt, *tree.branches[0]],
                    "labels": [*([IGNORED] * len(tree.prompt)), *tree.branches[0]],
                }
                for tree in trees
            ]
        ),
        processing_class=tokenizer,
    )
