"""The fifth stage of a turn: the experience policies select and the trainers update, one batch for each trainer."""

import math
from dataclasses import replace
from functools import partial

from simulation.contracts.boundary import named
from simulation.contracts.policies import guarded_picks
from simulation.contracts.trainer import guarded_updates
from simulation.core.distinct import distinct
from simulation.core.errors import ModelError
from simulation.core.types import Experience, LessonEffect, Selection, Update
from simulation.loop.asking import Failures, Picks, context, for_student
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
        policy = student.settings.learn
        select = partial(guarded_picks, "experience_policy", named(policy), policy, student.memory, k, view)
        lessons.append(for_student(student, select, failures) or ())
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
        if batches:
            parts = (named(trainer), trainer, world.model, batches, StudentSampleJudge(world))
            train = partial(guarded_updates, *parts, turn=turn, generators=generators)
            alone = [student for student in world.students if len(batches) == 1 and student.seat.name in batches]
            updates.update((for_student(alone[0], train, failures) or {}) if alone else train())
    failures.update({name: diverged for name, update in updates.items() if (diverged := divergence(update))})
    recorded = {name: recordable(update) for name, update in updates.items()}
    return [
        (selected, recorded.get(student.seat.name)) for student, selected in zip(world.students, lessons, strict=True)
    ]


def divergence(update: Update) -> ModelError | None:
    """Return the error of an update whose loss is no number any more, or is said to have been none."""
    lost = [name for name, value in update.metrics.items() if name.startswith("loss") and not math.isfinite(value)]
    if not lost and not ("metrics_not_finite" in update.metrics and "loss_last" not in update.metrics):
        return None
    return ModelError(f"{update.trainer} diverged: its loss is not a finite number; lower learn.trainer.learning_rate")


def recordable(update: Update) -> Update:
    """Return an update without the numbers that are none, which a trace cannot hold; of metrics they are counted."""
    lost = [name for name, value in update.metrics.items() if not math.isfinite(value)]
    effects = tuple(effect for effect in update.effects if is_finite(effect))
    if not lost and len(effects) == len(update.effects):
        return update
    # a loss that is lost takes the last one with it, so that a replay finds as well that the student diverged
    left_out = {*lost, *(["loss_last"] if any(name.startswith("loss") for name in lost) else [])}
    metrics = {name: value for name, value in update.metrics.items() if name not in left_out}
    if lost:
        metrics["metrics_not_finite"] = metrics.get("metrics_not_finite", 0.0) + len(lost)
    return replace(update, metrics=metrics, effects=effects)


def is_finite(effect: LessonEffect) -> bool:
    """Tell whether all that is said of a lesson are numbers."""
    logprobs = (effect.taught_before, effect.taught_after, effect.rejected_before, effect.rejected_after)
    return all(logprob is None or math.isfinite(logprob) for logprob in logprobs)
