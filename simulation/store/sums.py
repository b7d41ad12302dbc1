"""Reads what turns add to sums over a study, all students of a turn at once, and none of the texts."""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from simulation.core.errors import StudyDamaged
from simulation.core.questions import sources
from simulation.core.types import Update
from simulation.store.arrays import ROW_COUNT, unpack_whole
from simulation.store.columns import in_order, metrics, real
from simulation.store.interning import LISTS, decoded, remember
from simulation.store.packed import unpack_effects, unpack_places, unpack_scores
from simulation.store.reading import BROKEN
from simulation.store.schema import DATABASE, REMEDY
from simulation.store.study import Study
from simulation.store.turn_sums import Answered, AnsweredAgain, Draw, JudgedAnswer, Marks, TurnSums

SCORED = """
SELECT s, substr(predictions, {start}, {size}) FROM turns WHERE t = ? AND predictions IS NOT NULL
UNION ALL SELECT s, substr(predictions, {start}, {size}) FROM committees WHERE t = ?
""".format(start=ROW_COUNT[0], size=ROW_COUNT[1])
ANSWERED = "SELECT s, question, truth, score FROM answers JOIN feedback USING (t, s, i) WHERE t = ? ORDER BY s, i"
WRITTEN = """
SELECT s, tokens FROM answers WHERE t = ? AND tokens IS NOT NULL
UNION ALL SELECT s, tokens FROM attempts WHERE t = ? AND tokens IS NOT NULL
"""
AGAIN = """
SELECT a.s, coalesce(q.rest ->> '$.tags[0]', ''), f.truth, a.truth
FROM attempts a JOIN answers f USING (t, s, i) JOIN questions q ON q.id = f.question
WHERE a.t BETWEEN ? AND ?
    AND NOT EXISTS (SELECT 1 FROM attempts b WHERE (b.t, b.s, b.n, b.i) = (a.t, a.s, a.n + 1, a.i))
ORDER BY a.t, a.s, a.i
"""
"""What was answered again in some turns: the truth of the first answer and of the last."""
DRAWN = """
SELECT l.s, f.score, l.score FROM lessons l JOIN feedback f ON (f.t, f.s, f.i) = (l.from_t, l.s, l.from_i)
WHERE l.t = ? ORDER BY l.s, l.i
"""
UPDATED = "SELECT s, trainer, experiences, steps, version, metrics, effects FROM updates WHERE t = ?"
EVALUATED = """
SELECT e.s, e.name, e.questions, e.metrics, r.questions, r.scores, r.rankings, r.reasons
FROM evaluations e LEFT JOIN results r USING (t, s, name) WHERE t = ? ORDER BY e.s, e.name
"""
NO_ANSWERS = Answered(names=(), truths=(), choices=(), reasons=(), metrics={})


def draw(lessons: Sequence[tuple[float, float | None]]) -> Draw:
    """Return the sums of lessons, each a feedback score and, where there is one, the score it was chosen by."""
    scores = [score for _, score in lessons if score is not None]
    return Draw(len(lessons), sum(score >= 1 for score, _ in lessons), len(scores), in_order(scores))


