"""Rows of a table: of a text whose cells are separated, of a workbook, of JSON, each with the line it stands in."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from environments.own.columns import SINGLE, ColumnNames, flattened
from environments.own.text import text_of
from environments.row_files import short
from simulation.core.errors import DataError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
"""What may stand between cells, and what it is called."""
_HINT = re.compile(r"sep=(.)\n", re.IGNORECASE)
"""What Excel writes before a table to say what stands between its cells."""


class Row(NamedTuple):
    """A row and where it stands."""

    file: str
    line: int
    cells: Mapping[str, object] | DataError
    """By column, or why it cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under the names of their columns."""

    about: str
    """What was read, for people."""
    header: tuple[str, ...]
    rows: Sequence[Row]


def separated(path: Path, chosen: ColumnNames) -> Table:
    """Read a text of separated cells; which character separates them is the one by which most columns are known."""
    text = text_of(path)
    if not text.strip():
        raise DataError(f"{path.name}: it is empty; write a first line with the names of the columns, then a row each")
    hint = _HINT.match(text)
    separator = hint[1] if hint else max(SEPARATORS, key=lambda character: recognised(text, character, chosen))
    lines = records(text, separator, skipped=1 if hint else 0)
    start, header = next(lines, (1, []))
    if isinstance(header, DataError):
        raise DataError(f"{path.name}:{start}: {header}")
    names = column_names(path.name, start, header)
    rows = [
        Row(path.name, line, cells if isinstance(cells, DataError) else under(names, cells)) for line, cells in lines
    ]
    kind = SEPARATORS.get(separator, repr(separator))
    return Table(about=f"{path.name}: a table with {kind} between its cells", header=names, rows=rows)


def recognised(text: str, separator: str, chosen: ColumnNames) -> tuple[bool, int]:
    """Return whether a column is the question where cells are so separated, and how many cells the first line has."""
    _, first = next(records(text, separator), (1, []))
    if isinstance(first, DataError):
        return False, 0
    header = [" ".join(cell.split()) for cell in first]
    sought = {*SINGLE["question"], *flattened(chosen.values())}
    return any(name in sought or name.casefold() in SINGLE["question"] for name in header), len(header)


def records(text: str, separator: str, skipped: int = 0) -> Iterator[tuple[int, list[str] | DataError]]:
    """Yield the rows of a text that hold anything, each with the line in which it begins; `skipped` lines are none."""
    lines = io.StringIO(text)
    for _ in range(skipped):
        lines.readline()
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        start = skipped + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            end = skipped + reader.line_num
            span = f"lines {start} to {end} cannot" if end > start else "the line cannot"
            remedy = "close each quote that opens a cell, and double each inside it"
            yield start, DataError(f"{span} be told apart into cells ({error}); {remedy}")
            continue
        if any(cell.strip() for cell in cells):
            yield start, cells


def column_names(place: str, line: int, header: Sequence[object]) -> tuple[str, ...]:
    """Return the names of columns, "" where there is none; raises DataError where two are alike."""
    names = tuple("" if cell is None else " ".join(str(cell).split()) for cell in header)
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise DataError(f"{place}:{line}: two columns are named {', '.join(map(short, twice))}; rename one of them")
    return names


def under(names: Sequence[str], cells: Sequence[object]) -> dict[str, object] | DataError:
    """Return cells by the names of their columns, or why they have none."""
    beyond = [cell for place, cell in enumerate(cells) if place >= len(names) or not names[place]]
    if any(cell not in (None, "") for cell in beyond):
        what = f"it has {len(cells)} cells under {sum(map(bool, names))} named columns"
        return DataError(f"{what}; put a text that holds the separator into double quotes, or name the column")
    if len(cells) == 1 < sum(map(bool, names)) and any(separator in str(cells[0]) for separator in SEPARATORS):
        what = f"it has one cell under {sum(map(bool, names))} named columns"
        return DataError(f"{what}; write between cells what stands between those of the first line")
    return {name: cell for name, cell in zip(names, cells, strict=False) if name}
