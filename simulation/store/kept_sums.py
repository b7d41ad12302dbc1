"""What every turn adds to the sums over a study, kept in its own transaction, so that tables need not read all answers.

Three tables: `turn_sums`, a row a turn of a student; `answer_sums`, a row a category of its answers; `evaluation_sums`,
a row an evaluation on the held-out questions. A row follows from its own turn and the questions alone. A study of a
format that kept none gets the same tables in memory, filled from its rows (`sums`).
"""

import json
import math
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from simulation.core.types import Question, Turn
from simulation.loop.world import HELD_OUT
from simulation.store.arrays import pack
from simulation.store.columns import in_order, stored_real
from simulation.store.interning import Interned
from simulation.store.schema import SUMS, TEXTS, reported
from simulation.store.turn_sums import (
    SAME,
    JudgedAnswer,
    Marks,
    QuestionSheets,
    TurnSums,
    category_sums,
    reason_sums,
)

Row = tuple[Any, ...]
"""Values that SQLite takes."""
NO_NUMBER = 0
"""In place of the number of a name that has none; they count from 1."""


class KeptSums:
    """The tables of sums of one study, in its database or in memory."""

    def __init__(
        self,
        folder: Path,
        connection: sqlite3.Connection,
        interned: Interned,
        held_out: Callable[[], Mapping[str, Question]],
    ) -> None:
        """Keep sums of a study's folder in a database that holds the tables; `held_out` are its questions by id."""
        self._folder = folder
        self._connection = connection
        self._interned = interned
        self._held_out = held_out
        self._sheets: QuestionSheets | None = None

    @classmethod
    def in_memory(cls, folder: Path, held_out: Callable[[], Mapping[str, Question]]) -> "KeptSums":
        """Return tables without rows that no file holds; threads may take turns at them."""
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        connection.executescript(f"{TEXTS} {SUMS}")
        return cls(folder, connection, Interned(connection), held_out)

    def add(self, sums: TurnSums, seat: int) -> None:
        """Add what one student's turn adds; it neither begins nor ends a transaction."""
        for table, rows in self._rows(sums, seat, self._interned.text_id).items():
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    def hold(self, turns: Sequence[Turn]) -> bool:
        """Tell whether what is kept of a turn of all students, in the order of the seats, is what it adds up to."""
        return all(
            self.query(f"SELECT * FROM {table} WHERE t = ? AND s = ?", turn.turn, seat) == sorted(rows)
            for seat, turn in enumerate(turns)
            for table, rows in self._rows(TurnSums.of(turn, only=()), seat, self._number).items()
        )

    def query(self, statement: str, *values: object) -> list[Row]:
        """Run a query on the tables of sums."""
        with reported(self._folder):
            return self._connection.execute(statement, values).fetchall()

    def name(self, number: int) -> str:
        """Return the category or reason of a number."""
        return self._interned.text(number)

    def number(self, name: str) -> int | None:
        """Return the number of a category or reason, None where no sum has it."""
        return self._interned.known_text_id(name)

    def _number(self, name: str) -> int:
        return self.number(name) or NO_NUMBER

    @property
    def last_turn(self) -> int:
        """The last turn in the sums, or -1."""
        last = self.query("SELECT max(t) FROM turn_sums")[0][0]
        return -1 if last is None else int(last)

    def _rows(self, sums: TurnSums, seat: int, number: Callable[[str], int]) -> dict[str, list[Row]]:
        """Return what a turn adds to each table; `number` numbers categories and reasons."""
        key, draw, verdicts = (sums.turn, seat), sums.draw, sums.verdicts
        truth = stored_sum(in_order(verdict.truth for verdict in verdicts))
        drawn = (draw.lessons, draw.passing, draw.scored, stored_sum(draw.score))
        marks = sums.evaluations.get(HELD_OUT)
        with np.errstate(over="ignore", invalid="ignore"):  # whatever numbers the turn holds, it is stored
            exam = [] if marks is None else [(*key, *self._exam(marks, number))]
        return {
            "turn_sums": [(*key, len(verdicts), truth, stored_count(sums.tokens), *drawn)],
            "answer_sums": [(*key, *row) for row in answer_rows(verdicts, number)],
            "evaluation_sums": exam,
        }

    def _exam(self, marks: Marks, number: Callable[[str], int]) -> Row:
        if self._sheets is None:
            self._sheets = QuestionSheets(self._held_out())
        sheet = self._sheets.of(marks.names)
        categories, reasons = category_sums(sheet, marks.truths), reason_sums(sheet, marks)
        texts = (numbered(sums, number) for sums in (categories, reasons))
        return (sheet.digest, pack(marks.truths.tolist()), *texts)


def numbered(sums: Mapping[str, Sequence[float]], number: Callable[[str], int]) -> str:
    """Return sums as JSON, by the numbers of their names."""
    rows = {number(name): [*map(stored_real, own)] for name, own in sums.items()}
    return json.dumps(rows, separators=(",", ":"))


def answer_rows(verdicts: Sequence[JudgedAnswer], number: Callable[[str], int]) -> list[Row]:
    """Return a row for each category of some answers."""
    by_category: dict[str, list[JudgedAnswer]] = {}
    for verdict in verdicts:
        by_category.setdefault(verdict.category, []).append(verdict)
    return [(number(name), *judged_sums(own)) for name, own in by_category.items()]


def judged_sums(verdicts: Sequence[JudgedAnswer]) -> Row:
    """Return the counts and the sums of some verdicts as `answer_sums` has them."""
    right = [verdict.truth >= 1.0 for verdict in verdicts]
    called = [verdict.score >= 1.0 for verdict in verdicts]
    distances = [abs(verdict.score - verdict.truth) for verdict in verdicts]
    same = [distance <= SAME for distance in distances]
    truth, score = (in_order(getattr(verdict, side) for verdict in verdicts) for side in ("truth", "score"))
    return (
        len(verdicts),
        sum(right),
        sum(called),
        sum(map(all, zip(right, called, strict=True))),
        sum(same),
        sum(map(all, zip(right, same, strict=True))),
        *map(stored_sum, (truth, score, in_order(distances))),
    )


def stored_count(count: int) -> int | float:
    """Return a count as a row holds it; one of more than 64 bits as a float."""
    return count if abs(count) < 2**63 else float(count)


def stored_sum(total: float) -> float | int | None:
    """Return a sum as a row holds it, None for NaN, which SQLite does not have."""
    return None if math.isnan(total) else stored_real(total)


def kept_sum(stored: float | int | None) -> float:
    """Return the sum that a row holds."""
    return math.nan if stored is None else float(stored)
