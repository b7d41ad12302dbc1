"""Reads the questions of a file of one's own, or of a dataset on the Hub, with what was understood of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from environments.own.aiken import ANSWER, aiken_drafts
from environments.own.columns import ColumnNames, Columns, columns_of
from environments.own.draft import WAYS, Draft, Way, leading_way, question_of
from environments.own.gift import gift_drafts
from environments.own.table import Row, Table, separated
from environments.own.text import text_of
from environments.own.workbook import workbook
from environments.row_files import Gathered, gathered, in_short, no_file, raw_rows, short
from simulation.core.errors import DataError
from simulation.core.paths import ROW_FILES

Marking = Literal["any", "text", "letter", "number", "index"]
TABLES = (".csv", ".tsv")
TEXTS = (".gift", ".aiken", ".txt")
OTHER_SHEETS = (".xls", ".ods", ".numbers")
"""Spreadsheets that are not read."""
OWN_FILES = (*ROW_FILES, *TABLES, *TEXTS, ".xlsx", *OTHER_SHEETS)
"""How files end that can be read."""
Drafts = list[tuple[str, int, Draft | DataError]]
"""With their files and lines."""
WRITTEN = {"GIFT": gift_drafts, "Aiken": aiken_drafts}
"""How texts of questions are read, by what they are."""
NO_OBJECT = "not a JSON object"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a source holds."""

    about: tuple[str, ...]
    """How it was understood, for people."""
    slips: tuple[str, ...]
    """A sentence on each column that is not read, for a slip in its name."""
    gathered: Gathered


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSource:
    """What is read, and how."""

    rows: str
    """A file, a folder, or a dataset on the Hub."""
    columns: ColumnNames
    correct_is: Marking
    split: str | None
    sheet: str | None


def read_own(source: OwnSource) -> Reading:
    """Return the questions of a source; raises DataError where there is none, or nothing can be told of its columns."""
    about, slips, drafts, way = drafts_of(source)
    fixed = way is not None
    way = way or leading_way(draft for _, _, draft in drafts if isinstance(draft, Draft))
    gathering = gathered(drafts, partial(question_of, way=way, fixed=fixed))
    if not gathering.questions:
        refused = gathering.refused
        none = "it holds headings and no row below them; write a row for each question"
        why = in_short(refused) if refused else none if len(about) > 1 else "it holds none; write one"
        raise DataError(f"no question could be read from {source.rows!r}: {why}")
    by = f"correct is read by {way or ' or '.join(WAYS)}"
    marked = any(question.form.alternatives for question in gathering.questions.values())
    return Reading(about=(*about, by) if marked and len(about) > 1 else about, slips=slips, gathered=gathering)


def drafts_of(source: OwnSource) -> tuple[tuple[str, ...], tuple[str, ...], Drafts, Way | None]:
    """Return how a source was understood, which columns are not read for a slip in their names, its questions.

    Questions are as they are written; with them stands how they name what is right.
    """
    path = Path(source.rows).expanduser()
    refuse_unread(path)
    form = form_of(path) if path.suffix.lower() in (*TEXTS, *TABLES, ".xlsx", *OTHER_SHEETS) else "records"
    if form in WRITTEN:
        if source.columns or source.correct_is != "any":
            raise DataError(f"{path.name}: is {form}, which has no columns; remove columns and correct_is")
        parts = WRITTEN[form](text_of(path))
        return (f"{path.name}: {form}",), (), [(path.name, line, draft) for line, draft in parts], "letter"
    if form == "a workbook":
        table = workbook(path, source.columns, source.sheet)
    else:
        table = separated(path, source.columns) if form == "a table" else records_of(source.rows, source.split)
    try:
        columns = columns_of([name for name in table.header if name], source.columns)
    except DataError as error:
        raise DataError(f"{path.name}: {error}") from error
    slips = tuple(
        f"{path.name}: the column {name!r} is not read; if it is meant as {meant}, call it so"
        for name, meant in columns.slips.items()
    )
    rows: Drafts = [(row.file, row.line, draft_of(row, columns)) for row in table.rows]
    return (table.about, str(columns)), slips, rows, None if source.correct_is == "any" else source.correct_is


def refuse_unread(path: Path) -> None:
    """Refuse a file of an ending that is not read, and a folder that holds none of rows."""
    read = [ending for ending in OWN_FILES if ending not in OTHER_SHEETS]
    if path.is_file() and not path.name.lower().endswith(OWN_FILES):
        raise DataError(f"{str(path)!r} is none of {', '.join(read)}; save it as one of these")
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.name.lower().endswith(tuple(read)))
        if not any(file.name.endswith(ROW_FILES) for file in files):
            one = f"one of its files, such as {files[0]}" if files else f"a file that is {', '.join(read)}"
            whole = f"is read as a whole only where it holds {', '.join(ROW_FILES)}"
            raise DataError(f"folder {str(path)!r} {whole}; name {one}")


def form_of(path: Path) -> str:
    """Return what a file is by the end of its name, or where that says only that it is a text, by its content."""
    if not path.is_file():
        raise no_file(path)
    ending = path.suffix.lower()
    if ending in OTHER_SHEETS:
        raise DataError(f"{path.name}: {ending} is not read; save it as .xlsx or as CSV UTF-8 in your spreadsheet")
    if ending != ".txt":
        return {".xlsx": "a workbook", ".gift": "GIFT", ".aiken": "Aiken"}.get(ending, "a table")
    text = text_of(path)
    if any(ANSWER.fullmatch(line) for line in text.split("\n")):
        return "Aiken"
    if re.search(r"(?<!\\)\{", text):
        return "GIFT"
    raise DataError(
        f"{path.name}: is neither GIFT, with answers in braces, nor Aiken, with lines ANSWER: A; name a table .csv"
    )


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
        Row(file, line, row if isinstance(row, Mapping | DataError) else DataError(f"{NO_OBJECT} but {short(row)}"))
        for file, line, row in raw_rows(source, split)
    ]
    header = dict.fromkeys(str(key) for row in rows if isinstance(row.cells, Mapping) for key in row.cells)
    if not rows:
        raise DataError(f"{source!r} holds no rows; write a JSON object for each question")
    if not header:
        first, remedy = str(rows[0].cells), ""
        if first.startswith(NO_OBJECT):
            remedy = "; give a JSON object a line, its texts in double quotes"
        if first.startswith(f"{NO_OBJECT} but '["):
            remedy = "; name a list of objects .json"
        raise DataError(f"{rows[0].file}:{rows[0].line}: {first}{remedy}")
    return Table(about=f"{source}: {len(rows)} rows", header=tuple(header), rows=rows)
