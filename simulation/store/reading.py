"""Rows into turns, equal to those that were written; rows that do not fit raise one of `BROKEN`."""

import json
import sqlite3
import zlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, get_args, overload

from simulation.core.types import (
    Answer,
    Evaluation,
    Experience,
    Feedback,
    Outcome,
    Question,
    Result,
    Selection,
    Transition,
    Turn,
    Update,
    Verdict,
)
from simulation.store.arrays import unpack, unpack_names, unpack_rows, unpack_some, unpack_whole
from simulation.store.interning import Interned

BROKEN = (ValueError, TypeError, LookupError, zlib.error)
"""What rebuilding a turn from damaged rows can raise."""
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
        )

    def experiences(self, number: int, student: int) -> tuple[Experience, ...]:
        """Return a turn's experiences, the same objects each time while they are remembered."""
        key = (number, student)
        if key in self._experiences:
            self._experiences.move_to_end(key)
            return self._experiences[key]
        experiences = tuple(
            Experience(
                question=self._question(row[0]),
                answer=self._answer(row[1:12]),
                feedback=self._feedback(row[13:]),
                truth=float(row[12]),
                turn=number,
                position=position,
            )
            for position, row in enumerate(
                self._rows(
                    "SELECT a.question, a.question_name, a.prompt, a.text, a.answerer, a.version, a.choice, "
                    "a.choice_logprobs, a.logprob, a.tokens, a.stop, a.confidence, a.truth, f.score, f.judge, "
                    "f.explanation, f.correction, f.metrics, f.verdict, f.outcomes "
                    "FROM answers a JOIN feedback f USING (t, s, i) WHERE t = ? AND s = ? ORDER BY i",
                    number,
                    student,
                )
            )
        )
        self._experiences[key] = experiences
        if len(self._experiences) > REMEMBERED_TURNS:
            self._experiences.popitem(last=False)
        return experiences

    def _rows(self, query: str, *values: int) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, values).fetchall()

    def _answer(self, row: tuple[Any, ...]) -> Answer:
        name, prompt, text, answerer, version, choice, logprobs, logprob, tokens, stop, confidence = row
        return Answer(
            question_id=self._text(name),
            prompt=self._text(prompt),
            text=self._text(text),
            answerer=self._text(answerer),
            model_version=self._text(version),
            choice=choice,
            choice_logprobs=unpack(logprobs) if logprobs else (),
            logprob=real(logprob),
            tokens=tokens,
            stop=self._text(stop),
            confidence=real(confidence),
        )

    def _feedback(self, row: tuple[Any, ...]) -> Feedback:
        score, judge, explanation, correction, metrics_json, verdict, outcomes = row
        return Feedback(
            score=float(score),
            judge=self._text(judge),
            explanation=self._text(explanation),
            correction=self._optional_text(correction),
            metrics=metrics(metrics_json),
            verdict=known_verdict(self._optional_text(verdict)),
            outcomes=self._outcomes(outcomes),
        )

    def _outcomes(self, number: int | None) -> tuple[Outcome, ...]:
        if number is None:
            return ()
        outcome_rows = json.loads(self._text(number))
        return tuple(Outcome(known_verdict(verdict), output, message) for verdict, output, message in outcome_rows)

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
        query = "SELECT trainer, experiences, steps, version, metrics FROM updates WHERE t = ? AND s = ?"
        for trainer, experiences, steps, version, metrics_json in self._rows(query, number, student):
            return Update(
                trainer=self._text(trainer),
                experiences=experiences,
                steps=steps,
                model_version=self._text(version),
                metrics=metrics(metrics_json),
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
        columns = "questions, texts, truths, choices, confidences, stops, verdicts, metrics"
        rows = self._rows(f"SELECT {columns} FROM results WHERE t = ? AND s = ? AND name = ?", number, student, name)
        if not rows:
            return ()
        questions, texts, truths, choices, confidences, stops, verdicts, packed_metrics = rows[0]
        question_ids = self._interned.listed(questions)
        fields = zip(
            question_ids,
            self._interned.texts(unpack_whole(texts)),
            unpack(truths),
            unpack_some(choices, unpack_whole),
            unpack_some(confidences, unpack),
            self._interned.texts(unpack_whole(stops)),
            [None] * len(question_ids) if verdicts is None else unpack_some(verdicts, unpack_whole),
            [""] * len(question_ids) if packed_metrics is None else self._interned.texts(unpack_whole(packed_metrics)),
            strict=True,
        )
        return tuple(
            Result(
                question_id=question_id,
                text=text,
                truth=truth,
                choice=choice,
                confidence=confidence,
                stop=stop,
                verdict=known_verdict(self._optional_text(verdict)),
                metrics=metrics(metrics_json),
            )
            for question_id, text, truth, choice, confidence, stop, verdict, metrics_json in fields
        )


def real(stored: float | int | str | None) -> float | None:
    """Return the float that a row holds."""
    return None if stored is None else float(stored)


@overload
def known_verdict(stored: str) -> Verdict: ...
@overload
def known_verdict(stored: str | None) -> Verdict | None: ...
def known_verdict(stored: str | None) -> Verdict | None:
    """Return the verdict that a row holds; raises ValueError where it is none."""
    if stored is None:
        return None
    try:
        return VERDICTS[stored]
    except KeyError:
        raise ValueError(f"{stored!r} is no verdict") from None


VERDICTS: Mapping[str, Verdict] = {verdict: verdict for verdict in get_args(Verdict)}


def metrics(stored: str | None) -> dict[str, float]:
    """Return the metrics that a row holds."""
    return {name: float(value) for name, value in json.loads(stored).items()} if stored else {}
