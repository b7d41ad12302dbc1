"""Turns into rows."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from simulation.core.types import (
    Answer,
    Attempt,
    Evaluation,
    Experience,
    Feedback,
    Outcome,
    Ranking,
    Result,
    Selection,
    Turn,
)
from simulation.store.arrays import pack, pack_names, pack_rows, pack_whole
from simulation.store.columns import json_text, revealed, stored_metrics, stored_real
from simulation.store.interning import Interned
from simulation.store.kept_sums import KeptSums
from simulation.store.packed import list_number, pack_effects, pack_rankings, pack_scores
from simulation.store.turn_sums import TurnSums

Row = tuple[Any, ...]
"""Values that SQLite takes."""


class Writer:
    """Adds the rows of one student's turn; it neither begins nor ends a transaction."""

    def __init__(self, connection: sqlite3.Connection, interned: Interned, sums: KeptSums | None) -> None:
        """Write to a database; a study of a format that keeps no `sums` gets none."""
        self._connection = connection
        self._interned = interned
        self._sums = sums

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
            "feedback",
            [(*key, i, *self._feedback(experience.feedback)) for i, experience in enumerate(turn.experiences)],
        )
        self._insert("attempts", [(*key, *self._attempt(attempt)) for attempt in turn.attempts])
        self._insert("transitions", self._transitions(key, turn))
        self._insert("lessons", [(*key, i, *self._lesson(lesson)) for i, lesson in enumerate(turn.lessons)])
        self._update(key, turn)
        for name, evaluation in turn.evaluations.items():
            self._evaluation(key, name, evaluation)
        if self._sums is not None:
            self._sums.add(TurnSums.of(turn, only=()), student)

    def _insert(self, table: str, rows: Sequence[Row]) -> None:
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    def _pick(self, pick: Selection[Any]) -> Row:
        return (self._interned.question_id(pick.item), *self._why(pick))

    def _lesson(self, lesson: Selection[Experience]) -> Row:
        return (lesson.item.turn, lesson.item.position, *self._why(lesson))

    def _why(self, selection: Selection[Any]) -> Row:
        return stored_real(selection.score), stored_real(selection.propensity), self._interned.text_id(selection.reason)

    def _answer(self, experience: Experience) -> Row:
        answer: Answer = experience.answer
        written, read = self._given_answer(answer)
        reveals = self._interned.optional_text_id(revealed(experience.question, answer.choice))
        question = self._interned.question_id(experience.question)
        return question, *written, reveals, *read, stored_real(experience.truth)

    def _attempt(self, attempt: Attempt) -> Row:
        written, read = self._given_answer(attempt.answer)
        truth, feedback = stored_real(attempt.truth), self._feedback(attempt.feedback)
        return attempt.number, attempt.position, *written, *read, truth, *feedback

    def _given_answer(self, answer: Answer) -> tuple[Row, Row]:
        """Return the columns of an answer, before and behind what it reveals."""
        intern = self._interned.text_id
        written = (
            intern(answer.question_id),
            intern(answer.prompt),
            *self._input(answer),
            intern(answer.text),
            intern(answer.answerer),
            intern(answer.model_version),
            *self._ranking(answer.ranking),
        )
        return written, (intern(answer.reading), stored_real(answer.logprob), answer.tokens, intern(answer.stop))

    def _input(self, answer: Answer) -> Row:
        """Return what the model read: around the prompt, which stands there already, the template that recurs."""
        intern = self._interned.text_id
        start, prompt, end = answer.model_input.partition(answer.prompt) if answer.prompt else ("", "", "")
        return (intern(start), intern(end)) if prompt else (intern(answer.model_input), None)

    def _ranking(self, ranking: Ranking | None) -> Row:
        if ranking is None:
            return None, None, None
        return pack(ranking.logprobs), ranking.taken, list_number(ranking, self._interned) or None

    def _feedback(self, feedback: Feedback) -> Row:
        intern = self._interned.text_id
        return (
            stored_real(feedback.score),
            intern(feedback.judge),
            intern(feedback.explanation),
            self._interned.optional_text_id(feedback.correction),
            stored_metrics(feedback.metrics),
            intern(outcomes_text(feedback.outcomes)) if feedback.outcomes else None,
        )

    def _transitions(self, key: Row, turn: Turn) -> list[Row]:
        intern = self._interned.text_id
        return [
            (
                *key,
                i,
                intern(transition.observation),
                intern(transition.action),
                stored_real(transition.reward),
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
            columns = (update.experiences, update.steps, intern(update.model_version), stored_metrics(update.metrics))
            self._insert("updates", [(*key, intern(update.trainer), *columns, pack_effects(update.effects))])

    def _evaluation(self, key: Row, name: str, evaluation: Evaluation) -> None:
        intern = self._interned.text_id
        place = (*key, intern(name))
        self._insert("evaluations", [(*place, evaluation.questions, stored_metrics(evaluation.metrics))])
        if evaluation.results:
            self._insert("results", [(*place, *self._results(evaluation.results))])

    def _results(self, results: Sequence[Result]) -> Row:
        """Return results field by field."""
        return (
            self._interned.list_id(tuple(result.question_id for result in results)),
            pack_whole(self._interned.text_ids(result.text for result in results)),
            pack_scores(results),
            pack_rankings([result.ranking for result in results], self._interned),
            pack_whole(self._interned.text_ids(result.reading for result in results)),
            pack_whole(self._interned.text_ids(result.stop for result in results)),
            pack_whole(self._interned.text_ids(result.reason for result in results)),
        )


def outcomes_text(outcomes: Sequence[Outcome]) -> str:
    """Return outcomes as JSON, without their empty texts."""
    return json_text(
        [
            {"part": outcome.part, "score": outcome.score, "reason": outcome.reason}
            | ({"detail": outcome.detail} if outcome.detail else {})
            | ({"evidence": outcome.evidence} if outcome.evidence else {})
            for outcome in outcomes
        ]
    )


def checked(turns: Sequence[Turn], students: Iterable[str], number: int) -> None:
    """Refuse turns that are not the study's next: one a student, in the order of the seats, placed as they say."""
    if [(turn.turn, turn.student) for turn in turns] != [(number, student) for student in students]:
        turn_names = ", ".join(f"{turn.turn} of {turn.student!r}" for turn in turns)
        raise ValueError(f"the study's next turn is {number}, for each of its students in order; got {turn_names}")
    for turn in turns:
        for position, experience in enumerate(turn.experiences):
            if (experience.turn, experience.position) != (turn.turn, position):
                raise ValueError(f"experience {experience.id} stands at {turn.turn}/{position} of {turn.student!r}")
        places = [(attempt.number, attempt.position) for attempt in turn.attempts]
        if places != sorted(set(places)) or any(position >= len(turn.experiences) for _, position in places):
            raise ValueError(f"the attempts of turn {turn.turn} of {turn.student!r} are not in order: {places}")
