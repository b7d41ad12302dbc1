"""DPO on a cohort: a pair is one tree with two branches, so that its prompt is computed once."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from simulation.core.roles import Learner
from simulation.core.types import Experience, Update
from training.cohort.loop import Batch, Example, Readings, Trained, report, train
from training.cohort.losses import CHOSEN, REJECTED, margins, preference
from training.lessons import Pair, pairs

if TYPE_CHECKING:
    from training.dpo import DPO


def update(
    settings: "DPO",
    model: Learner,
    batches: Mapping[str, Sequence[Experience]],
    *,
    generators: Mapping[str, np.random.Generator],
) -> dict[str, Update]:
    """Train every slot on its pairs; a slot without any is reported with no steps."""

    def loss(batch: Batch) -> Tensor:
        return preference(
            batch.logprobs_SBKT,
            batch.reference_SBKT,
            batch.valid_SBKT,
            beta=settings.beta,
            nll_weight=settings.nll_weight,
        )

    made = {slot: pairs(experiences) for slot, experiences in batches.items()}
    examples = {slot: pair_examples(model, found) for slot, (found, _) in made.items()}
    trained = train(model, examples, loss, settings.recipe, generators=generators)
    return {
        slot: report(
            settings.name,
            model,
            slot,
            experiences=len(found),
            steps=trained[slot].steps if slot in trained else 0,
            metrics={**counts, **(metrics(trained[slot], settings.beta) if slot in trained else {})},
        )
        for slot, (found, counts) in made.items()
    }


def metrics(trained: Trained, beta: float) -> dict[str, float]:
    """Return everything that is reported of a slot's update."""
    return {**trained.metrics(), **preference_metrics(trained.before, trained.after, beta)}


def pair_examples(model: Learner, found: Sequence[Pair]) -> list[Example]:
    """Return one tree a pair, the chosen answer first."""
    return [Example(tree=model.encode(pair.prompt, (pair.chosen, pair.rejected))) for pair in found]


def preference_metrics(before: Readings, after: Readings, beta: float) -> dict[str, float]:
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
