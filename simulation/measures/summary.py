"""What a study's turns add up to, student by student, read one turn at a time.

What is kept grows with the number of evaluations, never with the number of answers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simulation.core.errors import StoreError, nearest
from simulation.core.questions import Measure
from simulation.core.seeding import generator
from simulation.core.types import Question, Turn, Update
from simulation.loop.world import HELD_OUT, PROBE
from simulation.measures.methods import Values, ValueSums, estimate_of, moved, p_of_change
from simulation.measures.reliability import Reliability
from simulation.measures.statistics import Estimate, Interval, Tested, bootstrap, mean_interval
from simulation.measures.statistics.unseen import with_unseen
from simulation.measures.tallies import ReasonTally, added, by_category, by_reason
from simulation.store.turn_sums import Draw, Marks, QuestionSheet, QuestionSheets, TurnSums

LEVEL = 0.95
BEFORE, AFTER = "logprob_before", "logprob_after"
"""How a trainer's metrics name the mean log-probability of what it trained on, around an update."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One held-out evaluation, and what happened since the one before."""

    turn: int
    value: float
    """The mean over the questions."""
    interval: Interval
    """Of 95 %, over other questions."""
    questions: int
    asked: int
    """How many answers were given."""
    credit: float
    """The sum of their truths: how many were truly right, where they are right or wrong."""
    trained: int
    """How many experiences the updates trained on."""
    logprobs: Mapping[str, Interval]
    """Mean log-probability, nats, before and after the updates, by what was trained ("chosen", "rejected")."""
    rose: int | None
    """Held-out questions whose value rose, from wrong to right or by any step; None where others were put before."""
    fell: int | None
    """Held-out questions whose value fell."""
    confidence: float | None
    categories: Mapping[str, ValueSums]
    """The values of the questions by category."""
    reasons: Mapping[str, ReasonTally]
    """What came of the answers, by the reason of their truth."""
    metrics: Mapping[str, float]
    """All that the evaluation measured, such as "pass@1"."""
    draw: Draw
    """What the updates learned from."""
    tokens: int
    """Written in answers that were learned from."""


@dataclass(frozen=True, slots=True)
class Row:
    """A measure's value of each question of an evaluation, in their order."""

    questions: bytes
    """A hash of the questions' ids."""
    values: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How the mean of a measure changed from the first evaluation to the last."""

    first: float
    last: float
    questions: int
    students: int
    difference: Estimate
    """Its interval covers the questions that might have been put instead and, from three students on, the students."""
    p: float | None
    """McNemar's exact p, for one student whose answers are right or wrong."""

    @property
    def tells(self) -> bool:
        """Whether the direction is known."""
        return self.difference.tells and (self.p is None or self.p < 0.05)


