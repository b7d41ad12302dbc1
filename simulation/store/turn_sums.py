"""What a turn adds to the sums over a study: no texts, and evaluations as columns."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

import numpy as np
from numpy.typing import NDArray

from simulation.core.types import Evaluation, Experience, Question, Selection, Turn, Update


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """What a teacher said of an answer, beside what is true."""

    category: str
    """Of the question."""
    truth: float
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """An evaluation by column; the columns are parallel."""

    questions: int
    metrics: Mapping[str, float]
    names: tuple[str, ...]
    """The ids of the questions."""
    truths: NDArray[np.float64]
    choices: tuple[int | None, ...]

    @classmethod
    def of(cls, evaluation: Evaluation) -> Self:
        """Return an evaluation by column."""
        return cls.collected(
            evaluation.questions,
            evaluation.metrics,
            tuple(result.question_id for result in evaluation.results),
            np.array([result.truth for result in evaluation.results], dtype=np.float64),
            tuple(result.choice for result in evaluation.results),
        )

    @classmethod
    def collected(
        cls,
        questions: int,
        metrics: Mapping[str, float],
        names: tuple[str, ...],
        truths: NDArray[np.float64],
        choices: tuple[int | None, ...],
    ) -> Self:
        """Return the marks of answers; those to one question become its mean truth and its first choice."""
        distinct_names = tuple(dict.fromkeys(names))
        if len(distinct_names) < len(names):
            place_of = {name: place for place, name in enumerate(distinct_names)}
            places = np.array([place_of[name] for name in names])
            truths = np.bincount(places, truths) / np.bincount(places)
            first_answers = np.unique(places, return_index=True)[1].tolist()
            names, choices = distinct_names, tuple(choices[answer] for answer in first_answers)
        return cls(questions=questions, metrics=metrics, names=names, truths=truths, choices=choices)


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
        return cls(len(lessons), passing, len(scores), sum(scores))


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
    """Written in the turn's answers, as far as they are known."""

    @classmethod
    def of(cls, turn: Turn) -> Self:
        """Return a turn without its texts."""
        return cls(
            turn=turn.turn,
            student=turn.student,
            verdicts=[
                JudgedAnswer(experience.question.category, experience.truth, experience.feedback.score)
                for experience in turn.experiences
            ],
            scored=len(turn.predictions) + sum(len(rows) for rows in turn.committee.values()),
            update=turn.update,
            evaluations={name: Marks.of(evaluation) for name, evaluation in turn.evaluations.items()},
            failure=turn.failure,
            draw=Draw.of(turn.lessons),
            tokens=sum(experience.answer.tokens or 0 for experience in turn.experiences),
        )


@dataclass(frozen=True, slots=True)
class QuestionSheet:
    """What is known of the questions that an evaluation puts."""

    digest: bytes
    """A hash of their ids."""
    categories: tuple[str, ...]
    places: NDArray[np.int64]
    """Of each question's category among `categories`; behind the last where the question is not known."""
    diagnoses: tuple[tuple[str, ...], ...]
    """Of each question's options."""

    def revealed(self, marks: Marks) -> tuple[dict[str, tuple[float, int]], dict[str, int]]:
        """Return the sums of truth and numbers of questions by category, and the numbers of answers by diagnosis."""
        least = len(self.categories) + 1
        sums = np.bincount(self.places, marks.truths, least).tolist()
        counts = np.bincount(self.places, minlength=least).tolist()
        pairs = zip(self.diagnoses, marks.choices, strict=True)
        diagnoses = Counter(
            [option_diagnoses[choice] for option_diagnoses, choice in pairs if option_diagnoses and choice is not None]
        )
        return {name: (sums[i], counts[i]) for i, name in enumerate(self.categories)}, dict(diagnoses)


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
            diagnoses=tuple(() if question is None else question.diagnoses for question in questions),
        )
