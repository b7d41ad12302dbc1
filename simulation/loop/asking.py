"""The first stage of a turn: what could be asked, what students would answer to it, and what the policies pick."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from simulation.contracts.boundary import named
from simulation.contracts.environment import guarded_pool
from simulation.contracts.models import guarded_scores
from simulation.contracts.policies import guarded_picks
from simulation.contracts.students import guarded_options
from simulation.core.calls import Request
from simulation.core.errors import StoreError
from simulation.core.optional_roles import Changing
from simulation.core.roles import Answerer, Context
from simulation.core.types import Question, Selection
from simulation.loop.world import Student, World

R = TypeVar("R")
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


def seen(answerer: Answerer, questions: Sequence[Question]) -> Sequence[Question]:
    """Return the questions as who answers may see them: as they are only where it is simulated."""
    return questions if answerer.simulated else [question.shown() for question in questions]


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
    measuring = frozenset(world.tags)
    leaders = [group[:1] if world.students[group[0]].settings.whole_class else group for group in classes(world)]
    for index in sorted(index for group in leaders for index in group):
        student = world.students[index]
        pool = for_student(student, partial(pool_of, world, student, measuring), failures) or ()
        size = min(student.settings.candidates, len(pool))
        places = student.stream(turn, "candidates").choice(len(pool), size=size, replace=False)
        asked[index] = Picks(candidates=tuple([pool[place] for place in places.tolist()]))
    predict(world, asked, failures)
    for index, student in enumerate(world.students):
        drawn = asked[index]
        if drawn.candidates and student.seat.name not in failures:
            policy, k = student.settings.ask, student.settings.questions
            view = context(world, student, turn, "ask", drawn)
            select = partial(guarded_picks, "question_policy", named(policy), policy, drawn.candidates, k, view)
            asked[index] = replace(drawn, picks=for_student(student, select, failures) or ())
    for group in classes(world):
        if world.students[group[0]].settings.whole_class:
            for index in group[1:]:
                asked[index] = replace(asked[group[0]], predictions=(), committee={}, scores={})
    return asked


def pool_of(world: World, student: Student, measuring: frozenset[str]) -> Sequence[Question]:
    """Return what may be asked of a student this turn; `measuring` are the ids of what may not."""
    environment = world.environment
    if not isinstance(environment, Changing):
        return student.pool
    return guarded_pool(named(environment), environment, student.state, measuring)


def predict(world: World, asked: list[Picks], failures: Failures) -> None:
    """Score the candidates' alternatives for every policy that needs it, in one batch: by its student, by the class."""
    scorings: list[tuple[int, Student, bool]] = []  # whose candidates, who scores them, and whether as a classmate
    for group in classes(world):
        for index in group:
            student, needs = world.students[index], world.students[index].settings.ask.needs
            if asked[index].candidates and "predictions" in needs:
                scorings.append((index, student, False))
            if asked[index].candidates and "committee" in needs:
                scorings += [(index, world.students[member], True) for member in group]
    scorings.sort(key=lambda scoring: scoring[0])
    requests = [options(student, asked[index].candidates, failures) for index, student, _ in scorings]
    every_request = [request for row in requests for request in row]
    scores = iter(guarded_scores(named(world.model), world.model, every_request) if every_request else [])
    for (index, student, classmate), row in zip(scorings, requests, strict=True):
        rows = tuple(next(scores) for _ in row)
        asked[index] = (
            replace(asked[index], committee={**asked[index].committee, student.seat.name: rows})
            if classmate
            else replace(asked[index], predictions=rows, scores=dict(zip(row, rows, strict=True)))
        )


def options(student: Student, candidates: Sequence[Question], failures: Failures) -> list[Request]:
    """Return the requests that score the alternatives of candidates."""
    ask_for = partial(guarded_options, named(student.answerer), student.answerer, seen(student.answerer, candidates))
    return for_student(student, ask_for, failures) or []


def for_student(student: Student, call: Callable[[], R], failures: Failures) -> R | None:
    """Return what a call made for one student gives; whatever it raises is its own failure, and the others play on.

    What the record raises is no student's: it ends the run.
    """
    try:
        return call()
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001  # a component may be anybody's code
        failures[student.seat.name] = error
        return None
