"""SFT on a cohort: a demonstration is a tree with one branch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from simulation.core.roles import Learner
from simulation.core.types import Experience, Update
from training.cohort.loop import Batch, Example, Readings
from training.cohort.losses import likelihood
from training.cohort.updates import Material, updates
from training.lessons import demonstrations
from training.recipe import Given

if TYPE_CHECKING:
    from training.sft import SFT


def update(settings: "SFT", given: Given) -> dict[str, Update]:
    """Train every slot on its demonstrations."""

    def loss(batch: Batch) -> Tensor:
        return likelihood(batch.logprobs_SBKT, batch.valid_SBKT)

    material = {
        slot: demonstration_material(settings, given.model, experiences) for slot, experiences in given.batches.items()
    }
    return updates(settings, given, material, loss, imitation_metrics)


def demonstration_material(settings: "SFT", model: Learner, experiences: Sequence[Experience]) -> Material:
    """Return one tree a demonstration."""
    found, counts = demonstrations(experiences, imitate=settings.imitate)
    examples = [Example(tree=model.encode(each.prompt, (each.answer,))) for each in found]
    return Material(examples=examples, counts=counts)


def imitation_metrics(before: Readings, after: Readings) -> dict[str, float]:
    """Return how the log-probability of the demonstrations moved, nats, mean over answers."""
    return {
        "logprob_before": float(before.branch(0).mean()),
        "logprob_after": float(after.branch(0).mean()),
    }
