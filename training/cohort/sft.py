"""SFT on a cohort: a demonstration is a tree with one branch."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from simulation.core.roles import Learner
from simulation.core.types import Experience, Update
from training.cohort.loop import Batch, Example, Readings, Trained, report, train
from training.cohort.losses import likelihood
from training.lessons import Demonstration, demonstrations

if TYPE_CHECKING:
    from training.sft import SFT


def update(
    settings: "SFT",
    model: Learner,
    batches: Mapping[str, Sequence[Experience]],
    *,
    generators: Mapping[str, np.random.Generator],
) -> dict[str, Update]:
    """Train every slot on its demonstrations; a slot without any is reported with no steps."""

    def loss(batch: Batch) -> Tensor:
        return likelihood(batch.logprobs_SBKT, batch.valid_SBKT)

    made = {
        slot: demonstrations(experiences, right_answers=settings.right_answers) for slot, experiences in batches.items()
    }
    examples = {slot: demonstration_examples(model, found) for slot, (found, _) in made.items()}
    trained = train(model, examples, loss, settings.recipe, generators=generators)
    return {
        slot: report(
            settings.name,
            model,
            slot,
            experiences=len(found),
            steps=trained[slot].steps if slot in trained else 0,
            metrics={**counts, **(metrics(trained[slot]) if slot in trained else {})},
        )
        for slot, (found, counts) in made.items()
    }


def metrics(trained: Trained) -> dict[str, float]:
    """Return everything that is reported of a slot's update."""
    return {**trained.metrics(), **imitation_metrics(trained.before, trained.after)}


def demonstration_examples(model: Learner, found: Sequence[Demonstration]) -> list[Example]:
    """Return one tree a demonstration."""
    return [Example(tree=model.encode(each.prompt, (each.answer,))) for each in found]


def imitation_metrics(before: Readings, after: Readings) -> dict[str, float]:
    """Return how the log-probability of the demonstrations moved, nats, mean over answers."""
    return {
        "logprob_before": float(before.branch(0).mean()),
        "logprob_after": float(after.branch(0).mean()),
    }
