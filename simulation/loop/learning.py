"""The fifth stage of a turn: the experience policies select and the trainers update, one batch for each trainer."""

import math
from functools import partial

from simulation.core.distinct import distinct
from simulation.core.errors import ModelError
from simulation.core.optional_roles import SelfTaught
from simulation.core.types import Experience, Selection, Update
from simulation.loop.asking import Failures, Picks, chosen, context
from simulation.loop.judging import StudentSampleJudge
from simulation.loop.world import World


def learn(world: World, turn: int, failures: Failures) -> list[tuple[tuple[Selection[Experience], ...], Update | None]]:
    """Let the experience policies select and the trainers update, one batch for each trainer."""
    lessons: list[tuple[Selection[Experience], ...]] = []
    for student in world.students:
        if turn % student.settings.learn_every or student.seat.name in failures:
            lessons.append(())
            continue
        k = len(student.memory) if student.settings.lessons is None else student.settings.lessons
        view = context(world, student, turn, "learn", Picks())
        select = partial(student.settings.learn.select, student.memory, k, view)
        lessons.append(chosen(student, select, failures))
    updates: dict[str, Update] = {}
    for trainer in distinct(student.settings.trainer for student in world.students):
        batches = {
            student.seat.name: [selection.item for selection in selected]
            for student, selected in zip(world.students, lessons, strict=True)
            if selected and student.settings.trainer == trainer
        }
        generators = {
            student.seat.name: student.stream(turn, "train")
            for student in world.students
            if student.seat.name in batches
        }
        if batches and isinstance(world.model, SelfTaught):
            updates.update(world.model.learn(batches, turn=turn, generators=generators))
        elif batches:
            updates.update(trainer.update(world.model, batches, StudentSampleJudge(world), generators=generators))
    failures.update({name: diverged for name, update in updates.items() if (diverged := divergence(update))})
    return [
        (selected, updates.get(student.seat.name)) for student, selected in zip(world.students, lessons, strict=True)
    ]


def divergence(update: Update) -> ModelError | None:
    """Return the error of an update whose loss is no number any more, or is said to have been none."""
    lost = [name for name, value in update.metrics.items() if name.startswith("loss") and not math.isfinite(value)]
    if not lost and not ("metrics_not_finite" in update.metrics and "loss_last" not in update.metrics):
        return None
    return ModelError(f"{update.trainer} diverged: its loss is not a finite number; lower learn.trainer.learning_rate")
