"""The first stage of a turn: what could be asked, what students would answer to it, and what the policies pick."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from simulation.core.roles import Context
from simulation.core.types import Question, Request, Selection
from simulation.loop.world import Student, World

T = TypeVar("T")
Failures = dict[str, Exception]
"""What went wrong in a turn, by student."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picks:
    """What a policy saw and what it picked."""

    candidates: tuple[Question, ...] = ()
    predictions: tuple[tuple[float, ...], ...] = ()
    committee: Mapping[str, tuple[tuple[float, ...], ...]] = field(default_factory=dict)
    picks: tuple[Selection[Question], ...] = ()
    scores: Mapping[Request, tuple[float, ...]] = field(default_factory=dict)
    """What the student's model was asked for the predictions, so that what is picked need not be scored again."""


def seen(student: Student, questions: Sequence[Question]) -> Sequence[Question]:
    """Return the questions as the student may see them: as they are only where it is simulated."""
    return questions if student.answerer.simulated else [question.shown() for question in questions]


def context(world: World, student: Student, turn: int, purpose: str, asked: Picks) -> Context:
    """Return what a policy of this student may look at."""
    names = [question.id for question in asked.candidates]
    committee = zip(*asked.committee.values(), strict=True) if asked.committee else ()
    return Context(
        turn=turn,
        memory=student.memory,
        since=student.since,
        evaluations=student.evaluations,
        predictions=dict(zip(names, asked.predictions, strict=bool(asked.predictions))),
        tags=world.tags,
        generator=student.stream(turn, purpose),
        state=student.states.get(purpose),
        committee=dict(zip(names, committee, strict=bool(asked.committee))),
        prerequisites=world.prerequisites,
    )


def classes(world: World) -> list[list[int]]:
    """Group the students' indexes by class: students of one scenario and seed."""
    groups: dict[tuple[str, int], list[int]] = {}
    for index, student in enumerate(world.students):
        groups.setdefault((student.seat.label, student.seat.seed), []).append(index)
    return list(groups.values())


def ask(world: World, turn: int, failures: Failures) -> list[Picks]:
    """Draw candidates for every student, predict them where a policy needs it, and let the policies pick.

    Where a scenario teaches the whole class at once, its first student stands for all.
    """
    asked: list[Picks] = [Picks() for _ in world.students]
    leaders = [group[:1] if world.students[group[0]].settings.whole_class else group for group in classes(world)]
    for index in sorted(index for group in leaders for index in group):
        student = world.students[index]
        size = min(student.settings.candidates, len(world.pool))
        places = student.stream(turn, "candidates").choice(len(world.pool), size=size, replace=False)
        asked[index] = Picks(candidates=tuple([world.pool[place] for place in places.tolist()]))
    predict(world, asked)
    for index, student in enumerate(world.students):
        drawn = asked[index]
        if drawn.candidates:
            view = context(world, student, turn, "ask", drawn)
            select = partial(student.settings.ask.select, drawn.candidates, student.settings.questions, view)
            asked[index] = replace(drawn, picks=chosen(student, select, failures))
    for group in classes(world):
        if world.students[group[0]].settings.whole_class:
            for index in group[1:]:
                asked[index] = replace(asked[group[0]], predictions=(), committee={}, scores={})
    return asked


def predict(world: World, asked: list[Picks]) -> None:
    """Score the candidates' options for every policy that needs it, in one batch: by its student, by the class."""
    scorings: list[tuple[int, Student, bool]] = []  # whose candidates, who scores them, and whether as a classmate
    for group in classes(world):
        for index in group:
            student, needs = world.students[index], world.students[index].settings.ask.needs
            if asked[index].candidates and "predictions" in needs:
                scorings.append((index, student, False))
            if asked[index].candidates and "committee" in needs:
                scorings += [(index, world.students[member], True) for member in group]
    scorings.sort(key=lambda scoring: scoring[0])
    requests = [student.answerer.options(seen(student, asked[index].candidates)) for index, student, _ in scorings]
    scores = iter(world.model.score([request for row in requests for request in row]) if requests else [])
    for (index, student, classmate), row in zip(scorings, requests, strict=True):
        rows = tuple(next(scores) for _ in row)
        asked[index] = (
            replace(asked[index], committee={**asked[index].committee, student.seat.name: rows})
            if classmate
            else replace(asked[index], predictions=rows, scores=dict(zip(row, rows, strict=True)))
        )


def chosen(
    student: Student, select: Callable[[], Sequence[Selection[T]]], failures: Failures
) -> tuple[Selection[T], ...]:
    """Return a policy's picks; whatever it raises is its own student's failure, not that of the others."""
    try:
        return tuple(select())
    except Exception as error:  # noqa: BLE001  # a policy may be anybody's code
        failures[student.seat.name] = error
        return ()