@dataclass(slots=True)
class Course:
    """One student's way through a study, by one measure."""

    student: str
    measure: Measure
    truth: Measure
    """What the exact judge scores."""
    measurements: list[Measurement] = field(default_factory=list)
    reliability: Reliability = field(default_factory=Reliability)
    last_turn: int = -1
    first: Row | None = None
    latest: Row | None = None
    asked: int = 0
    """Since the last evaluation, like what follows."""
    credit: float = 0.0
    updates: list[Update] = field(default_factory=list)
    draw: Draw = field(default_factory=Draw)
    tokens: int = 0
    exams: dict[int, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    """By turn, what each evaluation of the held-out set measured, by its name."""

    def take(self, outcome: TurnSums, sheets: QuestionSheets) -> None:
        """Take up a turn; `sheets` know the held-out questions, as far as they are known."""
        self.last_turn = outcome.turn
        self.reliability.take(outcome.verdicts)
        self.asked += len(outcome.verdicts)
        self.credit += sum(verdict.truth for verdict in outcome.verdicts)
        self.draw += outcome.draw
        self.tokens += outcome.tokens
        if outcome.update is not None:
            self.updates.append(outcome.update)
        exams = {name: marks.metrics for name, marks in outcome.evaluations.items() if name != PROBE}
        if exams:
            self.exams[outcome.turn] = exams
        marks = outcome.evaluations.get(HELD_OUT)
        if marks is not None:
            self._measure(outcome.turn, marks, sheets.of(marks.names))

    def values(self, marks: Marks) -> Values:
        """Return the measure's value of each question of an evaluation; raises StoreError where it is not stored."""
        if self.measure == self.truth:
            return marks.truths
        if self.measure.name not in marks.values:
            raise StoreError(
                f"an evaluation of {self.student!r} holds no {self.measure.name!r} of every answer; "
                f"{nearest(self.measure.name, marks.values)}"
            )
        return marks.values[self.measure.name]

    def _measure(self, turn: int, marks: Marks, sheet: QuestionSheet) -> None:
        graded, row = self.measure.graded, Row(sheet.digest, self.values(marks))
        changes: tuple[int, int] | tuple[None, None] = (None, None)
        if self.latest is not None and self.latest.questions == row.questions:
            changes = moved(self.latest.values, row.values, graded=graded)
        self.measurements.append(
            Measurement(
                turn=turn,
                value=marks.metrics.get(self.measure.name, float(row.values.mean())),
                interval=estimate_of(row.values, graded=graded)[1:],
                questions=marks.questions,
                asked=self.asked,
                credit=self.credit,
                trained=sum(update.experiences for update in self.updates),
                logprobs=logprobs(self.updates),
                rose=changes[0],
                fell=changes[1],
                confidence=marks.metrics.get("confidence"),
                categories=by_category(sheet, row.values),
                reasons=by_reason(sheet, marks),
                metrics=marks.metrics,
                draw=self.draw,
                tokens=self.tokens,
            )
        )
        self.first, self.latest = self.first or row, row
        self.asked, self.credit, self.tokens = 0, 0.0, 0
        self.updates, self.draw = [], Draw()


def logprobs(updates: Sequence[Update]) -> dict[str, Interval]:
    """Return the mean log-probability before and after the updates, by what was trained, weighted by experiences."""
    kinds = sorted({name.removesuffix(AFTER) for update in updates for name in update.metrics if name.endswith(AFTER)})
    means = {}
    for kind in kinds:
        reporting = [update for update in updates if kind + BEFORE in update.metrics and kind + AFTER in update.metrics]
        weights = [update.experiences for update in reporting]
        if sum(weights):
            before = float(np.average([update.metrics[kind + BEFORE] for update in reporting], weights=weights))
            after = float(np.average([update.metrics[kind + AFTER] for update in reporting], weights=weights))
            means[kind.strip("_") or "trained"] = (before, after)
    return means


def summarise(
    turns: Iterable[Turn],
    truth: Measure,
    questions: Mapping[str, Question] | None = None,
    *,
    measure: Measure | None = None,
) -> list[Course]:
    """Add up turns, of one student or of many, each student's in order, by the truth or another measure.

    `questions` are the held-out ones by id.
    """
    wanted = [measure] if measure is not None else []
    return add_up((TurnSums.of(turn, wanted) for turn in turns), truth, questions, measure=measure)


def add_up(
    sums: Iterable[TurnSums],
    truth: Measure,
    questions: Mapping[str, Question] | None = None,
    *,
    measure: Measure | None = None,
) -> list[Course]:
    """Add up what turns add to sums, as `summarise` does."""
    courses: dict[str, Course] = {}
    sheets = QuestionSheets(questions or {})
    for turn_sums in sums:
        course = courses.setdefault(turn_sums.student, Course(turn_sums.student, measure or truth, truth))
        course.take(turn_sums, sheets)
    return list(courses.values())


def change(courses: Sequence[Course]) -> Change | None:
    """Return how the mean changed, or None where no student was measured twice on the same questions."""
    paired = [
        (course.first, course.latest)
        for course in courses
        if len(course.measurements) > 1
        and course.first is not None
        and course.latest is not None
        and course.first.questions == course.latest.questions
    ]
    if not paired:
        return None
    pairs = [(before.values, after.values) for before, after in paired]
    shared = len({before.questions for before, _ in paired}) == 1
    return Change(
        first=float(np.mean([before.mean() for before, _ in pairs])),
        last=float(np.mean([after.mean() for _, after in pairs])),
        questions=pairs[0][0].size,
        students=len(pairs),
        difference=difference([after - before for before, after in pairs], shared, graded=courses[0].measure.graded),
        p=p_of_change(*pairs[0], graded=courses[0].measure.graded) if len(pairs) == 1 else None,
    )


def difference(rows: Sequence[Values], shared: bool, *, graded: bool) -> Estimate:
    """Return the mean difference of students, a row each, with an interval that leaves room for what was not seen."""
    table_SQ = np.stack(rows) if shared else np.concatenate(rows)[None, :]
    test = Tested(*resampled(rows, shared), 1.0)
    return Estimate(*with_unseen(test, table_SQ, LEVEL, graded=graded)[:3])


def resampled(rows: Sequence[Values], shared: bool) -> Estimate:
    """Return the mean difference of students, a row each, with an interval that does not overstate what few tell.

    A bootstrap of few students is too narrow, and a t interval over students ignores that they share their questions:
    the interval reaches as far as either. Two students say nothing of others, so theirs is over questions alone.
    """
    stream = generator(0, 0, 0, "report")
    if len(rows) == 2 and shared:
        return bootstrap([np.mean(rows, axis=0)], generator=stream, shared_questions=True)
    bootstrap_estimate = bootstrap(rows, generator=stream, shared_questions=shared)
    if len(rows) < 3:
        return bootstrap_estimate
    t_estimate = mean_interval([row.mean() for row in rows])
    low, high = min(bootstrap_estimate.low, t_estimate.low), max(bootstrap_estimate.high, t_estimate.high)
    return Estimate(bootstrap_estimate.value, low, high)


def by_turn(courses: Sequence[Course]) -> dict[int, list[Measurement]]:
    """Return the measurements of every turn at which all students were measured."""
    groups: dict[int, list[Measurement]] = {}
    for course in courses:
        for measurement in course.measurements:
            groups.setdefault(measurement.turn, []).append(measurement)
    return {turn: groups[turn] for turn in sorted(groups) if len(groups[turn]) == len(courses)}


def pooled(measurements: Sequence[Measurement]) -> tuple[dict[str, ValueSums], dict[str, ReasonTally]]:
    """Add up the categories and the reasons of several measurements."""
    return (
        added(measurement.categories for measurement in measurements),
        added(measurement.reasons for measurement in measurements),
    )
