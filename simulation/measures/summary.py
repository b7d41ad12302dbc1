"""What a study's turns add up to, student by student, read one turn at a time.

What is kept grows with the number of evaluations, never with the number of answers.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulation.core.seeding import generator
from simulation.core.types import Question, Turn, Update
from simulation.measures.reliability import Reliability
from simulation.measures.statistics import Estimate, Interval, bootstrap, mcnemar, mean_interval, wilson
from simulation.store.turn_sums import Draw, Marks, QuestionSheet, QuestionSheets, TurnSums

HALF = 0.5
"""An answer counts as right from this truth on; of several answers to a question, most have to be."""
RIGHT = "right"
"""The diagnosis of the right choice."""
FILLER = "filler"
"""The diagnosis of a choice that reveals nothing."""
BEFORE, AFTER = "logprob_before", "logprob_after"
"""How a trainer's metrics name the mean log-probability of what it trained on, around an update."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One held-out evaluation, and what happened since the one before."""

    turn: int
    accuracy: float
    questions: int
    asked: int
    """How many answers were given."""
    right: int
    """How many of them were truly right."""
    trained: int
    """How many experiences the updates trained on."""
    logprobs: Mapping[str, Interval]
    """Mean log-probability, nats, before and after the updates, by what was trained ("chosen", "rejected")."""
    corrected: int | None
    """Held-out answers that went from wrong to right; None where the evaluation before put other questions."""
    forgotten: int | None
    """Held-out answers that went from right to wrong."""
    confidence: float | None
    categories: Mapping[str, tuple[float, int]]
    """Sum of truth and number of questions by category."""
    diagnoses: Mapping[str, int]
    """How many answers revealed what."""
    metrics: Mapping[str, float]
    """All that the evaluation measured, such as "pass@1"."""
    draw: Draw
    """What the updates learned from."""
    tokens: int
    """Written in answers that were learned from."""

    @property
    def interval(self) -> Interval:
        """The 95 % Wilson interval of the accuracy."""
        return wilson(self.accuracy * self.questions, self.questions)


@dataclass(frozen=True, slots=True)
class Truths:
    """The truth of each answer of an evaluation, in the order of its questions."""

    questions: bytes
    """A hash of the questions' ids."""
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How an accuracy changed from the first evaluation to the last."""

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
    """One student's way through a study."""

    student: str
    measurements: list[Measurement] = field(default_factory=list)
    reliability: Reliability = field(default_factory=Reliability)
    last_turn: int = -1
    first: Truths | None = None
    latest: Truths | None = None
    asked: int = 0
    """Since the last evaluation, like the next two."""
    right: int = 0
    updates: list[Update] = field(default_factory=list)
    draw: Draw = field(default_factory=Draw)
    tokens: int = 0

    def take(self, outcome: TurnSums, sheets: QuestionSheets) -> None:
        """Take up a turn; `sheets` know the held-out questions, as far as they are known."""
        self.last_turn = outcome.turn
        self.reliability.take(outcome.verdicts)
        self.asked += len(outcome.verdicts)
        self.right += sum(verdict.truth >= HALF for verdict in outcome.verdicts)
        self.draw += outcome.draw
        self.tokens += outcome.tokens
        if outcome.update is not None:
            self.updates.append(outcome.update)
        marks = outcome.evaluations.get("held_out")
        if marks is not None:
            self._measure(outcome.turn, marks, sheets.of(marks.names))

    def _measure(self, turn: int, marks: Marks, sheet: QuestionSheet) -> None:
        truths = Truths(sheet.digest, marks.truths)
        paired = self.latest is not None and self.latest.questions == truths.questions
        before = self.latest.values >= HALF if paired and self.latest is not None else np.zeros(0, dtype=np.bool_)
        after = truths.values >= HALF
        categories, diagnoses = sheet.revealed(marks)
        self.measurements.append(
            Measurement(
                turn=turn,
                accuracy=marks.metrics["accuracy"],
                questions=marks.questions,
                asked=self.asked,
                right=self.right,
                trained=sum(update.experiences for update in self.updates),
                logprobs=logprobs(self.updates),
                corrected=int(np.sum(~before & after)) if paired else None,
                forgotten=int(np.sum(before & ~after)) if paired else None,
                confidence=marks.metrics.get("confidence"),
                categories=categories,
                diagnoses=diagnoses,
                metrics=marks.metrics,
                draw=self.draw,
                tokens=self.tokens,
            )
        )
        self.first, self.latest = self.first or truths, truths
        self.asked = self.right = self.tokens = 0
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


def summarise(turns: Iterable[Turn], questions: Mapping[str, Question] | None = None) -> list[Course]:
    """Add up turns, of one student or of many, each student's in order; `questions` are the held-out ones by id."""
    courses: dict[str, Course] = {}
    sheets = QuestionSheets(questions or {})
    for turn in turns:
        courses.setdefault(turn.student, Course(turn.student)).take(TurnSums.of(turn), sheets)
    return list(courses.values())


def change(courses: Sequence[Course]) -> Change | None:
    """Return how the mean accuracy changed, or None where no student was measured twice on the same questions."""
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
    differences = [after - before for before, after in pairs]
    shared = len({before.questions for before, _ in paired}) == 1
    p = None
    if len(pairs) == 1 and np.isin(pairs[0], (0.0, 1.0)).all():
        before, after = (values >= HALF for values in pairs[0])
        p = mcnemar(int(np.sum(before & ~after)), int(np.sum(~before & after)))
    return Change(
        first=float(np.mean([before.mean() for before, _ in pairs])),
        last=float(np.mean([after.mean() for _, after in pairs])),
        questions=pairs[0][0].size,
        students=len(pairs),
        difference=difference(differences, shared),
        p=p,
    )


def difference(rows: Sequence[NDArray[np.float64]], shared: bool) -> Estimate:
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


def misconceptions(diagnoses: Mapping[str, int]) -> int:
    """Count the answers that revealed a misconception."""
    return sum(count for name, count in diagnoses.items() if name not in (RIGHT, FILLER))


def by_turn(courses: Sequence[Course]) -> dict[int, list[Measurement]]:
    """Return the measurements of every turn at which all students were measured."""
    groups: dict[int, list[Measurement]] = {}
    for course in courses:
        for measurement in course.measurements:
            groups.setdefault(measurement.turn, []).append(measurement)
    return {turn: groups[turn] for turn in sorted(groups) if len(groups[turn]) == len(courses)}


def pooled(measurements: Sequence[Measurement]) -> tuple[dict[str, tuple[float, int]], dict[str, int]]:
    """Add up the categories and diagnoses of several measurements."""
    sums: dict[str, tuple[float, int]] = {}
    diagnoses: Counter[str] = Counter()
    for measurement in measurements:
        for category, (truth, count) in measurement.categories.items():
            earlier_truth, earlier_count = sums.get(category, (0.0, 0))
            sums[category] = earlier_truth + truth, earlier_count + count
        diagnoses.update(measurement.diagnoses)
    return sums, dict(diagnoses)
