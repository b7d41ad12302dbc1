"""What a comparison's studies add up to, as arrays over seeds, held-out questions and evaluations."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulation.core.machine import cores
from simulation.core.questions import Measure
from simulation.loop.world import PROBE
from simulation.measures.exams import Exams
from simulation.measures.methods import Values
from simulation.measures.naming import known_before, known_in
from simulation.measures.summary import Course
from simulation.scenario.entries import Lineup
from simulation.store import DATABASE, Study, StudySums
from simulation.store.turn_sums import QuestionSheets, TurnSums

MANY_STUDENTS = 100
"""From here on reading takes longer than starting processes for it."""
COSTS = ("asked", "trained", "tokens", "scored", "measured")
"""What a student has spent by an evaluation: questions asked, experiences trained on, tokens that gradients went
through (0 where the trainer does not tell), questions whose options were scored for the policy, and questions put by
evaluations that the policy itself needs (the probe set)."""


@dataclass(slots=True)
class Played:
    """One student's way through a comparison."""

    courses: Mapping[str, Course]
    """By the name of the measure."""
    values: dict[str, list[NDArray[np.floating]]]
    """Of each evaluation, in the order of the questions, by the name of the measure."""
    costs: list[dict[str, float]] = field(default_factory=list)
    """Spent by each evaluation, since the beginning."""
    spent: dict[str, float] = field(default_factory=lambda: dict.fromkeys(COSTS, 0.0))
    exams: dict[str, list[dict[str, NDArray[np.floating]]]] = field(default_factory=dict)
    """By the name of an evaluation of the held-out set, of each time the values by the name of the measure."""
    failure: str = ""

    @classmethod
    def begin(cls, student: str, measures: Sequence[Measure], truth: Measure) -> "Played":
        """Return the beginning of a student's way, to be followed by these measures."""
        courses = {measure.name: Course(student, measure, truth) for measure in measures}
        return cls(courses, {measure.name: [] for measure in measures})

    @property
    def course(self) -> Course:
        """The course by the first measure."""
        return next(iter(self.courses.values()))

    def take(self, outcome: TurnSums, sheets: QuestionSheets) -> None:
        """Take up the student's next turn."""
        for course in self.courses.values():
            course.take(outcome, sheets)
        self.failure = outcome.failure
        self.spent["asked"] += len(outcome.verdicts)
        self.spent["scored"] += outcome.scored
        if outcome.update is not None:
            self.spent["trained"] += outcome.update.experiences
            self.spent["tokens"] += outcome.update.metrics.get("tokens", 0.0)
        if "probe" in outcome.evaluations:
            self.spent["measured"] += outcome.evaluations["probe"].questions
        if "held_out" in outcome.evaluations:
            for name, course in self.courses.items():
                self.values[name].append(narrowed(course.values(outcome.evaluations["held_out"])))
            self.costs.append(dict(self.spent))
        truth = self.course.truth.name
        for exam, marks in outcome.evaluations.items():
            if exam != PROBE:
                values = {name: narrowed(column) for name, column in {**marks.values, truth: marks.truths}.items()}
                self.exams.setdefault(exam, []).append(values)


