"""Builds a world from a scenario, everything explicitly and by name; what needs no model comes first.

scenario ─set_stage─► Stage (environment, judges, policies: cheap) ─load_world─► World (with the loaded learner)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

from simulation.core.abilities import Executing, Frozen, Sharing, SkillGraph
from simulation.core.errors import ScenarioError, SimulationError
from simulation.core.memory import ReplayBuffer
from simulation.core.registry import build
from simulation.core.roles import Environment, Judge, Learner, SelectionPolicy, Students, Trainer
from simulation.core.seeding import generator
from simulation.core.types import Experience, Question, Seat
from simulation.core.world import Drawing, Voice
from simulation.scenario import Part, Scenario
from simulation.turn import Desk, Plan, World

T = TypeVar("T")


@runtime_checkable
class Checkable(Protocol):
    """A component that rests on files, and can say before anything is loaded what they lack."""

    def check(self) -> None:
        """Raise a `SimulationError` where it could not play."""


@runtime_checkable
class Fingerprinted(Protocol):
    """A judge that rests on more than its parameters, such as the weights of a model."""

    def fingerprint(self) -> Mapping[str, str]:
        """Return, by name, what else its verdicts rest on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything of a scenario but the loaded model."""

    scenario: Scenario
    students: Students
    sampler: Students | None
    """Who answers what is asked in their place."""
    seats: tuple[Seat, ...]
    environment: Environment
    teacher: Judge
    exact_judge: Judge
    plan: Plan
    pool: Sequence[Question]
    probe: Sequence[Question]
    held_out: Sequence[Question]

    @property
    def sets(self) -> Mapping[str, Sequence[Question]]:
        """The questions that evaluations put, by the name of the set."""
        probe = {"probe": self.probe} if "probe" in self.plan.ask.needs else {}
        return {"held_out": self.held_out, **probe}


def make(part: Part, kind: str) -> Any:
    """Build what a part names (Any: each kind has its role)."""
    return build(kind, part.name, part.parameters)


def make_seats(scenario: Scenario) -> tuple[Seat, ...]:
    """Return a seat for each student of the scenario."""
    students: Students = make(scenario.students, "students")
    return tuple(Seat(name=f"student-{number}", number=number, seed=scenario.seed) for number in range(students.count))


def make_plan(scenario: Scenario, teacher: Judge) -> Plan:
    """Return what every student of the scenario does each turn."""
    ask: SelectionPolicy[Question] = make(scenario.ask.policy, "question_policy")
    learn: SelectionPolicy[Experience] = make(scenario.learn.policy, "experience_policy")
    trainer: Trainer = make(scenario.learn.trainer, "trainer")
    return Plan(
        judge=teacher,
        ask=ask,
        questions=scenario.ask.questions,
        candidates=scenario.ask.candidates,
        learn=learn,
        trainer=trainer,
        learn_every=scenario.learn.every,
        lessons=scenario.learn.experiences,
        evaluate_every=scenario.evaluate.every,
        whole_class=scenario.ask.whole_class,
        practice=Drawing(samples=scenario.ask.samples, temperature=scenario.ask.temperature, beams=scenario.ask.beams),
        exam=Drawing(samples=scenario.evaluate.samples, temperature=scenario.evaluate.temperature),
    )


def set_stage(scenario: Scenario, seats: Sequence[Seat] | None = None) -> Stage:
    """Build all that needs no model, and refuse what cannot be played."""
    environment: Environment = make(scenario.environment, "environment")
    try:
        environment.reset(seed=scenario.seed)
        pool, probe, held_out = environment.pool(), environment.probe(), environment.held_out()
    except SimulationError as error:
        raise ScenarioError(scenario.complaint("environment", str(error))) from error
    check_sizes(scenario, len(pool), len(held_out))
    teacher: Judge = make(scenario.teacher, "judge")
    exact: Judge = build("judge", environment.exact_judge, {})
    if isinstance(exact, Executing) and isinstance(teacher, Sharing):
        exact = build("judge", environment.exact_judge, teacher.shares())
    teacher = exact if teacher == exact else teacher
    return Stage(
        scenario=scenario,
        students=make(scenario.students, "students"),
        sampler=None if scenario.ask.sampler is None else make(scenario.ask.sampler, "students"),
        seats=make_seats(scenario) if seats is None else tuple(seats),
        environment=environment,
        teacher=teacher,
        exact_judge=exact,
        plan=make_plan(scenario, teacher),
        pool=pool,
        probe=probe,
        held_out=sample(held_out, scenario.evaluate.questions),
    )


def sample(questions: Sequence[Question], count: int) -> tuple[Question, ...]:
    """Draw the evaluation questions: by no seed of the scenario, so that every study measures on the same ones."""
    drawn = generator(0, 0, 0, "held out").choice(len(questions), size=count, replace=False)
    return tuple(questions[int(index)] for index in sorted(drawn))


def check_sizes(scenario: Scenario, pool: int, held_out: int) -> None:
    """Refuse a scenario that wants more questions than there are."""
    candidates, questions, name = scenario.ask.candidates, scenario.evaluate.questions, scenario.environment.name
    wrong = []
    if candidates > pool:
        wrong.append(
            scenario.complaint("ask.candidates", f"{candidates}, but the pool of {name!r} holds {pool}; lower it")
        )
    if questions > held_out:
        wrong.append(
            scenario.complaint("evaluate.questions", f"{questions}, but {name!r} holds out {held_out}; lower it")
        )
    if wrong:
        raise ScenarioError("\n".join(wrong))


def build_world(scenario: Scenario, seats: Sequence[Seat] | None = None) -> World:
    """Set the stage and load the learner."""
    return load_world([set_stage(scenario, seats)])


def check_models(stage: Stage) -> None:
    """Refuse models that are not there, by looking at files only."""
    wrong = []
    for path, part in (
        ("students", stage.students),
        ("ask.sampler", stage.sampler),
        ("teacher", stage.teacher),
        ("environment", stage.exact_judge),
        ("learn.trainer", stage.plan.trainer),
    ):
        try:
            if isinstance(part, Checkable):
                part.check()
        except SimulationError as error:
            wrong.append(stage.scenario.complaint(path, str(error)))
    wrong += beyond_frozen(stage)
    if wrong:
        raise ScenarioError("\n".join(wrong))


def beyond_frozen(stage: Stage) -> list[str]:
    """Say what a scenario asks of a model behind an API that it cannot do."""
    found: list[tuple[str, str]] = []
    if isinstance(stage.students, Frozen):
        named = stage.students.frozen
        if stage.scenario.learn.trainer.name != "none":
            found.append(("learn.trainer", f"{named} cannot be trained; set none, or make it ask.sampler of others"))
        if stage.plan.ask.needs & {"predictions", "committee"}:
            told = f"{named} tells no probability of options, as this policy needs; set random"
            found.append(("ask.policy", told))
    writer = stage.sampler or stage.students
    if isinstance(writer, Frozen):
        named = writer.frozen
        if "logprobs" in stage.plan.learn.needs and not writer.logprobs:
            policy = stage.scenario.learn.policy.name
            told = (
                f"{policy} needs to know how probable answers were, and {named} is not asked; set logprobs: true there"
            )
            found.append(("learn.policy", told))
        if stage.scenario.ask.beams:
            told = f"{named} has no beam search; set ask.samples and ask.temperature instead"
            found.append(("ask.beams", told))
    return [stage.scenario.complaint(path, told) for path, told in found]


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


def distinct(parts: Iterable[T]) -> list[T]:
    """Return the different ones of some components, in their order."""
    found: list[T] = []
    for part in parts:
        if part not in found:
            found.append(part)
    return found


def tags(*groups: Sequence[Question]) -> Mapping[str, tuple[str, ...]]:
    """Return the tags of every question by its id."""
    return {question.id: question.tags for group in groups for question in group}
