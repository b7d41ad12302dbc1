"""The way from examples to updates by TRL, one slot after the other."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from transformers import Trainer

from simulation.core.roles import Lendable
from simulation.core.types import LessonEffect, Update
from training.cohort.loop import MeasureReadings, report
from training.cohort.losses import lesson_effects
from training.cohort.passes import read
from training.lessons import Examples
from training.recipe import Recipe
from training.trl.borrowed import borrowed
from training.trl.processes import processes


def update_slots(
    recipe: Recipe,
    model: Lendable,
    examples: Mapping[str, Examples],
    trainer: Callable[..., Trainer],
    measure: MeasureReadings,
    *,
    generators: Mapping[str, np.random.Generator],
) -> dict[str, Update]:
    """Train and report every slot, in every process of the run.

    `trainer` makes TRL's from a `Borrowed`, and `recipe`, `examples` and `tokenizer` by name; it can be pickled.
    """
    updates = {}
    for slot, slot_examples in examples.items():
        steps, metrics, effects = 0, dict(slot_examples.counts), tuple[LessonEffect, ...]()
        rows = slot_examples.examples
        if rows:
            before = read(model, {slot: rows}, recipe) if recipe.effects else {}
            with borrowed(model, slot, generators[slot]) as lent:
                steps = lent.train(partial(trainer, recipe=recipe, examples=rows, tokenizer=model.tokenizer))
            metrics |= processes()
            if recipe.effects:
                after = read(model, {slot: rows}, recipe)
                metrics |= measure(before[slot], after[slot])
                effects = lesson_effects(rows, before[slot], after[slot])
        updates[slot] = report(
            recipe.name, model, slot, experiences=len(rows), steps=steps, metrics=metrics, effects=effects
        )
    return updates
