"""One turn of the loop, over all students at once: ask, answer, judge, remember, learn, evaluate.

Read it from the bottom: `loop` is the loop; each stage above it is one batch over every desk.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from simulation.core.abilities import SelfTaught
from simulation.core.answering import answer, own, practise
from simulation.core.asking import Asked, Failures, ask, chosen, context, seen
from simulation.core.errors import ModelError, SimulationError
from simulation.core.outcomes import evaluation, experienced
from simulation.core.roles import Judge
from simulation.core.seeding import draw_seeds
from simulation.core.types import (
    Answer,
    Completion,
    Evaluation,
    Experience,
    Feedback,
    Question,
    Selection,
    Turn,
    Update,
)
from simulation.core.world import Desk, Plan, World

T = TypeVar("T")
LONGEST_FAILURE = 500

__all__ = ["Desk", "Plan", "World", "first_look", "play_turn"]


def judge(
    world: World,
    judges: Sequence[Judge],
    asked: Sequence[Sequence[Question]],
    answers: Sequence[Sequence[Answer]],
    turn: int,
) -> list[list[Feedback]]:
    """Have every desk's answers evaluated by its judge, in one call for each judge."""
    feedback: list[list[Feedback]] = [[] for _ in world.desks]
    for each in _distinct(judges):
        mine = [index for index, one in enumerate(judges) if one == each and answers[index]]
        seeds = []
        for index in mine:
            seeds += draw_seeds(world.desks[index].stream(turn, "judge"), len(answers[index]))
        questions = [question for index in mine for question in asked[index]]
        said = iter(each.judge(questions, [given for index in mine for given in answers[index]], seeds=seeds))
        for index in mine:
            feedback[index] = [next(said) for _ in answers[index]]
    return feedback


def _distinct(parts: Iterable[T]) -> list[T]:
    """Return the different ones of some roles, in their order; roles of equal parameters are equal."""
    found: list[T] = []
    for part in parts:
        if part not in found:
            found.append(part)
    return found


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
    for trainer in _distinct(desk.plan.trainer for desk in world.desks):
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


@dataclass(frozen=True, slots=True)
class Marking:
    """Reads and judges what a trainer samples, with the student's own answerer and judge."""

    world: World

    def __call__(
        self, slot: str, questions: Sequence[Question], completions: Sequence[Completion], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        desk = next(desk for desk in self.world.desks if desk.seat.name == slot)
        answers = desk.answerer.read(seen(desk, questions), completions, model_version="")
        return desk.plan.judge.judge(questions, answers, seeds=seeds)


def evaluate(world: World, turn: int, failures: Failures) -> list[dict[str, Evaluation]]:
    """Measure every student that is due on the held-out set, and on the probe set where its policy needs it."""
    found: list[dict[str, Evaluation]] = [{} for _ in world.desks]
    due = [
        (turn % desk.plan.evaluate_every == 0 or turn == world.turns) and desk.seat.name not in failures
        for desk in world.desks
    ]
    for name, questions in (("held_out", world.held_out), ("probe", world.probe)):
        wanted = [
            ready and (name == "held_out" or "probe" in desk.plan.ask.needs)
            for ready, desk in zip(due, world.desks, strict=True)
        ]
        asked = [desk.plan.exam.put(questions) if want else [] for want, desk in zip(wanted, world.desks, strict=True)]
        if not any(asked):
            continue
        answers = answer(world, own(world.desks, world.model), asked, turn, f"evaluate {name}")
        truths = judge(world, [world.exact_judge] * len(asked), asked, answers, turn)
        for evaluations, want, row, truth, desk in zip(found, wanted, answers, truths, world.desks, strict=True):
            if want:
                evaluations[name] = evaluation(row, truth, desk.plan.exam.samples)
    return found


def first_look(world: World) -> tuple[Turn, ...]:
    """Play turn 0: evaluate before anything is asked."""
    turns = tuple(
        Turn(
            turn=0,
            student=desk.seat.name,
            evaluations=evaluations,
            model_version=world.model.version(desk.seat.name),
        )
        for desk, evaluations in zip(world.desks, evaluate(world, 0, {}), strict=True)
    )
    for desk, turn in zip(world.desks, turns, strict=True):
        desk.close(turn)
    return turns


def play_turn(world: World, number: int) -> tuple[Turn, ...]:
    """Play one turn and return what happened, a `Turn` a desk; a student that failed before plays no more."""
    playing = replace(world, desks=tuple(desk for desk in world.desks if not desk.failure))
    failures: Failures = {}
    turns = {turn.student: turn for turn in loop(playing, number, failures)}
    if len(failures) == len(playing.desks):
        raise next(iter(failures.values()), ModelError(f"every student failed: {world.desks[0].failure}"))
    found = tuple(
        turns[desk.seat.name]
        if desk.seat.name in turns
        else Turn(
            turn=number,
            student=desk.seat.name,
            model_version=world.model.version(desk.seat.name),
            failure=desk.failure,
        )
        for desk in world.desks
    )
    for desk, turn in zip(world.desks, found, strict=True):
        desk.close(turn)
    return found


def loop(world: World, number: int, failures: Failures) -> list[Turn]:
    """Ask, answer, judge, remember, learn and evaluate, each stage over all students at once."""
    asked = ask(world, number, failures)
    questions, answers = practise(world, asked, number)
    judges = [desk.plan.judge for desk in world.desks]
    feedback = judge(world, judges, questions, answers, number)
    same = all(each == world.exact_judge for each in judges)
    truths = feedback if same else judge(world, [world.exact_judge] * len(judges), questions, answers, number)
    experiences = experienced(number, questions, answers, feedback, truths)
    transitions = [tuple(world.environment.step(experience) for experience in row) for row in experiences]
    for desk, row in zip(world.desks, experiences, strict=True):
        desk.memory.extend(row)
    learned = learn(world, number, failures)
    evaluations = evaluate(world, number, failures)
    return [
        Turn(
            turn=number,
            student=desk.seat.name,
            candidates=tuple(question.id for question in asked[index].candidates),
            predictions=asked[index].predictions,
            committee=asked[index].committee,
            picks=asked[index].picks,
            experiences=experiences[index],
            transitions=transitions[index],
            lessons=learned[index][0],
            update=learned[index][1],
            evaluations=evaluations[index],
            model_version=world.model.version(desk.seat.name),
            failure=told(number, failures[desk.seat.name]) if desk.seat.name in failures else "",
        )
        for index, desk in enumerate(world.desks)
    ]


def told(turn: int, error: Exception) -> str:
    """Return a failure as it stands on the trace."""
    kind = "" if isinstance(error, SimulationError) else f"{type(error).__name__}: "
    return f"turn {turn}: {kind}{' '.join(str(error).split())}"[:LONGEST_FAILURE]
