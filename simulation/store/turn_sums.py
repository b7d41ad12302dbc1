"""What a turn adds to the sums over a study: no texts, and evaluations as columns."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

import numpy as np
from numpy.typing import NDArray

from simulation.core.questions import Measure, computed, sources
from simulation.core.types import Answer, Evaluation, Experience, Question, Selection, Turn, Update
from simulation.quality.rightness import pass_at
from simulation.store.columns import in_order

Values = NDArray[np.float64]

SAME = 1e-9
"""A score that differs from the truth by no more than this is the truth."""


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """What a teacher said of an answer, beside what is true."""

    category: str
    """Of the question."""
    truth: float
    score: float


@dataclass(frozen=True, slots=True)
class AnsweredAgain:
    """A question that was answered again: how right its first answer was, and its last."""

    category: str
    """Of the question."""
    first: float
    last: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answers of an evaluation by column; the columns are parallel."""

    names: tuple[str, ...]
    """The ids of their questions."""
    truths: Sequence[float]
    choices: Sequence[int | None]
    reasons: Sequence[str]
    metrics: Mapping[str, Sequence[float | None]]
    """By the name of the measure; None where an answer was not measured by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """An evaluation by column, an entry a question; the columns are parallel."""

    questions: int
    metrics: Mapping[str, float]
    names: tuple[str, ...]
    """The ids of the questions."""
    truths: Values
    """Means over the answers to each question."""
    choices: tuple[int | None, ...]
    """Of the first answer to each question."""
    reasons: tuple[str, ...]
    """Of the first answer to each question."""
    values: Mapping[str, Values]
    """Of the other measures by name, as far as each answer has them, and "pass@k" where questions have several."""

    @classmethod
    def of(cls, evaluation: Evaluation, measures: Sequence[Measure] = (), only: Collection[str] | None = None) -> Self:
        """Return an evaluation by column, with those of the measures that are computed; others all, or those named."""
        results = evaluation.results
        names = [] if only == () else sorted({name for result in results for name in result.metrics})
        answers = Answered(
            names=tuple([result.question_id for result in results]),
            truths=[result.truth for result in results],
            choices=[result.choice for result in results],
            reasons=[result.reason for result in results],
            metrics={name: [result.metrics.get(name) for result in results] for name in names},
        )
        return cls.collected(evaluation.questions, evaluation.metrics, answers, measures, only)

    @classmethod
    def collected(
        cls,
        questions: int,
        metrics: Mapping[str, float],
        answers: Answered,
        measures: Sequence[Measure] = (),
        only: Collection[str] | None = None,
    ) -> Self:
        """Return the marks of answers, by the truth and by all other measures or those named.

        Of `measures`, those that have a formula are computed.
        """
        names = tuple(dict.fromkeys(answers.names))
        place_of = {name: place for place, name in enumerate(names)}
        places = np.array([place_of[name] for name in answers.names], dtype=np.int64)
        firsts = np.unique(places, return_index=True)[1].tolist()
        hidden = sources(measures)
        columns = {
            name: np.array(column, dtype=np.float64)
            for name, column in answers.metrics.items()
            if None not in column and name not in hidden
        } | computed(measures, answers.metrics)
        truths = np.array(answers.truths, dtype=np.float64)
        values = {name: means(column, places) for name, column in columns.items()}
        return cls(
            questions=questions,
            metrics=metrics,
            names=names,
            truths=means(truths, places),
            choices=tuple([answers.choices[first] for first in firsts]),
            reasons=tuple([answers.reasons[first] for first in firsts]),
            values={
                name: column
                for name, column in {**values, **passes(truths, places)}.items()
                if only is None or name in only
            },
        )


def means(values: Values, places: NDArray[np.int64]) -> Values:
    """Return the mean of the values at each place."""
    counts = np.bincount(places)
    return values if counts.size == values.size else np.bincount(places, values) / counts


def passes(truths: Values, places: NDArray[np.int64]) -> dict[str, Values]:
    """Return pass@k of the question at each place, by name; of questions with one answer, or not equally many, none."""
    counts = np.bincount(places)
    samples = int(counts.max(initial=0))
    if samples < 2 or (counts != samples).any():
        return {}
    right_counts = np.bincount(places, truths >= 1).astype(np.int64).tolist()
    return {
        f"pass@{k}": np.array([pass_at(k, samples, right) for right in right_counts], dtype=np.float64)
        for k in range(1, samples + 1)
    }


@dataclass(frozen=True, slots=True)
class Draw:
    """What updates learned from, in sums."""

    lessons: int = 0
    passing: int = 0
    """How many of them had the full feedback score."""
    scored: int = 0
    """How many have a score by which they were chosen."""
    score: float = 0.0
    """The sum of these."""

    def __add__(self, other: "Draw") -> "Draw":
        """Return the sums of both."""
        return Draw(
            self.lessons + other.lessons,
            self.passing + other.passing,
            self.scored + other.scored,
            self.score + other.score,
        )

    @classmethod
    def of(cls, lessons: Sequence[Selection[Experience]]) -> "Draw":
        """Return the sums of a turn's lessons."""
        scores = [lesson.score for lesson in lessons if lesson.score is not None]
        passing = sum(lesson.item.feedback.score >= 1 for lesson in lessons)
        return cls(len(lessons), passing, len(scores), in_order(scores))


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSums:
    """A turn without its texts."""

    turn: int
    student: str
    verdicts: Sequence[JudgedAnswer]
    """Of each experience."""
    scored: int
    """How many questions' options were scored for the policy, those of a committee by each of its students."""
    update: Update | None
    evaluations: Mapping[str, Marks]
    failure: str
    draw: Draw
    tokens: int
    """Written in the turn's answers, those given again included, as far as they are known."""
    again: Sequence[AnsweredAgain] = ()

    @classmethod
    def of(cls, turn: Turn, measures: Sequence[Measure] = (), only: Collection[str] | None = None) -> Self:
        """Return a turn without its texts; of `measures`, those that have a formula are computed.

        Of the truth every value is there, of other measures all or those of the names in `only`.
        """
        return cls(
            turn=turn.turn,
            student=turn.student,
            verdicts=[
                JudgedAnswer(experience.question.category, experience.truth, experience.feedback.score)
                for experience in turn.experiences
            ],
            scored=len(turn.predictions) + sum(len(rows) for rows in turn.committee.values()),
            update=turn.update,
            evaluations={name: Marks.of(evaluation, measures, only) for name, evaluation in turn.evaluations.items()},
            failure=turn.failure,
            draw=Draw.of(turn.lessons),
            tokens=sum(answer.tokens or 0 for answer in answers_of(turn)),
            again=answered_again(turn),
        )


