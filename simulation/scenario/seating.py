"""Builds a world from scenarios: loads the models, then seats every student.

scenario ─prepare─► Stage (environment, judges, policies: cheap) ─load_world─► World (with the loaded learner)
"""

from collections.abc import Mapping, Sequence
from typing import Any

from simulation.contracts.boundary import named
from simulation.contracts.environment import guarded_begin, guarded_prerequisites
from simulation.contracts.students import guarded_learner
from simulation.core.distinct import distinct
from simulation.core.errors import ScenarioError
from simulation.core.memory import ReplayBuffer
from simulation.core.optional_roles import Changing
from simulation.core.roles import Environment, Learner
from simulation.core.seeding import generator
from simulation.core.types import Question, Seat
from simulation.loop.world import Respondent, Student, World
from simulation.scenario.prepare import Prepared, prepare, seated
from simulation.scenario.readiness import check_models
from simulation.scenario.scenario import Scenario


def build_world(scenario: Scenario, seats: Sequence[Seat] | None = None) -> World:
    """Prepare it and load the learner."""
    return load_world([prepare(scenario, seats)])


def load_world(scenarios: Sequence[Prepared]) -> World:
    """Load one learner for the students of all scenarios and seat everyone before it."""
    for prepared in scenarios:
        check_models(prepared)
    first = scenarios[0]
    if first.scenario.threads is not None:
        import torch  # a scenario that names no threads may be played without torch

        torch.set_num_threads(first.scenario.threads)
    seats = [seat for prepared in scenarios for seat in prepared.seats]
    model = guarded_learner(named(first.students), first.students, seats)
    return seat_world(scenarios, model, load_samplers(scenarios))


def load_samplers(scenarios: Sequence[Prepared]) -> list[Learner | None]:
    """Load each different sampler once, with a slot for each of its students; return that of every prepared."""
    loaded = [
        (
            sampler,
            guarded_learner(
                named(sampler),
                sampler,
                [seat for prepared in scenarios if prepared.sampler == sampler for seat in prepared.seats],
            ),
        )
        for sampler in distinct(prepared.sampler for prepared in scenarios)
        if sampler is not None
    ]
    return [next((model for sampler, model in loaded if sampler == prepared.sampler), None) for prepared in scenarios]


def seat_world(scenarios: Sequence[Prepared], model: Learner, samplers: Sequence[Learner | None] = ()) -> World:
    """Seat the students of scenarios that share students, environment and turns before a model with a slot for each.

    `samplers` are the models of the scenarios' samplers, none where what they said is on record.
    """
    first = scenarios[0]
    for prepared in scenarios:
        if shared(prepared) != shared(first):
            raise ScenarioError(
                f"{prepared.scenario.name} and {first.scenario.name} cannot play side by side: their turns, students, "
                "environment, exact judge or held-out questions differ"
            )
    environment = first.environment
    students = tuple(
        Student(
            seat=seat,
            state=world_of(environment, seat),
            settings=prepared.settings,
            answerer=seated(prepared, prepared.students, seat),
            pool=prepared.splits[seat.seed].pool,
            memory=ReplayBuffer(prepared.scenario.learn.capacity, unique=prepared.scenario.learn.unique),
            sampler=None
            if sampler is None or prepared.sampler is None
            else Respondent(answerer=seated(prepared, prepared.sampler, seat), model=sampler),
        )
        for prepared, sampler in zip(scenarios, samplers or [None] * len(scenarios), strict=True)
        for seat in prepared.seats
    )
    return World(
        students=students,
        model=model,
        exact_judge=first.exact_judge,
        environment=environment,
        measures=first.measures,
        probe=first.probe,
        held_out=first.held_out,
        turns=first.scenario.turns,
        tags=tags(first.probe, first.held_out),
        prerequisites=guarded_prerequisites(named(environment), environment),
    )


def world_of(environment: Environment, seat: Seat) -> Any:
    """Return the state in which a student's world begins (Any: each environment has its own)."""
    if not isinstance(environment, Changing):
        return None
    return guarded_begin(named(environment), environment, generator(seat.seed, 0, seat.number, "world"))


def shared(prepared: Prepared) -> tuple[object, ...]:
    """Return what students that play side by side have in common."""
    return (
        prepared.scenario.turns,
        prepared.students,
        prepared.environment,
        prepared.exact_judge,
        tuple(prepared.held_out),
    )


def tags(*groups: Sequence[Question]) -> Mapping[str, tuple[str, ...]]:
    """Return the tags of every question by its id."""
    return {question.id: question.tags for group in groups for question in group}
