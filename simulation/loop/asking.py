"""The first stage of a turn: what could be asked, what students would answer to it, and what the policies pick."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from simulation.core.roles import Context
from simulation.core.types import Question, Request, Selection
from simulation.loop.world import Desk, World

T = TypeVar("T")
Failures = dict[str, Exception]
"""What went wrong in a turn, by student."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a policy saw and what it picked."""

    candidates: tuple[Question, ...] = ()
    predictions: tuple[tuple[float, ...], ...] = ()
    committee: Mapping[str, tuple[tuple[float, ...], ...]] = field(default_factory=dict)
    picks: tuple[Selection[Question], ...] = ()
    scores: Mapping[Request, tuple[float, ...]] = field(default_factory=dict)
    """What the student's model was asked for the predictions, so that what is picked need not be scored again."""


def seen(desk: Desk, questions: Sequence[Question]) -> Sequence[Question]:
    """Return the questions as the desk's student may see them: as they are only where it is simulated."""
    return questions if desk.answerer.simulated else [question.shown() for question in questions]


def context(world: World, desk: Desk, turn: int, purpose: str, asked: Asked) -> Context:
    """Return what a policy of this desk may look at."""
    names = [question.id for question in asked.candidates]
    committee = zip(*asked.committee.values(), strict=True) if asked.committee else ()
    return Context(
        turn=turn,
        memory=desk.memory,
        since=desk.since,
        evaluations=desk.evaluations,
        predictions=dict(zip(names, asked.predictions, strict=bool(asked.predictions))),
        tags=world.tags,
        generator=desk.stream(turn, purpose),
        state=desk.states.get(purpose),
        committee=dict(zip(names, committee, strict=bool(asked.committee))),
        prerequisites=world.prerequisites,
    )


def classes(world: World) -> list[list[int]]:
    """Group the desks' indexes by class: students of one scenario and seed."""
    groups: dict[tuple[str, int], list[int]] = {}
    for index, desk in enumerate(world.desks):
        groups.setdefault((desk.seat.label, desk.seat.seed), []).append(index)
    return list(groups.values())


def ask(world: World, turn: int, failures: Failures) -> list[Asked]:
    """Draw candidates for every student, predict them where a policy needs it, and let the policies pick.

    Where a scenario teaches the whole class at once, its first student stands for all.
    """
    asked: list[Asked] = [Asked() for _ in world.desks]
    leaders = [group[:1] if world.desks[group[0]].plan.whole_class else group for group in classes(world)]
    for index in sorted(index for group in leaders for index in group):
        desk = world.desks[index]
        size = min(desk.plan.candidates, len(world.pool))
        drawn = desk.stream(turn, "candidates").choice(len(world.pool), size=size, replace=False)
        asked[index] = Asked(candidates=tuple([world.pool[place] for place in drawn.tolist()]))
    predict(world, asked)
    for index, desk in enumerate(world.desks):
        row = asked[index]
        if row.candidates:
            seen_by_policy = context(world, desk, turn, "ask", row)
            select = partial(desk.plan.ask.select, row.candidates, desk.plan.questions, seen_by_policy)
            asked[index] = replace(row, picks=chosen(desk, select, failures))
    for group in classes(world):
        if world.desks[group[0]].plan.whole_class:
            for index in group[1:]:
                asked[index] = replace(asked[group[0]], predictions=(), committee={}, scores={})
    return asked


def predict(world: World, asked: list[Asked]) -> None:
    """Score the candidates' options for every policy that needs it, in one batch: by its student, by the class."""
    wanted: list[tuple[int, Desk, bool]] = []
    for group in classes(world):
        for index in group:
            desk, needs = world.desks[index], world.desks[index].plan.ask.needs
            if asked[index].candidates and "predictions" in needs:
                wanted.append((index, desk, False))
            if asked[index].candidates and "committee" in needs:
                wanted += [(index, world.desks[each], True) for each in group]
    wanted.sort(key=lambda each: each[0])
    requests = [desk.answerer.options(seen(desk, asked[index].candidates)) for index, desk, _ in wanted]
    scores = iter(world.model.score([request for row in requests for request in row]) if requests else [])
    for (index, desk, classmate), row in zip(wanted, requests, strict=True):
        rows = tuple(next(scores) for _ in row)
        asked[index] = (
            replace(asked[index], committee={**asked[index].committee, desk.seat.name: rows})
            if classmate
            else replace(asked[index], predictions=rows, scores=dict(zip(row, rows, strict=True)))
        )


def chosen(desk: Desk, select: Callable[[], Sequence[Selection[T]]], failures: Failures) -> tuple[Selection[T], ...]:
    """Return a policy's picks; whatever it raises is its own student's failure, not that of the others."""
    try:
        return tuple(select())
    except Exception as error:  # noqa: BLE001  # a policy may be anybody's code
        failures[desk.seat.name] = error
        return ()