def answers_of(turn: Turn) -> list[Answer]:
    """Return the answers of a turn, those given again last."""
    first = [experience.answer for experience in turn.experiences]
    return first + [attempt.answer for attempt in turn.attempts]


def answered_again(turn: Turn) -> list[AnsweredAgain]:
    """Return the questions of a turn that were answered again, in their order."""
    last = {attempt.position: attempt.truth for attempt in turn.attempts}
    return [
        AnsweredAgain(experience.question.category, experience.truth, last[experience.position])
        for experience in turn.experiences
        if experience.position in last
    ]


@dataclass(frozen=True, slots=True)
class QuestionSheet:
    """What is known of the questions that an evaluation puts."""

    digest: bytes
    """A hash of their ids."""
    categories: tuple[str, ...]
    places: NDArray[np.int64]
    """Of each question's category among `categories`; behind the last where the question is not known."""
    reveals: tuple[tuple[str, ...], ...]
    """What each of a question's alternatives reveals."""


class QuestionSheets:
    """The sheets of a study, made once each: its evaluations put the same questions again and again."""

    def __init__(self, questions: Mapping[str, Question]) -> None:
        """Know questions by their ids."""
        self._questions = questions
        self._sheets: dict[tuple[str, ...], QuestionSheet] = {}

    def of(self, names: tuple[str, ...]) -> QuestionSheet:
        """Return the sheet of these questions."""
        if names not in self._sheets:
            self._sheets[names] = self._make(names)
        return self._sheets[names]

    def _make(self, names: tuple[str, ...]) -> QuestionSheet:
        questions = [self._questions.get(name) for name in names]
        categories = sorted({question.category for question in questions if question is not None})
        places = [
            len(categories) if question is None else categories.index(question.category) for question in questions
        ]
        return QuestionSheet(
            digest=sha256("\n".join(names).encode("utf-8", "surrogatepass")).digest(),
            categories=tuple(categories),
            places=np.array(places, dtype=np.int64),
            reveals=tuple(() if question is None else question.key.reveals for question in questions),
        )


def category_sums(sheet: QuestionSheet, values: Values) -> dict[str, tuple[float, float, int]]:
    """Return, by category, what the values of its questions add up to, and their squares, and how many they are."""
    least = len(sheet.categories) + 1
    totals = np.bincount(sheet.places, values, least).tolist()
    squares = np.bincount(sheet.places, values**2, least).tolist()
    counts = np.bincount(sheet.places, minlength=least).tolist()
    rows = zip(sheet.categories, totals, squares, counts, strict=False)  # behind the last are unknown questions
    return {name: (total, square, count) for name, total, square, count in rows}


def reason_sums(sheet: QuestionSheet, marks: Marks) -> dict[str, tuple[int, float]]:
    """Return, by reason, how many answers had it and what their truths add up to.

    Where the judge names no reason, it is what the alternative taken reveals. Of several answers to a question the
    first counts.
    """
    reasons = [
        reason or (reveals[choice] if choice is not None and choice < len(reveals) else "")
        for reason, choice, reveals in zip(marks.reasons, marks.choices, sheet.reveals, strict=True)
    ]
    names = sorted({*reasons} - {""})
    place_of = {name: place for place, name in enumerate(names)}
    places = np.array([place_of.get(reason, len(names)) for reason in reasons], dtype=np.int64)
    counts = np.bincount(places, minlength=len(names)).tolist()
    truths = np.bincount(places, marks.truths, len(names)).tolist()
    return {name: (counts[place], truths[place]) for place, name in enumerate(names)}
