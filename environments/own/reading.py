"""Reads the questions of a file of one's own, or of a dataset on the Hub, with what was understood of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from environments.own.columns import ColumnNames, Columns, columns_of
from environments.own.draft import WAYS, Draft, Way, leading_way, question_of
from environments.own.table import Row, Table, separated
from environments.row_files import Gathered, gathered, raw_rows, short
from simulation.core.errors import DataError
from simulation.core.paths import ROW_FILES
from simulation.core.types import Question

Marking = Literal["any", "text", "letter", "number", "index"]
TABLES = (".csv", ".tsv")
OWN_FILES = (*ROW_FILES, *TABLES)
"""How files end that can be read."""
Drafts = list[tuple[str, int, Draft | DataError]]
"""With their files and lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a source holds."""

    about: tuple[str, ...]
    """How it was understood, for people."""
    gathered: Gathered


def read_own(source: str, chosen: ColumnNames, correct_is: Marking, split: str | None) -> Reading:
    """Return the questions of `source`; raises DataError where there is none, or nothing can be told of its columns."""
    about, drafts = drafts_of(source, chosen, split)
    fixed = correct_is != "any"
    way: Way | None = (
        correct_is if correct_is != "any" else leading_way(draft for _, _, draft in drafts if isinstance(draft, Draft))
    )
    gathering = gathered(drafts, partial(checked, way=way, fixed=fixed))
    if not gathering.questions:
        refused = gathering.refused
        why = f"; the first of {len(refused)}: {refused[0]}" if refused else ": it holds none"
        raise DataError(f"no question could be read from {source!r}{why}")
    by = f"correct is read by {way or ' or '.join(WAYS)}"
    marked = any(question.form.alternatives for question in gathering.questions.values())
    return Reading(about=(*about, by) if marked else about, gathered=gathering)


def checked(draft: Draft | DataError, *, way: Way | None, fixed: bool) -> Question:
    """Return the question of a draft; raises DataError where there is none."""
    if isinstance(draft, DataError):
        raise draft
    return question_of(draft, way, fixed=fixed)


def drafts_of(source: str, chosen: ColumnNames, split: str | None) -> tuple[tuple[str, ...], Drafts]:
    """Return how a source was understood, and its questions as they are written."""
    path = Path(source).expanduser()
    if source.endswith(TABLES):
        if not path.is_file():
            raise DataError(f"no file {source!r} (looked in {Path.cwd()}); correct the path")
        table = separated(path, chosen)
    else:
        table = records_of(source, split)
    columns = columns_of([name for name in table.header if name], chosen)
    rows: Drafts = [(row.file, row.line, draft_of(row, columns)) for row in table.rows]
    return (table.about, str(columns)), rows


def draft_of(row: Row, columns: Columns) -> Draft | DataError:
    """Return the question as a row has it, or why there is none."""
    if isinstance(row.cells, DataError):
        return row.cells
    try:
        return columns.draft(row.cells)
    except DataError as error:
        return error


def records_of(source: str, split: str | None) -> Table:
    """Return rows of JSON lines, JSON, Parquet, or of a dataset on the Hub, under the keys that any of them has."""
    rows = [
        Row(file, line, row if isinstance(row, Mapping) else DataError(f"not a JSON object but {short(row)}"))
        for file, line, row in raw_rows(source, split)
    ]
    header = dict.fromkeys(str(key) for row in rows if isinstance(row.cells, Mapping) for key in row.cells)
    if rows and not header:
        raise DataError(f"{rows[0].file}:{rows[0].line}: {rows[0].cells}; give a JSON object a line")
    return Table(about=f"{source}: {len(rows)} rows", header=tuple(header), rows=rows)
