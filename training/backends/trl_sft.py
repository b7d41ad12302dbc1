"""TRL's SFTTrainer behind our trainer role, one slot after the other."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from simulation.core.roles import Learner
from simulation.core.types import Experience, Update
from training.backends.borrowed import Borrowed, borrowed, rows
from training.cohort.loop import Example, read, report
from training.cohort.sft import demonstration_examples, imitation_metrics
from training.lessons import demonstrations

if TYPE_CHECKING:
    from training.sft import SFT

IGNORED = -100
"""The label of tokens that have no loss."""


def update(
    settings: "SFT",
    model: Learner,
    batches: Mapping[str, Sequence[Experience]],
    *,
    generators: Mapping[str, np.random.Generator],
) -> dict[str, Update]:
    """Train every slot on its demonstrations."""
    updates = {}
    for slot, experiences in batches.items():
        found, counts = demonstrations(experiences, right_answers=settings.right_answers)
        examples = {slot: demonstration_examples(model, found)}
        steps, metrics = 0, {}
        if found:
            before = read(model, examples, settings.recipe)[slot]
            with borrowed(model, slot, generators[slot]) as lent:
                steps = lent.train(sft_trainer(settings, lent, examples[slot], model.tokenizer))
            metrics = imitation_metrics(before, read(model, examples, settings.recipe)[slot])
        updates[slot] = report(
            settings.name,
            model,
            slot,
            experiences=len(found),
            steps=steps,
            metrics={**counts, **metrics},
        )
    return updates


def sft_trainer(settings: "SFT", lent: Borrowed, examples: Sequence[Example], tokenizer: Any) -> SFTTrainer:
    """Return TRL's trainer for these demonstrations."""
    trees = [example.tree for example in examples]
    return SFTTrainer(
        model=lent.peft_model,
        args=SFTConfig(
            **lent.arguments(settings.recipe), max_length=None, dataset_kwargs={"skip_prepare_dataset": True}
        ),
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
