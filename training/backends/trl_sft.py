"""TRL's SFTTrainer behind our trainer role, one slot after the other."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from simulation.core.types import Update
from training.backends.borrowed import Borrowed, rows
from training.backends.updates import updates
from training.cohort.loop import Example
from training.cohort.sft import demonstration_material, imitation_metrics
from training.recipe import Given

if TYPE_CHECKING:
    from training.sft import SFT

IGNORED = -100
"""The label of tokens that have no loss."""


def update(settings: "SFT", given: Given) -> dict[str, Update]:
    """Train every slot on its demonstrations."""
    material = {
        slot: demonstration_material(settings, given.model, experiences) for slot, experiences in given.batches.items()
    }
    return updates(settings, given, material, sft_trainer, imitation_metrics)


def sft_trainer(settings: "SFT", lent: Borrowed, examples: Sequence[Example], tokenizer: Any) -> SFTTrainer:
    """Return TRL's trainer for these demonstrations."""
    trees = [example.tree for example in examples]
    return SFTTrainer(
        model=lent.peft_model,
        args=SFTConfig(**lent.arguments(settings), max_length=None, dataset_kwargs={"skip_prepare_dataset": True}),
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