class StudySums:
    """The outcomes of one study."""

    def __init__(self, study: Study, measures: Collection[str] = ()) -> None:
        """Read a study, and of its evaluations the truth and these measures."""
        self._study = study
        self._names = frozenset(measures)
        self._computed = [measure for measure in study.measures if measure.name in self._names]
        self._columns = self._names | sources(self._computed)
        self._texts: dict[int, str] = {}
        self._lists: dict[int, tuple[str, ...]] = {}
        self._categories: dict[int, str] = {}

    def __iter__(self) -> Iterator[TurnSums]:
        """Yield every turn of every student, in the order of `Study.turns`; raises StudyDamaged."""
        yield from self.since(0)

    def since(self, turn: int) -> Iterator[TurnSums]:
        """Yield the same from a turn on."""
        for number in range(turn, self._study.last_turn + 1):
            try:
                yield from self._round(number)
            except BROKEN as error:
                place = self._study.folder / DATABASE
                raise StudyDamaged(f"{place}: turn {number} cannot be rebuilt ({error}); {REMEDY}") from error

    def _round(self, number: int) -> list[TurnSums]:
        query, seat_count = self._study.query, len(self._study.seats)
        failures = {s: self._text(text) for s, text in query("SELECT s, failure FROM turns WHERE t = ?", number)}
        scored = [0] * seat_count
        for s, head in query(SCORED, number, number):
            scored[s] += int.from_bytes(head, "little")
        verdicts: list[list[JudgedAnswer]] = [[] for _ in range(seat_count)]
        for s, question, truth, score in query(ANSWERED, number):
            verdicts[s].append(JudgedAnswer(self._category(question), float(truth), float(score)))
        tokens = [0] * seat_count
        for s, answer_tokens in query(WRITTEN, number, number):  # added here: SQLite's sum has 64 bits
            tokens[s] += answer_tokens
        again: list[list[AnsweredAgain]] = [[] for _ in range(seat_count)]
        for s, category, first, last in query(AGAIN, number, number):
            again[s].append(AnsweredAgain(decoded(category), float(first), float(last)))
        lessons: list[list[tuple[float, float | None]]] = [[] for _ in range(seat_count)]
        for s, feedback_score, lesson_score in query(DRAWN, number):
            lessons[s].append((float(feedback_score), real(lesson_score)))
        updates = {s: self._update(row) for s, *row in query(UPDATED, number)}
        evaluations: list[dict[str, Marks]] = [{} for _ in range(seat_count)]
        for s, name, *row in query(EVALUATED, number):
            evaluations[s][self._text(name)] = self._marks(row)
        return [
            TurnSums(
                turn=number,
                student=seat.name,
                verdicts=verdicts[s],
                scored=scored[s],
                update=updates.get(s),
                evaluations=evaluations[s],
                failure=failures[s],
                draw=draw(lessons[s]),
                tokens=tokens[s],
                again=again[s],
            )
            for s, seat in enumerate(self._study.seats)
        ]

    def _update(self, row: list[Any]) -> Update:
        trainer, experiences, steps, version, metrics_json, effects = row
        return Update(
            trainer=self._text(trainer),
            experiences=experiences,
            steps=steps,
            model_version=self._text(version),
            metrics=metrics(metrics_json),
            effects=unpack_effects(effects),
        )

    def _marks(self, row: list[Any]) -> Marks:
        questions, metrics_json, list_number, *packed = row
        answers = NO_ANSWERS if list_number is None else self._answers(list_number, *packed)
        return Marks.collected(questions, metrics(metrics_json), answers, self._computed, self._names)

    def _answers(self, list_number: int, scores: bytes, rankings: bytes, reasons: bytes) -> Answered:
        truths, values = unpack_scores(scores, self._columns)
        answers = Answered(
            names=self._list(list_number),
            truths=truths,
            choices=unpack_places(rankings),
            reasons=[self._text(number) for number in unpack_whole(reasons)],
            metrics=values,
        )
        columns = (answers.names, answers.truths, answers.choices, answers.reasons, *values.values())
        if len({*map(len, columns)}) > 1:
            raise ValueError("the columns of an evaluation's results are not equally long")
        return answers

    def _list(self, number: int) -> tuple[str, ...]:
        if number not in self._lists:
            remember(self._lists, number, tuple(json.loads(self._text(number))), LISTS)
        return self._lists[number]

    def _text(self, number: int) -> str:
        if number not in self._texts:
            remember(self._texts, number, decoded(self._one("SELECT text FROM texts WHERE id = ?", number)))
        return self._texts[number]

    def _category(self, question: int) -> str:
        if question not in self._categories:
            tags = json.loads(self._one("SELECT rest FROM questions WHERE id = ?", question))["tags"]
            remember(self._categories, question, tags[0] if tags else "")
        return self._categories[question]

    def _one(self, statement: str, number: int) -> Any:
        """Return the one value of a row (Any: what its column holds); raises LookupError where damage took it."""
        return self._study.query(statement, number)[0][0]
