"""The way from examples to updates by TRL, one slot after the other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from transformers import Trainer

from simulation.core.types import Update
from training.backends.borrowed import Borrowed, borrowed
from training.cohort.loop import Example, read, report
from training.cohort.updates import Material, Measure
from training.recipe import Given, Recipe

R = TypeVar("R", bound=Recipe)


def updates(
    settings: R,
    given: Given,
    material: Mapping[str, Material],
    trainer: Callable[[R, Borrowed, Sequence[Example], Any], Trainer],
    measure: Measure,
) -> dict[str, Update]:
    """Train and report every slot; `trainer` makes TRL's from the settings, the slot, its examples and a tokenizer."""
    model, found = given.model, {}
    for slot, mine in material.items():
        steps, metrics = 0, dict(mine.counts)
        if mine.examples:
            before = read(model, {slot: mine.examples}, settings)[slot]
            with borrowed(model, slot, given.generators[slot]) as lent:
                steps = lent.train(trainer(settings, lent, mine.examples, model.tokenizer))
            metrics |= measure(before, read(model, {slot: mine.examples}, settings)[slot])
        found[slot] = report(settings.name, model, slot, experiences=len(mine.examples), steps=steps, metrics=metrics)
    return found
