"""Rows into turns, equal to those that were written; rows that do not fit raise one of `BROKEN`."""

import json
import sqlite3
import zlib
from collections import OrderedDict
from typing import Any

import msgspec

from simulation.core.types import (
    Answer,
    Attempt,
    Evaluation,
    Experience,
    Feedback,
    Outcome,
    Question,
    Ranking,
    Result,
    Selection,
    Transition,
    Turn,
    Update,
)
from simulation.store.arrays import unpack, unpack_names, unpack_rows, unpack_whole
from simulation.store.columns import metrics, real, revealed
from simulation.store.interning import Interned
from simulation.store.packed import by_result, unpack_effects, unpack_rankings, unpack_scores

BROKEN = (ValueError, TypeError, LookupError, zlib.error, msgspec.ValidationError)
"""What rebuilding a turn from damaged rows can raise."""
ANSWERED = """
SELECT a.question, a.reveals, a.truth, a.question_name, a.prompt, a.input, a.input_end, a.text, a.answerer, a.version,
    a.logprobs, a.taken, a.alternatives, a.reading, a.logprob, a.tokens, a.stop,
    f.score, f.judge, f.explanation, f.correction, f.metrics, f.outcomes
FROM answers a JOIN feedback f USING (t, s, i) WHERE t = ? AND s = ? ORDER BY i
"""
ATTEMPTED = """
SELECT n, i, truth, question_name, prompt, input, input_end, text, answerer, version, logprobs, taken, alternatives,
    reading, logprob, tokens, stop, score, judge, explanation, correction, metrics, outcomes
FROM attempts WHERE t = ? AND s = ? ORDER BY n, i
"""
REMEMBERED_TURNS = 256
"""Of how many turns the experiences stay in memory, for the lessons that name them."""


