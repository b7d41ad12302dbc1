"""DPO on a cohort: a pair is one tree with two branches, so that its prompt is computed once."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from torch import Tensor

from simulation.core.roles import Learner
from simulation.core.types import Experience, Update
from training.cohort.loop import Batch, Example, Readings
from training.cohort.losses import CHOSEN, REJECTED, margins, preference
from training.cohort.updates import Material, updates
from training.lessons import pairs
from training.recipe import Given

if TYPE_CHECKING:
    from training.dpo import DPO


def update(settings: "DPO", given: Given) -> dict[str, Update]:
    """Train every slot on its pairs."""

    def loss(batch: Batch) -> Tensor:
        return preference(
            batch.logprobs_SBKT,
            batch.reference_SBKT,
            batch.valid_SBKT,
            beta=settings.beta,
            nll_weight=settings.nll_weight,
        )

    material = {slot: pair_material(given.model, experiences) for slot, experiences in given.batches.items()}
    return updates(settings, given, material, loss, partial(preference_metrics, beta=settings.beta))


def pair_material(model: Learner, experiences: Sequence[Experience]) -> Material:
    """Return one tree a pair, the chosen answer first."""
    found, counts = pairs(experiences)
    examples = [Example(tree=model.encode(pair.prompt, (pair.chosen, pair.rejected))) for pair in found]
    return Material(examples=examples, counts=counts)


def preference_metrics(before: Readings, after: Readings, *, beta: float) -> dict[str, float]:
    """Return how the log-probabilities (nats, mean over pairs) and DPO's implicit rewards moved."""
    margin_N = beta * margins(after.logprobs_NKT, before.logprobs_NKT)
    return {
        "chosen_logprob_before": float(before.branch(CHOSEN).mean()),
        "chosen_logprob_after": float(after.branch(CHOSEN).mean()),
        "rejected_logprob_before": float(before.branch(REJECTED).mean()),
        "rejected_logprob_after": float(after.branch(REJECTED).mean()),
        "reward_margin": float(margin_N.mean()),
        "reward_accuracy": float((margin_N > 0).double().mean()),
    }
