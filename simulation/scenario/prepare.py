"""Everything of a scenario but the loaded model: its components, built by name, its questions and its seats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulation.core.errors import ScenarioError, SimulationError
from simulation.core.optional_roles import Executing, Sharing
from simulation.core.registry import build
from simulation.core.roles import Environment, Judge, SelectionPolicy, Students, Trainer
from simulation.core.seeding import generator
from simulation.core.types import Experience, Question, Seat
from simulation.loop.world import Sampling, StudentSettings
from simulation.scenario.keys import ComponentSpec
from simulation.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Everything of a scenario but the loaded model."""

    scenario: Scenario
    students: Students
    sampler: Students | None
    """Who answers what is asked in their place."""
    seats: tuple[Seat, ...]
    environment: Environment
    teacher: Judge
    exact_judge: Judge
    settings: StudentSettings
    pool: Sequence[Question]
    probe: Sequence[Question]
    held_out: Sequence[Question]

    @property
    def sets(self) -> Mapping[str, Sequence[Question]]:
        """The questions that evaluations put, by the name of the set."""
        probe = {"probe": self.probe} if "probe" in self.settings.ask.needs else {}
        return {"held_out": self.held_out, **probe}


def make(part: ComponentSpec, kind: str) -> Any:
    """Build what a part names (Any: each kind has its role)."""
    return build(kind, part.name, part.parameters)


def make_seats(scenario: Scenario) -> tuple[Seat, ...]:
    """Return a seat for each student of the scenario."""
    students: Students = make(scenario.students, "students")
    return tuple(Seat(name=f"student-{number}", number=number, seed=scenario.seed) for number in range(students.count))


def make_settings(scenario: Scenario, teacher: Judge) -> StudentSettings:
    """Return what every student of the scenario does each turn."""
    ask: SelectionPolicy[Question] = make(scenario.ask.policy, "question_policy")
    learn: SelectionPolicy[Experience] = make(scenario.learn.policy, "experience_policy")
    trainer: Trainer = make(scenario.learn.trainer, "trainer")
    return StudentSettings(
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
        practice=Sampling(samples=scenario.ask.samples, temperature=scenario.ask.temperature, beams=scenario.ask.beams),
        exam=Sampling(samples=scenario.evaluate.samples, temperature=scenario.evaluate.temperature),
    )


def prepare(scenario: Scenario, seats: Sequence[Seat] | None = None) -> Prepared:
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
    return Prepared(
        scenario=scenario,
        students=make(scenario.students, "students"),
        sampler=None if scenario.ask.sampler is None else make(scenario.ask.sampler, "students"),
        seats=make_seats(scenario) if seats is None else tuple(seats),
        environment=environment,
        teacher=teacher,
        exact_judge=exact,
        settings=make_settings(scenario, teacher),
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
