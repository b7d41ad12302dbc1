"""TRL's DPOTrainer behind our trainer role, one slot after the other."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from simulation.core.types import Update
from training.backends.borrowed import Borrowed, rows
from training.backends.updates import updates
from training.cohort.dpo import pair_material, preference_metrics
from training.cohort.loop import Example
from training.recipe import Given

if TYPE_CHECKING:
    from training.dpo import DPO


class TokenizedDPOTrainer(DPOTrainer):
    """A DPOTrainer that takes token ids as they are, so that it trains on the tokens the student is scored on."""

    def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
        return dataset


def update(settings: "DPO", given: Given) -> dict[str, Update]:
    """Train every slot on its pairs; the reference is the adapter at the start, which TRL copies itself."""
    material = {slot: pair_material(given.model, experiences) for slot, experiences in given.batches.items()}
    return updates(settings, given, material, dpo_trainer, partial(preference_metrics, beta=settings.beta))


def dpo_trainer(settings: "DPO", lent: Borrowed, examples: Sequence[Example], tokenizer: Any) -> DPOTrainer:
    """Return TRL's trainer for these pairs."""
    weights = {"sigmoid": 1.0, "sft": settings.nll_weight} if settings.nll_weight else {"sigmoid": 1.0}
    return TokenizedDPOTrainer(
        model=lent.peft_model,
        args=DPOConfig(
            **lent.arguments(settings),
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