class Reader:
    """Reads one study's turns by number and seat."""

    def __init__(self, connection: sqlite3.Connection, interned: Interned) -> None:
        self._connection = connection
        self._interned = interned
        self._text = interned.text
        self._optional_text = interned.optional_text
        self._question = interned.question
        self._experiences: OrderedDict[tuple[int, int], tuple[Experience, ...]] = OrderedDict()

    def turn(self, number: int, student: int, name: str) -> Turn:
        """Return the turn of a student."""
        columns = "version, candidates, predictions, failure"
        rows = self._rows(f"SELECT {columns} FROM turns WHERE t = ? AND s = ?", number, student)
        if not rows:
            raise LookupError("no row in table turns")
        version, candidates, predictions, failure = rows[0]
        committee = self._rows("SELECT name, predictions FROM committees WHERE t = ? AND s = ?", number, student)
        return Turn(
            turn=number,
            student=name,
            candidates=unpack_names(candidates) if candidates else (),
            predictions=unpack_rows(predictions) if predictions else (),
            committee={self._text(member): unpack_rows(member_predictions) for member, member_predictions in committee},
            picks=self._picks(number, student),
            experiences=self.experiences(number, student),
            transitions=self._transitions(number, student),
            lessons=self._lessons(number, student),
            update=self._update(number, student),
            evaluations=self._evaluations(number, student),
            model_version=self._text(version),
            failure=self._text(failure),
            attempts=self._attempts(number, student),
        )

    def experiences(self, number: int, student: int) -> tuple[Experience, ...]:
        """Return a turn's experiences, the same objects each time while they are remembered."""
        key = (number, student)
        if key in self._experiences:
            self._experiences.move_to_end(key)
            return self._experiences[key]
        rows = enumerate(self._rows(ANSWERED, number, student))
        experiences = tuple(self._experienced(number, position, row) for position, row in rows)
        self._experiences[key] = experiences
        if len(self._experiences) > REMEMBERED_TURNS:
            self._experiences.popitem(last=False)
        return experiences

    def _rows(self, query: str, *values: int) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, values).fetchall()

    def _experienced(self, number: int, position: int, row: tuple[Any, ...]) -> Experience:
        experience = Experience(
            question=self._question(row[0]),
            answer=self._answer(row[3:17]),
            feedback=self._feedback(row[17:]),
            truth=float(row[2]),
            turn=number,
            position=position,
        )
        if revealed(experience.question, experience.answer.choice) != self._optional_text(row[1]):
            raise ValueError(f"answer {position} is not said to reveal what its question's key says")
        return experience

    def _attempts(self, number: int, student: int) -> tuple[Attempt, ...]:
        return tuple(
            Attempt(
                number=attempt,
                position=position,
                truth=float(truth),
                answer=self._answer(tuple(row[:14])),
                feedback=self._feedback(tuple(row[14:])),
            )
            for attempt, position, truth, *row in self._rows(ATTEMPTED, number, student)
        )

    def _answer(self, row: tuple[Any, ...]) -> Answer:
        name, prompt_number, start, end, text, answerer, version, *ranking, reading, logprob, tokens, stop = row
        prompt = self._text(prompt_number)
        return Answer(
            question_id=self._text(name),
            prompt=prompt,
            text=self._text(text),
            answerer=self._text(answerer),
            model_version=self._text(version),
            model_input=self._text(start) if end is None else f"{self._text(start)}{prompt}{self._text(end)}",
            ranking=self._ranking(*ranking),
            reading=self._text(reading),
            logprob=real(logprob),
            tokens=tokens,
            stop=self._text(stop),
        )

    def _ranking(self, logprobs: bytes | None, place: int | None, alternatives: int | None) -> Ranking | None:
        if logprobs is None:
            return None
        texts = () if alternatives is None else self._interned.listed(alternatives)
        return Ranking(taken=place, logprobs=unpack(logprobs), alternatives=texts)

    def _feedback(self, row: tuple[Any, ...]) -> Feedback:
        score, judge, explanation, correction, metrics_json, outcomes = row
        return Feedback(
            score=float(score),
            judge=self._text(judge),
            explanation=self._text(explanation),
            correction=self._optional_text(correction),
            metrics=metrics(metrics_json),
            outcomes=self._outcomes(outcomes),
        )

    def _outcomes(self, number: int | None) -> tuple[Outcome, ...]:
        if number is None:
            return ()
        return msgspec.convert(json.loads(self._text(number)), tuple[Outcome, ...])

    def _picks(self, number: int, student: int) -> tuple[Selection[Question], ...]:
        query = "SELECT question, score, propensity, reason FROM picks WHERE t = ? AND s = ? ORDER BY i"
        return tuple(
            Selection(
                item=self._question(question),
                score=real(score),
                propensity=real(propensity),
                reason=self._text(reason),
            )
            for question, score, propensity, reason in self._rows(query, number, student)
        )

    def _lessons(self, number: int, student: int) -> tuple[Selection[Experience], ...]:
        query = "SELECT from_t, from_i, score, propensity, reason FROM lessons WHERE t = ? AND s = ? ORDER BY i"
        return tuple(
            Selection(
                item=self._experience(turn, student, position),
                score=real(score),
                propensity=real(propensity),
                reason=self._text(reason),
            )
            for turn, position, score, propensity, reason in self._rows(query, number, student)
        )

    def _experience(self, number: int, student: int, position: int) -> Experience:
        experiences = self.experiences(number, student)
        if position >= len(experiences):
            raise LookupError(f"a lesson names experience {number}/{position}, which is not there")
        return experiences[position]

    def _transitions(self, number: int, student: int) -> tuple[Transition, ...]:
        query = (
            "SELECT observation, action, reward, next_observation, terminated, truncated FROM transitions "
            "WHERE t = ? AND s = ? ORDER BY i"
        )
        return tuple(
            Transition(
                observation=self._text(observation),
                action=self._text(action),
                reward=float(reward),
                next_observation=self._text(following),
                terminated=bool(terminated),
                truncated=bool(truncated),
            )
            for observation, action, reward, following, terminated, truncated in self._rows(query, number, student)
        )

    def _update(self, number: int, student: int) -> Update | None:
        query = "SELECT trainer, experiences, steps, version, metrics, effects FROM updates WHERE t = ? AND s = ?"
        for trainer, experiences, steps, version, metrics_json, effects in self._rows(query, number, student):
            return Update(
                trainer=self._text(trainer),
                experiences=experiences,
                steps=steps,
                model_version=self._text(version),
                metrics=metrics(metrics_json),
                effects=unpack_effects(effects),
            )
        return None

    def _evaluations(self, number: int, student: int) -> dict[str, Evaluation]:
        query = "SELECT name, questions, metrics FROM evaluations WHERE t = ? AND s = ? ORDER BY name"
        return {
            self._text(name): Evaluation(
                questions=questions, metrics=metrics(metrics_json), results=self._results(number, student, name)
            )
            for name, questions, metrics_json in self._rows(query, number, student)
        }

    def _results(self, number: int, student: int, name: int) -> tuple[Result, ...]:
        columns = "questions, texts, scores, rankings, readings, stops, reasons"
        rows = self._rows(f"SELECT {columns} FROM results WHERE t = ? AND s = ? AND name = ?", number, student, name)
        if not rows:
            return ()
        questions, texts, scores, rankings, *interned = rows[0]
        truths, metrics_columns = unpack_scores(scores)
        fields = zip(
            self._interned.listed(questions),
            self._interned.texts(unpack_whole(texts)),
            truths,
            unpack_rankings(rankings, self._interned),
            *[self._interned.texts(unpack_whole(column)) for column in interned],
            by_result(metrics_columns, len(truths)),
            strict=True,
        )
        return tuple(
            Result(
                question_id=question_id,
                text=text,
                truth=truth,
                ranking=ranking,
                reading=reading,
                stop=stop,
                reason=reason,
                metrics=result_metrics,
            )
            for question_id, text, truth, ranking, reading, stop, reason, result_metrics in fields
        )
