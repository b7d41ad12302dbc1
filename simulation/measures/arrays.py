"""What a comparison's studies add up to, as arrays over seeds, held-out questions and evaluations."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulation.core.machine import cores
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

    course: Course
    truths: list[NDArray[np.float32]] = field(default_factory=list)
    """Of each evaluation, in the order of the questions."""
    costs: list[dict[str, float]] = field(default_factory=list)
    """Spent by each evaluation, since the beginning."""
    spent: dict[str, float] = field(default_factory=lambda: dict.fromkeys(COSTS, 0.0))
    failure: str = ""

    def take(self, outcome: TurnSums, sheets: QuestionSheets) -> None:
        """Take up the student's next turn."""
        self.course.take(outcome, sheets)
        self.failure = outcome.failure
        self.spent["asked"] += len(outcome.verdicts)
        self.spent["scored"] += outcome.scored
        if outcome.update is not None:
            self.spent["trained"] += outcome.update.experiences
            self.spent["tokens"] += outcome.update.metrics.get("tokens", 0.0)
        if "probe" in outcome.evaluations:
            self.spent["measured"] += outcome.evaluations["probe"].questions
        if "held_out" in outcome.evaluations:
            self.truths.append(outcome.evaluations["held_out"].truths.astype(np.float32))
            self.costs.append(dict(self.spent))


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """All that a comparison found."""

    labels: tuple[str, ...]
    seeds: tuple[int, ...]
    turns: tuple[int, ...]
    """The turns at which students were evaluated."""
    students: Mapping[tuple[str, int], tuple[Played, ...]]
    """By label and seed: one student, or a class."""
    missing: tuple[tuple[str, int, str], ...]
    """Label, seed and reason of every student or class that did not come to the end."""
    trace_hashes: tuple[str, ...]
    """Of each cohort's study, in their order."""

    def whole(self, labels: Sequence[str]) -> list[int]:
        """Return the seeds at which all of these labels came to the end."""
        lost = {(label, seed) for label, seed, _ in self.missing}
        return [seed for seed in self.seeds if not any((label, seed) in lost for label in labels)]

    def truths(self, label: str, seeds: Sequence[int]) -> NDArray[np.float64]:
        """Return the truths `[seeds, evaluations, questions]` in [0, 1]; those of a class are its means."""
        rows = []
        for seed in seeds:
            member_truths = [np.stack(played.truths) for played in self.students[label, seed]]
            rows.append(np.mean(member_truths, axis=0, dtype=np.float64))
        return np.stack(rows)

    def costs(self, label: str, seeds: Sequence[int], cost: str) -> NDArray[np.float64]:
        """Return what was spent by each evaluation, `[seeds, evaluations]`; a class counts all its students."""
        return np.array(
            [
                np.sum([[spent[cost] for spent in played.costs] for played in self.students[label, seed]], axis=0)
                for seed in seeds
            ]
        )

    def courses(self, label: str) -> list[Course]:
        """Return the courses of a label's students that came to the end."""
        return [played.course for seed in self.whole([label]) for played in self.students[label, seed]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What one cohort's study holds."""

    trace_hash: str
    students: Mapping[str, Played]
    places: Mapping[str, tuple[str, int]]
    """Label and seed of each student."""
    unfinished: str
    """Why the study is not at its end, if so."""


def read_results(lineup: Lineup, cohorts: Sequence[tuple[Lineup, Path]]) -> Results:
    """Add up what the studies of a comparison hold so far: of each cohort what it plays, and its study's folder."""
    students: dict[tuple[str, int], dict[str, Played]] = {}
    missing: list[tuple[str, int, str]] = []
    reads = read_cohorts([folder for _, folder in cohorts], students=len(lineup.seats))
    for (cohort, _), read in zip(cohorts, reads, strict=True):
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
    courses = [played.course for members in students.values() for played in members.values()]
    return Results(
        labels=lineup.labels,
        seeds=lineup.seeds,
        turns=max(
            (tuple(measurement.turn for measurement in course.measurements) for course in courses), key=len, default=()
        ),
        students={place: tuple(members.values()) for place, members in students.items()},
        missing=tuple(missing),
        trace_hashes=tuple(read.trace_hash for read in reads if read is not None),
    )


def read_cohorts(folders: Sequence[Path], *, students: int) -> list[Read | None]:
    """Read every cohort's study, None for those not begun; many students in as many processes as there are cores."""
    if len(folders) == 1 or students < MANY_STUDENTS:
        return [read_cohort(folder) for folder in folders]
    workers = min(len(folders), cores())
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(read_cohort, folders))


def read_cohort(folder: Path) -> Read | None:
    """Read a study's turns one at a time."""
    if not (folder / DATABASE).is_file():
        return None
    with Study.open(folder) as study:
        sheets = QuestionSheets({question.id: question for question in study.question_set("held_out")})
        students = {seat.name: Played(Course(seat.name)) for seat in study.seats}
        for outcome in StudySums(study):
            students[outcome.student].take(outcome, sheets)
        return Read(
            trace_hash=study.trace_hash,
            students=students,
            places={seat.name: (seat.label, seat.seed) for seat in study.seats},
            unfinished="" if study.status == "finished" else f"stopped at turn {study.last_turn}",
        )