def narrowed(values: Values) -> NDArray[np.floating]:
    """Return the values in half the space where that loses nothing, as of right and wrong answers."""
    narrow = values.astype(np.float32)
    return narrow if np.array_equal(narrow, values) else values


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """All that a comparison found."""

    labels: tuple[str, ...]
    seeds: tuple[int, ...]
    measures: tuple[Measure, ...]
    """Those asked for; the first is the one that counts."""
    truth: Measure
    """What the exact judges score."""
    turns: tuple[int, ...]
    """The turns at which students were evaluated."""
    students: Mapping[tuple[str, int], tuple[Played, ...]]
    """By label and seed: one student, or a class."""
    missing: tuple[tuple[str, int, str], ...]
    """Label, seed and reason of every student or class that did not come to the end."""
    trace_hashes: tuple[str, ...]
    """Of each cohort's study, in their order."""
    exams: Exams | None = None
    """The temperatures at which all were measured, where there are several."""

    def whole(self, labels: Sequence[str]) -> list[int]:
        """Return the seeds at which all of these labels came to the end."""
        lost = {(label, seed) for label, seed, _ in self.missing}
        return [seed for seed in self.seeds if not any((label, seed) in lost for label in labels)]

    def values(self, measure: Measure, label: str, seeds: Sequence[int]) -> Values:
        """Return the measure's values `[seeds, evaluations, questions]` in [0, 1]; those of a class are its means."""
        rows = []
        for seed in seeds:
            member_values = [np.stack(played.values[measure.name]) for played in self.students[label, seed]]
            rows.append(np.mean(member_values, axis=0, dtype=np.float64))
        return np.stack(rows)

    def exam(self, exam: str, measure: str, label: str, seeds: Sequence[int], at: int = -1) -> Values:
        """Return a measure's values `[seeds, questions]` in one of an exam's evaluations; those of a class are means.

        Raises KeyError where the measure is not stored of every answer.
        """
        rows = [
            np.mean(
                [played.exams[exam][at][measure] for played in self.students[label, seed]], axis=0, dtype=np.float64
            )
            for seed in seeds
        ]
        return np.stack(rows)

    def measured(self, exam: str, measure: str, label: str, seeds: Sequence[int], at: int = -1) -> bool:
        """Say whether an evaluation of all these students holds a measure of every answer."""
        return all(measure in played.exams[exam][at] for seed in seeds for played in self.students[label, seed])

    def costs(self, label: str, seeds: Sequence[int], cost: str) -> NDArray[np.float64]:
        """Return what was spent by each evaluation, `[seeds, evaluations]`; a class counts all its students."""
        return np.array(
            [
                np.sum([[spent[cost] for spent in played.costs] for played in self.students[label, seed]], axis=0)
                for seed in seeds
            ]
        )

    def courses(self, label: str, measure: Measure | None = None) -> list[Course]:
        """Return the courses of a label's students that came to the end, by the first measure or another."""
        name = (measure or self.measures[0]).name
        return [played.courses[name] for seed in self.whole([label]) for played in self.students[label, seed]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What one cohort's study holds."""

    trace_hash: str
    students: Mapping[str, Played]
    places: Mapping[str, tuple[str, int]]
    """Label and seed of each student."""
    unfinished: str
    """Why the study is not at its end, if so."""


def known_to(lineup: Lineup, cohorts: Sequence[tuple[Lineup, Path]]) -> dict[str, Measure]:
    """Return by name the measures that a comparison holds, the truth first, or will hold where nothing is begun."""
    for _, folder in cohorts:
        if (folder / DATABASE).is_file():
            with Study.open(folder) as study:
                return known_in(study)
    return known_before(lineup)


def read_results(
    lineup: Lineup,
    cohorts: Sequence[tuple[Lineup, Path]],
    measures: Sequence[Measure] = (),
    beside: Sequence[str] = (),
) -> Results:
    """Add up what the studies of a comparison hold so far, by the measures given or the truth alone.

    `cohorts` say of each what it plays, and its study's folder; `beside` names what else is wanted of exams.
    """
    truth = next(iter(known_to(lineup, cohorts).values()))
    measures = tuple(measures) or (truth,)
    exams = Exams.of(lineup)
    wanted = beside if exams is not None else ()
    reads = read_cohorts([folder for _, folder in cohorts], measures, wanted, students=len(lineup.seats))
    students, missing = seated([cohort for cohort, _ in cohorts], reads)
    courses = [played.course for members in students.values() for played in members.values()]
    return Results(
        labels=lineup.labels,
        seeds=lineup.seeds,
        measures=measures,
        truth=truth,
        turns=max(
            (tuple(measurement.turn for measurement in course.measurements) for course in courses), key=len, default=()
        ),
        students={place: tuple(members.values()) for place, members in students.items()},
        missing=tuple(missing),
        trace_hashes=tuple(read.trace_hash for read in reads if read is not None),
        exams=exams,
    )


def seated(
    cohorts: Sequence[Lineup], reads: Sequence["Read | None"]
) -> tuple[dict[tuple[str, int], dict[str, Played]], list[tuple[str, int, str]]]:
    """Return the students by label and seed, then by name, and who is missing: label, seed and reason."""
    students: dict[tuple[str, int], dict[str, Played]] = {}
    missing: list[tuple[str, int, str]] = []
    for cohort, read in zip(cohorts, reads, strict=True):
        reason = "not begun" if read is None else read.unfinished
        if reason:
            missing += [(label, seed, reason) for label in cohort.labels for seed in cohort.seeds]
        if read is None:
            continue
        for student, played in read.students.items():
            students.setdefault(read.places[student], {})[student] = played
        for place in () if reason else dict.fromkeys(read.places.values()):
            failures = [played.failure for played in students[place].values() if played.failure]
            missing += [(*place, failures[0])] if failures else []
    return students, missing


def read_cohorts(
    folders: Sequence[Path], measures: Sequence[Measure], beside: Sequence[str], *, students: int
) -> list[Read | None]:
    """Read every cohort's study, None for those not begun; many students in as many processes as there are cores."""
    read = partial(read_cohort, measures=measures, beside=beside)
    if len(folders) == 1 or students < MANY_STUDENTS:
        return [read(folder) for folder in folders]
    workers = min(len(folders), cores())
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(read, folders))


def read_cohort(folder: Path, measures: Sequence[Measure], beside: Sequence[str] = ()) -> Read | None:
    """Read a study's turns one at a time."""
    if not (folder / DATABASE).is_file():
        return None
    with Study.open(folder) as study:
        sheets = QuestionSheets({question.id: question for question in study.question_set("held_out")})
        truth = study.measures[0]
        students = {seat.name: Played.begin(seat.name, measures, truth) for seat in study.seats}
        for outcome in StudySums(study, [*beside, *(measure.name for measure in measures if measure != truth)]):
            students[outcome.student].take(outcome, sheets)
        return Read(
            trace_hash=study.trace_hash,
            students=students,
            places={seat.name: (seat.label, seat.seed) for seat in study.seats},
            unfinished="" if study.status == "finished" else f"stopped at turn {study.last_turn}",
        )
