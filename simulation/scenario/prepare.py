"""Everything of a scenario but the loaded model: its components, built by name, its questions and its seats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import ValidationError

from simulation.contracts.boundary import calling, named
from simulation.contracts.environment import guarded_exact_judge, guarded_measures, guarded_splits
from simulation.contracts.policies import known_needs
from simulation.contracts.students import guarded_answerer, guarded_count
from simulation.core.errors import ContractError, ScenarioError, SimulationError
from simulation.core.faults import in_line
from simulation.core.optional_roles import Changing, Executing, Explained, Instructed, SelfTaught, Sharing, Worded
from simulation.core.questions import Measure, Splits
from simulation.core.registry import build, find
from simulation.core.roles import Answerer, Environment, Judge, SelectionPolicy, Students, Trainer
from simulation.core.seeding import generator
from simulation.core.types import Experience, Question, Seat
from simulation.core.wording import Teaching, Wording
from simulation.loop.world import HELD_OUT, Sampling, StudentSettings, at_temperature
from simulation.scenario.attempts import check_attempts
from simulation.scenario.judgeable import refuse_unjudgeable
from simulation.scenario.keys import ComponentSpec, Evaluate
from simulation.scenario.scenario import Scenario
from simulation.scenario.sizes import Sizes, sizes_of


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
    def measured(self) -> tuple[Question, ...]:
        """All that is held out, and what policies measure: what no words to a student may give away."""
        return (*next(iter(self.splits.values())).held_out, *self.probe)

    @property
    def notices(self) -> list[str]:
        """What a user should know before the study begins."""
        of_questions = dict.fromkeys(notice for splits in self.splits.values() for notice in splits.notices)
        return [*self.never_learning, *of_questions]

    @property
    def never_learning(self) -> list[str]:
        """A line where no turn of the scenario is one after which students learn."""
        learn, turns = self.scenario.learn, self.scenario.turns
        if learn.every <= turns:
            return []
        what = f"{learn.every} is beyond turns={turns}, so that no student ever learns; lower it to {turns} or less"
        return [self.scenario.complaint("learn.every", what)]

    @property
    def wording(self) -> Wording | None:
        """How the environment puts its questions in ordinary words, where it says so."""
        return self.environment.worded() if isinstance(self.environment, Worded) else None

    @property
    def manner(self) -> str:
        """How questions are put to the students, where it is not in the dialect of the shipped models."""
        return self.students.manner(self.wording) if isinstance(self.students, Instructed) else ""

    @property
    def learning(self) -> str:
        """What an update does, as far as it is not by default."""
        phrases: list[str] = []
        for kind, part in (("trainer", self.settings.trainer), ("students", self.students)):
            if isinstance(part, Explained):
                with calling(kind, named(part)):
                    phrases += part.explained()
        return f"an update: {'; '.join(phrases)}" if phrases else ""

    @property
    def ways(self) -> list[str]:
        """How students are asked and how they learn, a line each, where it is not as by default."""
        return [line for line in (self.manner, self.learning) if line]

    @property
    def sets(self) -> Mapping[str, Sequence[Question]]:
        """The questions that evaluations put, by the name of the set."""
        probe = {"probe": self.probe} if "probe" in self.settings.ask.needs else {}
        return {"held_out": self.held_out, **probe}


def seated(prepared: Prepared, students: Students, seat: Seat) -> Answerer:
    """Return the student of a seat, as it asks its model."""
    answerer = guarded_answerer(named(students), students, seat)
    if not isinstance(students, Instructed):
        return answerer
    splits = prepared.splits[seat.seed]
    teaching = Teaching(seat=seat, wording=prepared.wording, pool=splits.pool, measured=prepared.measured)
    with calling("students", named(students)):
        return students.instructed(answerer, teaching)


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


def make_policy(scenario: Scenario, key: Literal["ask", "learn"]) -> Any:
    """Build the policy of a key (Any: it chooses questions or experiences); refuses one of unknown needs."""
    kind = "question_policy" if key == "ask" else "experience_policy"
    policy = make(scenario.ask.policy if key == "ask" else scenario.learn.policy, kind)
    try:
        known_needs(named(policy), policy, kind)
    except ContractError as error:
        raise ScenarioError(scenario.complaint(f"{key}.policy", str(error))) from error
    return policy


def make_settings(
    scenario: Scenario, teacher: Judge, trainer: Trainer, ask: SelectionPolicy[Question], sizes: Sizes
) -> StudentSettings:
    """Return what every student of the scenario does each turn."""
    learn: SelectionPolicy[Experience] = make_policy(scenario, "learn")
    return StudentSettings(
        judge=teacher,
        ask=ask,
        questions=sizes.asked,
        candidates=sizes.candidates,
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
        attempts=scenario.ask.attempts,
        exams=make_exams(scenario.evaluate),
        scorer=None if scenario.evaluate.scorer is None else make(scenario.evaluate.scorer, "judge"),
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
    ask: SelectionPolicy[Question] = make_policy(scenario, "ask")
    splits = {
        seed: split if "probe" in ask.needs else without_probe(split)
        for seed, split in read_questions(scenario, environment, list(dict.fromkeys(s.seed for s in seats))).items()
    }
    first = next(iter(splits.values()))
    refuse_unprobed(scenario, ask, first)
    check_attempts(scenario, students, seats, first)
    sizes = sizes_of(scenario, min(len(split.pool) for split in splits.values()), len(first.held_out))
    teacher: Judge = make(scenario.teacher, "judge")
    exact = make_exact_judge(scenario, environment, teacher)
    teacher = exact if teacher == exact else teacher
    for split in splits.values():
        refuse_unjudgeable(scenario, "teacher", teacher, split.pool)
    refuse_unjudgeable(scenario, "environment", exact, first.held_out)
    return Prepared(
        scenario=scenario,
        students=students,
        sampler=None if scenario.ask.sampler is None else make(scenario.ask.sampler, "students"),
        seats=seats,
        environment=environment,
        teacher=teacher,
        exact_judge=exact,
        settings=make_settings(scenario, teacher, make_trainer(scenario, students), ask, sizes),
        measures=measures,
        splits=splits,
        probe=first.probe,
        held_out=sample(first.held_out, sizes.evaluated),
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
        fault = in_line(error, find("judge", name)) if isinstance(error, ValidationError) else str(error)
        what = f"the exact judge {name!r} of {named(environment)!r}: {' '.join(fault.split())}"
        raise ScenarioError(scenario.complaint("environment", what)) from error
    return exact


def sample(questions: Sequence[Question], count: int) -> tuple[Question, ...]:
    """Draw the evaluation questions: by no seed of the scenario, so that every study measures on the same ones."""
    drawn = generator(0, 0, 0, "held out").choice(len(questions), size=count, replace=False)
    return tuple(questions[int(index)] for index in sorted(drawn))


def refuse_unprobed(scenario: Scenario, ask: SelectionPolicy[Question], splits: Splits) -> None:
    """Refuse a policy that measures on a probe set where the environment has none."""
    if "probe" in ask.needs and not splits.probe:
        what = f"{scenario.ask.policy.name} measures on a probe set, and {scenario.environment.name} has none"
        raise ScenarioError(scenario.complaint("ask.policy", f"{what}; give the environment one, or name another"))


def without_probe(splits: Splits) -> Splits:
    """Return the splits of a student whose policy measures on no probe set: one that can be spared may be asked too.

    The probe set stays where it is, for those who sit beside it and measure on it.
    """
    return replace(splits, pool=(*splits.pool, *splits.probe)) if splits.spare_probe else splits
