"""When turns were committed, what their stages took, and what judging each answer computed: beside the chain.

The table `judged_seconds` is made with its first row: studies whose judge says such a thing have it, of any format.
"""

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from simulation.core.types import Turn
from simulation.store.interning import Interned
from simulation.store.schema import reported

JUDGED_SECONDS = """
CREATE TABLE IF NOT EXISTS judged_seconds (
    t INTEGER NOT NULL, question_name INTEGER NOT NULL, text INTEGER NOT NULL, seconds REAL NOT NULL,
    PRIMARY KEY (t, question_name, text)
) STRICT, WITHOUT ROWID
"""


class Timings:
    """The times of one study."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, interned: Interned) -> None:
        self._folder = folder
        self._connection = connection
        self._interned = interned

    def record(
        self, turns: Sequence[Turn], stages: Mapping[str, float], answers: Mapping[tuple[str, str], float]
    ) -> None:
        """Write down what a turn of all students took, by stage and by an answer's question and text."""
        number = turns[0].turn
        self._connection.executemany(
            "INSERT INTO timings VALUES (?, ?, ?)", [(number, stage, seconds) for stage, seconds in stages.items()]
        )
        self._connection.execute("INSERT INTO committed VALUES (?, ?)", (number, time.time()))
        pairs = dict.fromkeys(pair for turn in turns for pair in judged(turn) if pair in answers) if answers else ()
        intern = self._interned.text_id
        rows = [(number, intern(question), intern(text), answers[question, text]) for question, text in pairs]
        if rows:
            self._connection.execute(JUDGED_SECONDS)
            self._connection.executemany("INSERT INTO judged_seconds VALUES (?, ?, ?, ?)", rows)

    def stages(self) -> dict[int, dict[str, float]]:
        """Return seconds by turn and stage."""
        seconds_by_turn: dict[int, dict[str, float]] = {}
        with reported(self._folder):
            rows = self._connection.execute("SELECT t, stage, seconds FROM timings ORDER BY t, stage").fetchall()
        for turn, stage, seconds in rows:
            seconds_by_turn.setdefault(turn, {})[stage] = seconds
        return seconds_by_turn

    def answers(self, turn: int) -> dict[tuple[str, str], float]:
        """Return what judging the answers of a turn computed, by question and text; nothing where no judge said so."""
        with reported(self._folder):
            if not self._connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'judged_seconds'").fetchone():
                return {}
            columns = "question_name, text, seconds"
            rows = self._connection.execute(f"SELECT {columns} FROM judged_seconds WHERE t = ?", (turn,)).fetchall()
            text = self._interned.text
            return {(text(question), text(answer)): seconds for question, answer, seconds in rows}


def judged(turn: Turn) -> Iterator[tuple[str, str]]:
    """Yield the question and the text of every answer of a turn."""
    for experience in turn.experiences:
        yield experience.question.id, experience.answer.text
    for attempt in turn.attempts:
        yield turn.experiences[attempt.position].question.id, attempt.answer.text
    for evaluation in turn.evaluations.values():
        for result in evaluation.results:
            yield result.question_id, result.text
