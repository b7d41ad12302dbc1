"""The way from examples to updates by TRL, one slot after the other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from transformers import Trainer

from simulation.core.roles import Learner
from simulation.core.types import Update
from training.cohort.loop import Measure, read, report
from training.lessons import Example, Examples
from training.recipe import Recipe
from training.trl.borrowed import Borrowed, borrowed


def update_slots(
    recipe: Recipe,
    model: Learner,
    examples: Mapping[str, Examples],
    trainer: Callable[[Recipe, Borrowed, Sequence[Example], Any], Trainer],
    measure: Measure,
    *,
    generators: Mapping[str, np.random.Generator],
) -> dict[str, Update]:
    """Train and report every slot; `trainer` makes TRL's from the recipe, the slot, its examples and a tokenizer."""
    updates = {}
    for slot, slot_examples in examples.items():
        steps, metrics = 0, dict(slot_examples.counts)
        if slot_examples.examples:
            before = read(model, {slot: slot_examples.examples}, recipe)[slot]
            with borrowed(model, slot, generators[slot]) as lent:
                steps = lent.train(trainer(recipe, lent, slot_examples.examples, model.tokenizer))
            metrics |= measure(before, read(model, {slot: slot_examples.examples}, recipe)[slot])
        updates[slot] = report(
            recipe.name, model, slot, experiences=len(slot_examples.examples), steps=steps, metrics=metrics
        )
    return updates
