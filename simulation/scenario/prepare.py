"""Builds a world from stages: loads the models, then seats every student.

scenario ─set_stage─► Stage (environment, judges, policies: cheap) ─load_world─► World (with the loaded learner)
"""

from collections.abc import Mapping, Sequence

from simulation.core.distinct import distinct
from simulation.core.errors import ScenarioError
from simulation.core.memory import ReplayBuffer
from simulation.core.optional_roles import SkillGraph
from simulation.core.roles import Learner
from simulation.core.types import Question, Seat
from simulation.loop.world import Desk, Voice, World
from simulation.scenario.readiness import check_models
from simulation.scenario.scenario import Scenario
from simulation.scenario.stage import Stage, set_stage


def build_world(scenario: Scenario, seats: Sequence[Seat] | None = None) -> World:
    """Set the stage and load the learner."""
    return load_world([set_stage(scenario, seats)])


def load_world(stages: Sequence[Stage]) -> World:
    """Load one learner for the students of all stages and seat everyone before it."""
    for stage in stages:
        check_models(stage)
    first = stages[0]
    if first.scenario.threads is not None:
        import torch  # a scenario that names no threads may be played without torch

        torch.set_num_threads(first.scenario.threads)
    model = first.students.learner([seat for stage in stages for seat in stage.seats])
    return seat_world(stages, model, load_samplers(stages))


def load_samplers(stages: Sequence[Stage]) -> list[Learner | None]:
    """Load each different sampler once, with a slot for each of its students; return that of every stage."""
    loaded = [
        (sampler, sampler.learner([seat for stage in stages if stage.sampler == sampler for seat in stage.seats]))
        for sampler in distinct(stage.sampler for stage in stages)
        if sampler is not None
    ]
    return [next((model for sampler, model in loaded if sampler == stage.sampler), None) for stage in stages]


def seat_world(stages: Sequence[Stage], model: Learner, samplers: Sequence[Learner | None] = ()) -> World:
    """Seat the students of stages that share students, environment and turns before a model with a slot for each.

    `samplers` are the models of the stages' samplers, none where what they said is on record.
    """
    first = stages[0]
    for stage in stages:
        if shared(stage) != shared(first):
            raise ScenarioError(
                f"{stage.scenario.name} and {first.scenario.name} cannot play side by side: their turns, students, "
                "environment, exact judge or held-out questions differ"
            )
    desks = tuple(
        Desk(
            seat=seat,
            plan=stage.plan,
            answerer=stage.students.answerer(seat),
            memory=ReplayBuffer(stage.scenario.learn.capacity, unique=stage.scenario.learn.unique),
            sampler=None
            if sampler is None or stage.sampler is None
            else Voice(answerer=stage.sampler.answerer(seat), model=sampler),
        )
        for stage, sampler in zip(stages, samplers or [None] * len(stages), strict=True)
        for seat in stage.seats
    )
    return World(
        desks=desks,
        model=model,
        exact_judge=first.exact_judge,
        environment=first.environment,
        pool=first.pool,
        probe=first.probe,
        held_out=first.held_out,
        turns=first.scenario.turns,
        tags=tags(first.probe, first.held_out),
        prerequisites=first.environment.prerequisites() if isinstance(first.environment, SkillGraph) else {},
    )


def shared(stage: Stage) -> tuple[object, ...]:
    """Return what students that play side by side have in common."""
    return stage.scenario.turns, stage.students, stage.environment, stage.exact_judge, tuple(stage.held_out)


def tags(*groups: Sequence[Question]) -> Mapping[str, tuple[str, ...]]:
    """Return the tags of every question by its id."""
    return {question.id: question.tags for group in groups for question in group}
