"""The way from examples to updates, whatever the loss."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from simulation.core.types import Update
from training.cohort.loop import Example, Loss, Readings, report, train
from training.recipe import Given, Recipe

Measure = Callable[[Readings, Readings], dict[str, float]]
"""Returns what a trainer reports of a slot's readings before and after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What one slot trains on."""

    examples: Sequence[Example]
    counts: Mapping[str, float]
    """What is reported of how they were made."""


def updates(
    settings: Recipe, given: Given, material: Mapping[str, Material], loss: Loss, measure: Measure
) -> dict[str, Update]:
    """Train all slots together and report each; a slot without examples is reported with no steps."""
    examples = {slot: mine.examples for slot, mine in material.items()}
    trained = train(given.model, examples, loss, settings, generators=given.generators)
    found = {}
    for slot, mine in material.items():
        steps, metrics = 0, dict(mine.counts)
        if slot in trained:
            after = trained[slot]
            steps = after.steps
            metrics |= after.metrics() | measure(after.before, after.after)
        found[slot] = report(
            settings.name, given.model, slot, experiences=len(mine.examples), steps=steps, metrics=metrics
        )
    return found
