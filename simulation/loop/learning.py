"""The fifth stage of a turn: the experience policies select and the trainers update, one batch for each trainer."""

import math
from functools import partial

from simulation.core.distinct import distinct
from simulation.core.errors import ModelError
from simulation.core.optional_roles import SelfTaught
from simulation.core.types import Experience, Selection, Update
from simulation.loop.asking import Asked, Failures, chosen, context
from simulation.loop.judging import Marking
from simulation.loop.world import World


def learn(world: World, turn: int, failures: Failures) -> list[tuple[tuple[Selection[Experience], ...], Update | None]]:
    """Let the experience policies select and the trainers update, one batch for each trainer."""
    lessons: list[tuple[Selection[Experience], ...]] = []
    for desk in world.desks:
        if turn % desk.plan.learn_every or desk.seat.name in failures:
            lessons.append(())
            continue
        k = len(desk.memory) if desk.plan.lessons is None else desk.plan.lessons
        select = partial(desk.plan.learn.select, desk.memory, k, context(world, desk, turn, "learn", Asked()))
        lessons.append(chosen(desk, select, failures))
    updates: dict[str, Update] = {}
    for trainer in distinct(desk.plan.trainer for desk in world.desks):
        batches = {
            desk.seat.name: [selection.item for selection in selected]
            for desk, selected in zip(world.desks, lessons, strict=True)
            if selected and desk.plan.trainer == trainer
        }
        generators = {desk.seat.name: desk.stream(turn, "train") for desk in world.desks if desk.seat.name in batches}
        if batches and isinstance(world.model, SelfTaught):
            updates.update(world.model.learn(batches, turn=turn, generators=generators))
        elif batches:
            updates.update(trainer.update(world.model, batches, Marking(world), generators=generators))
    failures.update({name: diverged for name, update in updates.items() if (diverged := divergence(update))})
    return [(selected, updates.get(desk.seat.name)) for desk, selected in zip(world.desks, lessons, strict=True)]


def divergence(update: Update) -> ModelError | None:
    """Return the error of an update whose loss is no number any more, or is said to have been none."""
    lost = [name for name, value in update.metrics.items() if name.startswith("loss") and not math.isfinite(value)]
    if not lost and not ("metrics_not_finite" in update.metrics and "loss_last" not in update.metrics):
        return None
    return ModelError(f"{update.trainer} diverged: its loss is not a finite number; lower learn.trainer.learning_rate")
