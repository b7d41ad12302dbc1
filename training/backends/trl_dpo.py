"""TRL's DPOTrainer behind our trainer role, one slot after the other."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from simulation.core.roles import Learner
from simulation.core.types import Experience, Update
from training.backends.borrowed import Borrowed, borrowed, rows
from training.cohort.dpo import pair_examples, preference_metrics
from training.cohort.loop import Example, read, report
from training.lessons import pairs

if TYPE_CHECKING:
    from training.dpo import DPO


class TokenizedDPOTrainer(DPOTrainer):
    """A DPOTrainer that takes token ids as they are, so that it trains on the tokens the student is scored on."""

    def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
        return dataset


def update(
    settings: "DPO",
    model: Learner,
    batches: Mapping[str, Sequence[Experience]],
    *,
    generators: Mapping[str, np.random.Generator],
) -> dict[str, Update]:
    """Train every slot on its pairs; the reference is the adapter at the start, which TRL copies itself."""
    updates = {}
    for slot, experiences in batches.items():
        found, counts = pairs(experiences)
        examples = {slot: pair_examples(model, found)}
        steps, metrics = 0, {}
        if found:
            before = read(model, examples, settings.recipe)[slot]
            with borrowed(model, slot, generators[slot]) as lent:
                steps = lent.train(dpo_trainer(settings, lent, examples[slot], model.tokenizer))
            metrics = preference_metrics(before, read(model, examples, settings.recipe)[slot], settings.beta)
        updates[slot] = report(
            settings.name,
            model,
            slot,
            experiences=len(found),
            steps=steps,
            metrics={**counts, **metrics},
        )
    return updates


def dpo_trainer(settings: "DPO", lent: Borrowed, examples: Sequence[Example], tokenizer: Any) -> DPOTrainer:
    """Return TRL's trainer for these pairs."""
    weights = {"sigmoid": 1.0, "sft": settings.nll_weight} if settings.nll_weight else {"sigmoid": 1.0}
    return TokenizedDPOTrainer(
        model=lent.peft_model,
        args=DPOConfig(
            **lent.arguments(settings.recipe),
            beta=settings.beta,
            loss_type=list(weights),
            loss_weights=list(weights.values()),
            max_length=None,
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
    )
