"""What a study's turns add up to, student by student, read one turn at a time.

What is kept grows with the number of evaluations, never with the number of answers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from simulation.core.errors import StoreError, nearest
from simulation.core.questions import Measure
from simulation.core.types import Question, Turn
from simulation.loop.world import HELD_OUT, PROBE
from simulation.measures.mending import Mending, mendings
from simulation.measures.methods import Values, ValueSums, estimate_of, moved
from simulation.measures.reliability import Reliability
from simulation.measures.statistics import Estimate, Interval, mean_interval
from simulation.measures.statistics.unseen import ROUNDING
from simulation.measures.tallies import ReasonTally, added, by_category, by_reason
from simulation.store.turn_sums import AnsweredAgain, Draw, Marks, QuestionSheets, TurnSums

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


class Learned(Protocol):
    """What a course keeps of an update until the next evaluation."""

    @property
    def experiences(self) -> int:
        """How many it trained on."""

    @property
    def metrics(self) -> Mapping[str, float]:
        """What the trainer measured, by name."""


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
    updates: list[Learned] = field(default_factory=list)
    draw: Draw = field(default_factory=Draw)
    tokens: int = 0
    again: dict[str, Mending] = field(default_factory=dict)
    """What was answered again since the first turn, by category."""
    exams: dict[int, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    """By turn, what each evaluation of the held-out set measured, by its name."""

    def take(self, outcome: TurnSums, sheets: QuestionSheets) -> None:
        """Take up a turn; `sheets` know the held-out questions, as far as they are known."""
        self.reliability.take(outcome.verdicts)
        self.take_again(outcome.again)
        self.pass_turn(
            outcome.turn,
            asked=len(outcome.verdicts),
            credit=sum(verdict.truth for verdict in outcome.verdicts),
            draw=outcome.draw,
            tokens=outcome.tokens,
            update=outcome.update,
            exams={name: marks.metrics for name, marks in outcome.evaluations.items()},
        )
        marks = outcome.evaluations.get(HELD_OUT)
        if marks is not None:
            sheet = sheets.of(marks.names)
            row = Row(sheet.digest, self.values(marks))
            self.measured(
                marks.questions,
                marks.metrics,
                row,
                categories=by_category(sheet, row.values),
                reasons=by_reason(sheet, marks),
            )

    def take_again(self, answers: Iterable[AnsweredAgain]) -> None:
        """Take up what was answered again."""
        self.again = added([self.again, mendings(answers)])

    def pass_turn(
        self,
        turn: int,
        *,
        asked: int,
        credit: float,
        draw: Draw,
        tokens: int,
        update: Learned | None,
        exams: Mapping[str, Mapping[str, float]],
    ) -> None:
        """Take up what happened in a turn, apart from verdicts; `exams` is what its evaluations measured, by name."""
        self.last_turn = turn
        self.asked += asked
        self.credit += credit
        self.draw += draw
        self.tokens += tokens
        if update is not None:
            self.updates.append(update)
        own_exams = {name: metrics for name, metrics in exams.items() if name != PROBE}
        if own_exams:
            self.exams[turn] = own_exams

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

    def measured(
        self,
        questions: int,
        metrics: Mapping[str, float],
        row: Row,
        *,
        categories: Mapping[str, ValueSums],
        reasons: Mapping[str, ReasonTally],
    ) -> None:
        """Take up the held-out evaluation at the end of the turn that was passed last."""
        graded = self.measure.graded
        changes: tuple[int, int] | tuple[None, None] = (None, None)
        if self.latest is not None and self.latest.questions == row.questions:
            changes = moved(self.latest.values, row.values, graded=graded)
        self.measurements.append(
            Measurement(
                turn=self.last_turn,
                value=metrics[self.measure.name] if self.measure.name in metrics else float(row.values.mean()),
                interval=estimate_of(row.values, graded=graded)[1:],
                questions=questions,
                asked=self.asked,
                credit=self.credit,
                trained=sum(update.experiences for update in self.updates),
                logprobs=logprobs(self.updates),
                rose=changes[0],
                fell=changes[1],
                confidence=metrics.get("confidence"),
                categories=categories,
                reasons=reasons,
                metrics=metrics,
                draw=self.draw,
                tokens=self.tokens,
            )
        )
        self.first, self.latest = self.first or row, row
        self.asked, self.credit, self.tokens = 0, 0.0, 0
        self.updates, self.draw = [], Draw()


def logprobs(updates: Sequence[Learned]) -> dict[str, Interval]:
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


def by_turn(courses: Sequence[Course]) -> dict[int, list[Measurement]]:
    """Return the measurements of every turn at which all students were measured."""
    groups: dict[int, list[Measurement]] = {}
    for course in courses:
        for measurement in course.measurements:
            groups.setdefault(measurement.turn, []).append(measurement)
    return {turn: groups[turn] for turn in sorted(groups) if len(groups[turn]) == len(courses)}


def over_students(measurements: Sequence[Measurement]) -> Estimate:
    """Return the mean of a turn's evaluations, within [0, 1], with its t interval over students.

    One student, and students that are all alike, say nothing of how students differ: theirs is that over questions.
    """
    values = [measurement.value for measurement in measurements]
    if max(values) - min(values) <= ROUNDING:
        return Estimate(values[0], *measurements[0].interval)
    estimate = mean_interval(values)
    return Estimate(estimate.value, max(0.0, estimate.low), min(1.0, estimate.high))


def pooled(measurements: Sequence[Measurement]) -> tuple[dict[str, ValueSums], dict[str, ReasonTally]]:
    """Add up the categories and the reasons of several measurements."""
    return (
        added(measurement.categories for measurement in measurements),
        added(measurement.reasons for measurement in measurements),
    )
