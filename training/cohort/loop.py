"""The one training loop: every loss, every slot, each slot as it would train alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from simulation.core.errors import ModelError
from simulation.core.model_roles import Dropping, Recomputing
from simulation.core.objectives import Objective
from simulation.core.packing import size
from simulation.core.roles import Trainable
from simulation.core.types import LessonEffect, Update
from training.cohort.adamw import RowAdamW, scheduled_rate
from training.cohort.losses import Batch, Readings, lesson_effects
from training.cohort.passes import chosen, passes, read, read_beginnings, stack
from training.lessons import Example, Examples
from training.recipe import Recipe

Loss = Callable[[Batch], Tensor]
Reference = Literal["update", "beginning", "none"]
"""What a loss compares with: the student as the update finds it, as it began, or nothing."""
MeasureReadings = Callable[[Readings, Readings], dict[str, float]]
"""Returns what a trainer reports of a slot's readings before and after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What the steps of an update are taken on."""

    model: Trainable
    examples: Mapping[str, Sequence[Example]]
    before: Mapping[str, Readings]
    """Of the policy at the start of the update; none where nobody needs them."""
    references: Mapping[str, Readings]
    loss: Loss
    objective: Objective


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What became of one slot."""

    before: Readings | None
    after: Readings | None
    """None where no effects are wanted."""
    losses: tuple[float, ...]
    """One a step, before that step."""
    gradient_norms: tuple[float, ...]
    """One a step, before clipping; one that is not finite marks a step that was left out."""
    tokens: int
    """How many tokens gradients went through, those of prompts included, over all steps."""

    @property
    def steps(self) -> int:
        """How many steps were taken or left out."""
        return len(self.losses)

    def metrics(self) -> dict[str, float]:
        """Return the numbers that every trainer reports."""
        norms = np.asarray(self.gradient_norms)
        finite = np.isfinite(norms)
        metrics = {
            "loss_first": self.losses[0],
            "loss_last": self.losses[-1],
            "left_out_steps": float(np.sum(~finite)),
            "tokens": float(self.tokens),
        }
        if finite.any():
            metrics["gradient_norm"] = float(norms[finite].mean())
        return metrics


def update_slots(
    recipe: Recipe,
    model: Trainable,
    examples: Mapping[str, Examples],
    loss: Loss,
    measure: MeasureReadings,
    *,
    generators: Mapping[str, np.random.Generator],
    reference: Reference = "update",
) -> dict[str, Update]:
    """Train all slots together and report each; a slot without examples is reported with no steps.

    `reference` is the reference model: the student at the start of the update, or as it began; or the loss has none.
    """
    examples_by_slot = {slot: slot_examples.examples for slot, slot_examples in examples.items()}
    trained = train(model, examples_by_slot, loss, recipe, generators=generators, reference=reference)
    updates = {}
    for slot, slot_examples in examples.items():
        steps, metrics, effects = 0, dict(slot_examples.counts), tuple[LessonEffect, ...]()
        if slot in trained:
            outcome = trained[slot]
            steps = outcome.steps
            metrics |= outcome.metrics()
            if outcome.before is not None and outcome.after is not None:
                metrics |= measure(outcome.before, outcome.after)
                effects = lesson_effects(slot_examples.examples, outcome.before, outcome.after)
        count = len(slot_examples.examples)
        updates[slot] = report(
            recipe.name, model, slot, experiences=count, steps=steps, metrics=metrics, effects=effects
        )
    return updates


def report(
    trainer: str,
    model: Trainable,
    slot: str,
    *,
    experiences: int,
    steps: int,
    metrics: Mapping[str, float],
    effects: tuple[LessonEffect, ...] = (),
) -> Update:
    """Return what an update did; a metric that is not finite is left out and counted, since a trace cannot hold it."""
    reported = {name: value for name, value in metrics.items() if np.isfinite(value)}
    if len(reported) < len(metrics):
        reported["metrics_not_finite"] = float(len(metrics) - len(reported))
    return Update(
        trainer=trainer,
        experiences=experiences,
        steps=steps,
        model_version=model.version(slot),
        metrics=reported,
        effects=effects,
    )


def train(
    model: Trainable,
    examples: Mapping[str, Sequence[Example]],
    loss: Loss,
    recipe: Recipe,
    *,
    generators: Mapping[str, np.random.Generator],
    reference: Reference = "update",
) -> dict[str, Trained]:
    """Train every slot that has examples; a slot with fewer finishes earlier and is untouched from then on."""
    taught = {slot: examples[slot] for slot in model.slots if examples.get(slot)}
    if not taught:
        return {}
    material = prepared(model, taught, loss, recipe, reference)
    losses, norms = ({slot: list[float]() for slot in taught} for _ in range(2))
    optimiser = RowAdamW(model.adapters_SP, weight_decay=recipe.weight_decay, clip=recipe.clip)
    drops = {slot: generators[slot].spawn(1)[0] for slot in taught}  # which leaves the order of examples as it is
    streams = {slot: schedule(len(taught[slot]), recipe, generators[slot]) for slot in taught}
    with sparing(model, recipe):
        while picks := {slot: indices for slot in taught if (indices := next(streams[slot], None)) is not None}:
            with dropping(model, {slot: drops[slot] for slot in picks}):
                for slot, value in step_losses(material, picks, recipe.tokens_at_once).items():
                    losses[slot].append(value)
            rates = [rate(recipe, len(norms[slot]), len(taught[slot])) for slot in picks]
            for slot, norm in zip(picks, optimiser.step([*map(model.slots.index, picks)], rates), strict=True):
                norms[slot].append(norm)
    model.adapters_SP.grad = None
    model.touch([*taught])
    after = read(model, taught, recipe) if recipe.effects else {}
    return {
        slot: Trained(
            before=material.before.get(slot),
            after=after.get(slot),
            losses=tuple(losses[slot]),
            gradient_norms=tuple(norms[slot]),
            tokens=recipe.epochs * sum(size(example.tree) for example in taught[slot]),
        )
        for slot in taught
    }


def prepared(
    model: Trainable, examples: Mapping[str, Sequence[Example]], loss: Loss, recipe: Recipe, reference: Reference
) -> Material:
    """Return what an update is to take its steps on, having read the examples as far as its loss or effects need it."""
    before = read(model, examples, recipe) if reference != "none" or recipe.effects else {}
    references = read_beginnings(model, examples, recipe) if reference == "beginning" else before
    return Material(
        model=model, examples=examples, before=before, references=references, loss=loss, objective=recipe.objective
    )


def sparing(model: Trainable, recipe: Recipe) -> AbstractContextManager[None]:
    """Return what the steps of an update are taken in: with checkpointing, less is kept for their gradients."""
    if not recipe.checkpointing:
        return nullcontext()
    if not isinstance(model, Recomputing):
        raise ModelError(f"{model.source} cannot compute its blocks again; set learn.trainer.checkpointing to false")
    return model.recomputing()


def dropping(model: Trainable, generators: Mapping[str, np.random.Generator]) -> AbstractContextManager[None]:
    """Return what one step is taken in, with what is random in it drawn from each slot's generator."""
    return model.dropping(generators) if isinstance(model, Dropping) else nullcontext()


