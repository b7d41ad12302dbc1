"""A study as Parquet tables: what was picked, answered, answered again, measured, updated, learned; and questions."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # pyarrow has no types
from pyarrow.parquet import ParquetWriter  # type: ignore[import-untyped]

from simulation.core.types import Turn
from simulation.store import Study
from simulation.store.columns import json_text
from simulation.views.rows import (
    EFFECTS,
    Rows,
    answers,
    attempts,
    described,
    evaluations,
    kind,
    lessons,
    picks,
    results,
    updates,
)

ROWS = 20_000
"""How many rows are held before they are written."""
Seconds = Mapping[tuple[str, str], float]
"""By a question's id and the text of its answer."""
INTEGER, REAL, TEXT = pa.int64(), pa.float64(), pa.string()
TEXTS, REALS = pa.list_(TEXT), pa.list_(REAL)


DESCRIBED = {"question": TEXT, "category": TEXT, "tags": TEXTS, "form": TEXT, "alternatives": TEXTS, "reference": TEXT}
JUDGED = {
    **dict.fromkeys(("prompt", "model_input", "answer", "reading"), TEXT),
    "taken": INTEGER,
    "reveals": TEXT,
    "logprobs": REALS,
    "logprob": REAL,
    "tokens": INTEGER,
    "stop": TEXT,
    "score": REAL,
    "truth": REAL,
    **dict.fromkeys(("reason", "outcomes", "metrics", "judge", "explanation", "correction"), TEXT),
    "model_version": TEXT,
}
TIMED = {"judged_seconds": REAL}
"""What judging the answer computed, empty where no judge says so."""
WHY = {"score": REAL, "propensity": REAL, "reason": TEXT}
HEAD = {"turn": INTEGER, "student": TEXT}
TABLES: Mapping[Any, Mapping[str, Any]] = {
    picks: {"position": INTEGER, "question": TEXT, "category": TEXT, **WHY},
    answers: {"position": INTEGER, **DESCRIBED, **JUDGED, **TIMED},
    attempts: {
        **dict.fromkeys(("position", "attempt"), INTEGER),
        **dict.fromkeys(("question", "category"), TEXT),
        **JUDGED,
        "first_truth": REAL,
        **TIMED,
    },
    results: {
        "question_set": TEXT,
        "position": INTEGER,
        "question": TEXT,
        "answer": TEXT,
        "truth": REAL,
        "taken": INTEGER,
        "logprobs": REALS,
        "alternatives": TEXTS,
        **dict.fromkeys(("reading", "stop", "reason", "metrics"), TEXT),
        **TIMED,
    },
    evaluations: {"question_set": TEXT, "questions": INTEGER, "measure": TEXT, "value": REAL},
    updates: {"trainer": TEXT, "experiences": INTEGER, "steps": INTEGER, "model_version": TEXT, "metrics": TEXT},
    lessons: {
        **dict.fromkeys(("position", "from_turn", "from_position"), INTEGER),
        "question": TEXT,
        **WHY,
        **dict.fromkeys(EFFECTS, REAL),
    },
}
"""Each table's rows and columns (Any: pyarrow has no types)."""
QUESTIONS: Mapping[str, Any] = {
    "question_set": TEXT,
    "position": INTEGER,
    **DESCRIBED,
    "prompt": TEXT,
    "key": TEXT,
    "reveals": TEXTS,
    "form_fields": TEXT,
    "key_fields": TEXT,
}


def questions(study: Study) -> Rows:
    """Yield the questions that evaluations put, all fields of their forms and keys included."""
    for (name,) in study.query("SELECT DISTINCT name FROM question_sets ORDER BY name"):
        for position, question in enumerate(study.question_set(name)):
            yield described(question) | {
                "question_set": name,
                "position": position,
                "prompt": question.prompt,
                "key": kind(question.key),
                "reveals": question.key.reveals,
                "form_fields": json_text(question.form),
                "key_fields": json_text(question.key),
            }


class RowWriter:
    """Writes the rows of one table, of which it holds few at a time."""

    def __init__(self, path: Path, columns: Mapping[str, Any]) -> None:
        self._schema = pa.schema(columns)
        self._file = ParquetWriter(path, self._schema)
        self._rows: list[dict[str, Any]] = []

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take rows."""
        self._rows += [{name: whole(value) for name, value in row.items()} for row in rows]
        if len(self._rows) >= ROWS:
            self._write()

    def close(self) -> None:
        """Write what is left."""
        self._write()
        self._file.close()

    def _write(self) -> None:
        self._file.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows = []


def write_tables(study: Study, folder: Path) -> Iterator[Path]:
    """Write every table and yield the files' paths."""
    paths = {rows: folder / f"{rows.__name__}.parquet" for rows in (*TABLES, questions)}
    with ExitStack() as stack:
        writers = {rows: RowWriter(paths[rows], {**HEAD, **columns}) for rows, columns in TABLES.items()}
        question_writer = RowWriter(paths[questions], QUESTIONS)
        for writer in (*writers.values(), question_writer):
            stack.callback(writer.close)
        question_writer.add(questions(study))
        for turn, seconds in timed_turns(study):
            for rows, writer in writers.items():
                writer.add(headed(rows, turn, seconds))
    yield from paths.values()


def timed_turns(study: Study) -> Iterator[tuple[Turn, Seconds]]:
    """Yield every turn with what judging its answers computed."""
    number, seconds = -1, {}
    for turn in study.turns():
        if turn.turn != number:  # that of all students lies together
            number, seconds = turn.turn, study.timings.answers(turn.turn)
        yield turn, seconds


def headed(table: Any, turn: Turn, seconds: Seconds) -> Rows:
    """Yield the rows of a table (Any: one of TABLES) with the turn and the student that they are of."""
    for row in table(turn):
        timed = {name: seconds.get((row["question"], row["answer"])) for name in TIMED if name in TABLES[table]}
        yield {"turn": turn.turn, "student": turn.student, **row, **timed}


def frame(study: Study, name: str) -> Any:
    """Return one table as pandas has it (Any: pyarrow has no types)."""
    if name == questions.__name__:
        columns, rows = QUESTIONS, questions(study)
    else:
        table = next(rows for rows in TABLES if rows.__name__ == name)
        columns = {**HEAD, **TABLES[table]}
        rows = (row for turn, seconds in timed_turns(study) for row in headed(table, turn, seconds))
    plain = [{column: whole(value) for column, value in row.items()} for row in rows]
    return pa.Table.from_pylist(plain, schema=pa.schema(columns)).to_pandas()


def whole(value: Any) -> Any:
    """Replace halves of surrogate pairs, which UTF-8 cannot hold, by question marks (Any: any column's value)."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    return [whole(element) for element in value] if isinstance(value, tuple) else value
