"""Everything of a scenario but the loaded model: its components, built by name, its questions and its seats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from simulation.contracts.boundary import calling, named
from simulation.contracts.environment import guarded_exact_judge, guarded_measures, guarded_splits
from simulation.contracts.policies import known_needs
from simulation.contracts.students import guarded_count
from simulation.core.errors import ContractError, ScenarioError, SimulationError
from simulation.core.optional_roles import Changing, Executing, SelfTaught, Sharing
from simulation.core.questions import Measure, Splits
from simulation.core.registry import build
from simulation.core.roles import Environment, Judge, SelectionPolicy, Students, Trainer
from simulation.core.seeding import generator
from simulation.core.types import Experience, Question, Seat
from simulation.loop.world import HELD_OUT, Sampling, StudentSettings, at_temperature
from simulation.scenario.keys import ComponentSpec, Evaluate
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
    measures: tuple[Measure, ...]
    """What evaluations measure; the first is the truth."""
    splits: Mapping[int, Splits]
    """The environment's questions by the seeds of the seats."""
    probe: Sequence[Question]
    held_out: Sequence[Question]
    """What evaluations put, of all that is held out."""

    @property
    def pool(self) -> Sequence[Question]:
        """What may be asked of a student of the first seed."""
        return next(iter(self.splits.values())).pool

    @property
    def notices(self) -> list[str]:
        """What a user should know before the study begins."""
        return list(dict.fromkeys(notice for splits in self.splits.values() for notice in splits.notices))

    @property
    def sets(self) -> Mapping[str, Sequence[Question]]:
        """The questions that evaluations put, by the name of the set."""
        probe = {"probe": self.probe} if "probe" in self.settings.ask.needs else {}
        return {"held_out": self.held_out, **probe}


def make(part: ComponentSpec, kind: str) -> Any:
    """Build what a part names (Any: each kind has its role)."""
    with calling(kind, part.name):
        return build(kind, part.name, part.parameters)


def make_seats(scenario: Scenario, students: Students) -> tuple[Seat, ...]:
    """Return a seat for each student of the scenario."""
    count = guarded_count(named(students), students)
    return tuple(Seat(name=f"student-{number}", number=number, seed=scenario.seed) for number in range(count))


def make_trainer(scenario: Scenario, students: Students) -> Trainer:
    """Return the trainer that the scenario names, or else the rule by which its students learn of themselves."""
    if scenario.learn.trainer is not None:
        trainer: Trainer = make(scenario.learn.trainer, "trainer")
        return trainer
    if not isinstance(students, SelfTaught):
        name = scenario.students.name
        what = f"no trainer is named, and {name} has no rule of its own to learn by; name one, such as dpo, or none"
        raise ScenarioError(scenario.complaint("learn.trainer", what))
    return students.trainer()


def make_settings(scenario: Scenario, teacher: Judge, trainer: Trainer) -> StudentSettings:
    """Return what every student of the scenario does each turn."""
    ask: SelectionPolicy[Question] = make(scenario.ask.policy, "question_policy")
    learn: SelectionPolicy[Experience] = make(scenario.learn.policy, "experience_policy")
    for key, kind, policy in (("ask", "question_policy", ask), ("learn", "experience_policy", learn)):
        try:
            known_needs(named(policy), policy, kind)
        except ContractError as error:
            raise ScenarioError(scenario.complaint(f"{key}.policy", str(error))) from error
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
        practice=Sampling(
            samples=scenario.ask.samples,
            temperature=scenario.ask.temperature,
            beams=scenario.ask.beams,
            cut=scenario.ask.cut,
        ),
        exams=make_exams(scenario.evaluate),
    )


def make_exams(evaluate: Evaluate) -> dict[str, Sampling]:
    """Return how the held-out set is answered, by the name of the evaluation, the main one first."""
    if not evaluate.temperatures:
        return {HELD_OUT: Sampling(samples=evaluate.samples, cut=evaluate.cut)}
    main, *others = evaluate.temperatures
    names = [(HELD_OUT, main), *((at_temperature(temperature), temperature) for temperature in others)]
    return {
        name: Sampling(samples=evaluate.samples if temperature else 1, temperature=temperature, cut=evaluate.cut)
        for name, temperature in names
    }


def prepare(scenario: Scenario, seats: Sequence[Seat] | None = None) -> Prepared:
    """Build all that needs no model, and refuse what cannot be played."""
    students: Students = make(scenario.students, "students")
    seats = make_seats(scenario, students) if seats is None else tuple(seats)
    environment: Environment = make(scenario.environment, "environment")
    measures = read_measures(scenario, environment)
    splits = read_questions(scenario, environment, list(dict.fromkeys(seat.seed for seat in seats)))
    first = next(iter(splits.values()))
    for split in splits.values():
        check_sizes(scenario, len(split.pool), len(split.held_out))
    teacher: Judge = make(scenario.teacher, "judge")
    exact = make_exact_judge(scenario, environment, teacher)
    teacher = exact if teacher == exact else teacher
    return Prepared(
        scenario=scenario,
        students=students,
        sampler=None if scenario.ask.sampler is None else make(scenario.ask.sampler, "students"),
        seats=seats,
        environment=environment,
        teacher=teacher,
        exact_judge=exact,
        settings=make_settings(scenario, teacher, make_trainer(scenario, students)),
        measures=measures,
        splits=splits,
        probe=first.probe,
        held_out=sample(first.held_out, scenario.evaluate.questions),
    )


def read_measures(scenario: Scenario, environment: Environment) -> tuple[Measure, ...]:
    """Return what is measured, the truth first."""
    try:
        return guarded_measures(named(environment), environment)
    except SimulationError as error:
        raise ScenarioError(scenario.complaint("environment", str(error))) from error


def read_questions(scenario: Scenario, environment: Environment, seeds: Sequence[int]) -> dict[int, Splits]:
    """Return the environment's questions by seed; what measures has to be the same for all seeds."""
    if scenario.ask.whole_class and isinstance(environment, Changing):
        what = f"each student has a world of its own in {named(environment)!r}, so no class can be asked alike"
        raise ScenarioError(scenario.complaint("ask.whole_class", f"{what}; remove it"))
    try:
        splits = {seed: guarded_splits(named(environment), environment, seed) for seed in seeds}
    except SimulationError as error:
        raise ScenarioError(scenario.complaint("environment", str(error))) from error
    first = splits[seeds[0]]
    for seed, split in splits.items():
        if split is not first and (tuple(split.held_out), tuple(split.probe)) != (
            tuple(first.held_out),
            tuple(first.probe),
        ):
            what = (
                f"{named(environment)!r} measures seed {seed} and seed {seeds[0]} on different questions, so "
                "that they cannot be paired; let only the pool depend on the seed"
            )
            raise ScenarioError(scenario.complaint("environment", what))
    return splits


def make_exact_judge(scenario: Scenario, environment: Environment, teacher: Judge) -> Judge:
    """Return the judge whose score is the truth, which runs what it judges where the teacher does."""
    try:
        name, parameters = guarded_exact_judge(named(environment), environment)
    except SimulationError as error:
        raise ScenarioError(scenario.complaint("environment", str(error))) from error
    try:
        exact: Judge = build("judge", name, parameters)
        if isinstance(exact, Executing) and isinstance(teacher, Sharing):
            exact = build("judge", name, {**teacher.shares(), **parameters})
    except (ScenarioError, ValidationError) as error:
        what = f"the exact judge {name!r} of {named(environment)!r}: {' '.join(str(error).split())}"
        raise ScenarioError(scenario.complaint("environment", what)) from error
    return exact


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