def schedule(size: int, recipe: Recipe, generator: np.random.Generator) -> Iterator[list[int]]:
    """Yield the examples of each step: every epoch a new order, the last batch of an epoch may be smaller."""
    for _ in range(recipe.epochs):
        order = generator.permutation(size).tolist()
        for first in range(0, size, recipe.batch_size):
            yield order[first : first + recipe.batch_size]


def rate(recipe: Recipe, step: int, size: int) -> float:
    """Return the learning rate at a step of an update on `size` examples, counted as `schedule` has them."""
    steps = recipe.epochs * -(-size // recipe.batch_size)
    return scheduled_rate(recipe.learning_rate, step, steps, warmup=recipe.warmup, decay=recipe.decay)


def step_losses(material: Material, picks: Mapping[str, Sequence[int]], most: int) -> dict[str, float]:
    """Leave the gradients of one step, added up over passes of `most` tokens, and return each slot's loss."""
    material.model.adapters_SP.grad = None
    lengths_by_slot = {slot: lengths(rows) for slot, rows in chosen(material.examples, picks).items()}
    losses = dict.fromkeys(picks, 0.0)
    for part in passes(material.examples, picks, most):
        for slot, value in backward(material, part, lengths_by_slot).items():
            losses[slot] += value
    return losses


def lengths(examples: Sequence[Example]) -> Tensor:
    """Return `lengths_BK`, the tokens of every branch, 0 where an example has fewer branches than others."""
    rows = [torch.tensor([*map(len, example.tree.branches)]) for example in examples]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)


def backward(
    material: Material, picks: Mapping[str, Sequence[int]], lengths_by_slot: Mapping[str, Tensor]
) -> dict[str, float]:
    """Add the gradients of a part of a step and return its share of each slot's loss."""
    batch = chosen(material.examples, picks)
    logprobs_SBKT, valid_SBKT = material.model.branch_logprobs(
        list(picks), [[example.tree for example in row] for row in batch.values()], material.objective
    )
    sampled_SBKT = laid_out(material.before, picks, logprobs_SBKT)
    apart = material.references is not material.before
    loss_S = material.loss(
        Batch(
            logprobs_SBKT=logprobs_SBKT,
            sampled_SBKT=sampled_SBKT,
            reference_SBKT=laid_out(material.references, picks, logprobs_SBKT) if apart else sampled_SBKT,
            valid_SBKT=valid_SBKT,
            advantages_SBKT=token_advantages(list(batch.values()), logprobs_SBKT),
            lengths_SBK=stack([lengths_by_slot[slot].unsqueeze(0) for slot in picks]).to(logprobs_SBKT.device),
        )
    )
    loss_S.sum().backward()  # type: ignore[no-untyped-call]  # torch leaves backward untyped
    return dict(zip(picks, loss_S.tolist(), strict=True))


def laid_out(readings: Mapping[str, Readings], picks: Mapping[str, Sequence[int]], logprobs_SBKT: Tensor) -> Tensor:
    """Return what was read of the examples picked, in the shape of `logprobs_SBKT`; 0 where nothing was read."""
    laid_SBKT = torch.zeros_like(logprobs_SBKT)
    for row, (slot, indices) in enumerate(picks.items()):
        if slot in readings:
            own_NKT = readings[slot].logprobs_NKT[list(indices), : logprobs_SBKT.shape[2], : logprobs_SBKT.shape[3]]
            laid_SBKT[row, : len(indices), : own_NKT.shape[1], : own_NKT.shape[2]] = own_NKT
    return laid_SBKT


def token_advantages(batch: Sequence[Sequence[Example]], logprobs_SBKT: Tensor) -> Tensor:
    """Return the advantage of every token of a batch, 0 where an example has none, in the shape of `logprobs_SBKT`."""
    advantages_SBKT = np.zeros(tuple(logprobs_SBKT.shape))
    for slot, examples in enumerate(batch):
        for place, example in enumerate(examples):
            for branch, values in enumerate(example.advantages):
                width = len(example.tree.branches[branch])
                advantages_SBKT[slot, place, branch, :width] = values
    return torch.from_numpy(advantages_SBKT).to(logprobs_SBKT)
