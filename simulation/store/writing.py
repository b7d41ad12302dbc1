"""Turns into rows."""

import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from simulation.core.types import Answer, Evaluation, Experience, Result, Selection, Turn
from simulation.store.arrays import pack, pack_names, pack_rows, pack_some, pack_whole
from simulation.store.canonical import dump
from simulation.store.encoding import number
from simulation.store.interning import Interned

Row = tuple[Any, ...]
"""Values that SQLite takes."""


class Writer:
    """Adds the rows of one student's turn; it neither begins nor ends a transaction."""

    def __init__(self, connection: sqlite3.Connection, interned: Interned) -> None:
        self._connection = connection
        self._interned = interned

    def add(self, turn: Turn, student: int) -> None:
        """Add everything of a turn but its adapter."""
        key = (turn.turn, student)
        candidates = pack_names(turn.candidates) if turn.candidates else None
        predictions = pack_rows(turn.predictions) if turn.predictions else None
        version = self._interned.text_id(turn.model_version)
        self._insert("turns", [(*key, version, candidates, predictions, self._interned.text_id(turn.failure))])
        committee = [(*key, self._interned.text_id(name), pack_rows(rows)) for name, rows in turn.committee.items()]
        self._insert("committees", committee)
        self._insert("picks", [(*key, i, *self._pick(pick)) for i, pick in enumerate(turn.picks)])
        self._insert("answers", [(*key, i, *self._answer(experience)) for i, experience in enumerate(turn.experiences)])
        self._insert(
            "feedback", [(*key, i, *self._feedback(experience)) for i, experience in enumerate(turn.experiences)]
        )
        self._insert("transitions", self._transitions(key, turn))
        self._insert("lessons", [(*key, i, *self._lesson(lesson)) for i, lesson in enumerate(turn.lessons)])
        self._update(key, turn)
        for name, evaluation in turn.evaluations.items():
            self._evaluation(key, name, evaluation)

    def _insert(self, table: str, rows: Sequence[Row]) -> None:
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    def _pick(self, pick: Selection[Any]) -> Row:
        return (self._interned.question_id(pick.item), *self._why(pick))

    def _lesson(self, lesson: Selection[Experience]) -> Row:
        return (lesson.item.turn, lesson.item.position, *self._why(lesson))

    def _why(self, selection: Selection[Any]) -> Row:
        return real(selection.score), real(selection.propensity), self._interned.text_id(selection.reason)

    def _answer(self, experience: Experience) -> Row:
        answer: Answer = experience.answer
        intern = self._interned.text_id
        return (
            self._interned.question_id(experience.question),
            intern(answer.question_id),
            intern(answer.prompt),
            intern(answer.text),
            intern(answer.answerer),
            intern(answer.model_version),
            answer.choice,
            pack(answer.choice_logprobs) if answer.choice_logprobs else None,
            real(answer.logprob),
            answer.tokens,
            intern(answer.stop),
            real(answer.confidence),
            real(experience.truth),
        )

    def _feedback(self, experience: Experience) -> Row:
        feedback = experience.feedback
        intern = self._interned.text_id
        correction = self._interned.optional_text_id(feedback.correction)
        outcome_rows = [(outcome.verdict, outcome.output, outcome.message) for outcome in feedback.outcomes]
        outcomes_json = dump(outcome_rows).decode("ascii")
        return (
            real(feedback.score),
            intern(feedback.judge),
            intern(feedback.explanation),
            correction,
            metrics(feedback.metrics),
            self._interned.optional_text_id(feedback.verdict),
            intern(outcomes_json) if feedback.outcomes else None,
        )

    def _transitions(self, key: Row, turn: Turn) -> list[Row]:
        intern = self._interned.text_id
        return [
            (
                *key,
                i,
                intern(transition.observation),
                intern(transition.action),
                real(transition.reward),
                intern(transition.next_observation),
                transition.terminated,
                transition.truncated,
            )
            for i, transition in enumerate(turn.transitions)
        ]

    def _update(self, key: Row, turn: Turn) -> None:
        update = turn.update
        if update is not None:
            intern = self._interned.text_id
            columns = (update.experiences, update.steps, intern(update.model_version), metrics(update.metrics))
            self._insert("updates", [(*key, intern(update.trainer), *columns)])

    def _evaluation(self, key: Row, name: str, evaluation: Evaluation) -> None:
        intern = self._interned.text_id
        place = (*key, intern(name))
        self._insert("evaluations", [(*place, evaluation.questions, metrics(evaluation.metrics))])
        if evaluation.results:
            self._insert("results", [(*place, *self._results(evaluation.results))])

    def _results(self, results: Sequence[Result]) -> Row:
        """Return results field by field."""
        return (
            self._interned.list_id(tuple(result.question_id for result in results)),
            pack_whole(self._interned.text_ids(result.text for result in results)),
            pack([result.truth for result in results]),
            pack_some([result.choice for result in results], pack_whole),
            pack_some([result.confidence for result in results], pack),
            pack_whole(self._interned.text_ids(result.stop for result in results)),
            *self._judged(results),
        )

    def _judged(self, results: Sequence[Result]) -> Row:
        """Return verdicts and metrics, None where no result has any."""
        verdicts = [self._interned.optional_text_id(result.verdict) for result in results]
        metrics_texts = [metrics(result.metrics) or "" for result in results]
        return (
            pack_some(verdicts, pack_whole) if any(verdicts) else None,
            pack_whole(self._interned.text_ids(metrics_texts)) if any(metrics_texts) else None,
        )


def real(value: float | None) -> float | int | str | None:
    """Return a float as a row holds it: whole numbers as integers, which take a byte, and "NaN" as a word."""
    if value is None:
        return None
    if value in (0.0, 1.0):
        return int(value)
    if type(value) is float and value % 1 and math.isfinite(value):
        return value
    json_number = number(float(value))
    whole = isinstance(json_number, float) and json_number.is_integer() and abs(json_number) < 2**53
    return int(json_number) if whole else json_number


def metrics(values: Mapping[str, float]) -> str | None:
    """Return metrics as JSON, or None where there are none."""
    return dump({name: number(float(value)) for name, value in values.items()}).decode("ascii") if values else None


def checked(turns: Sequence[Turn], students: Iterable[str], number: int) -> None:
    """Refuse turns that are not the study's next: one a student, in the order of the seats, placed as they say."""
    if [(turn.turn, turn.student) for turn in turns] != [(number, student) for student in students]:
        turn_names = ", ".join(f"{turn.turn} of {turn.student!r}" for turn in turns)
        raise ValueError(f"the study's next turn is {number}, for each of its students in order; got {turn_names}")
    for turn in turns:
        for position, experience in enumerate(turn.experiences):
            if (experience.turn, experience.position) != (turn.turn, position):
                raise ValueError(f"experience {experience.id} stands at {turn.turn}/{position} of {turn.student!r}")
