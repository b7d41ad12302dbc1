"""Reads a sheet of a workbook (XLSX) as a table, each cell as it is shown."""

import datetime
import warnings
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from environments.own.columns import SINGLE, ColumnNames, flattened
from environments.own.table import Row, Table, column_names, under
from simulation.core.errors import DataError, nearest


def workbook(path: Path, chosen: ColumnNames, sheet: str | None) -> Table:
    """Read the sheet that is named, or the first whose first row names a column that is the question."""
    sheets = sheets_of(path)
    if sheet is not None and sheet not in sheets:
        raise DataError(f"{path.name}: there is no sheet {sheet!r}; {nearest(sheet, sheets)}")
    sought = {*SINGLE["question"], *flattened(chosen.values())}
    fitting = [name for name, rows in sheets.items() if has_question(rows, sought)]
    name = sheet or (fitting or [*sheets])[0]
    place = f"{path.name}, sheet {name!r}"
    rows = sheets[name]
    if not rows:
        raise DataError(f"{place}: it is empty; write a first row with the names of the columns, then a row each")
    (start, header), *below = rows
    try:
        texts = [shown(cell) for cell in header]
    except DataError as error:
        raise DataError(f"{place}:{start}: {error}") from error
    names = column_names(place, start, texts)
    others = [other for other in sheets if other != name and sheets[other]]
    about = f"{place}" + (f"; not read: sheet {', '.join(map(repr, others))}" if others else "")
    table_rows = [Row(place, line, under(names, list(map(text_in, row)))) for line, row in below]
    return Table(about=about, header=names, rows=table_rows)


def sheets_of(path: Path) -> dict[str, list[tuple[int, list[Any]]]]:
    """Return by name the rows of each sheet that hold anything, with their numbers (Any: openpyxl's cells).

    A cell whose value was not stored stands as the formula that it is.
    """
    sheets = read(path, stored=True)
    if any(is_blank(cell) for rows in sheets.values() for _, row in rows for cell in row):
        formulas = {name: dict(rows) for name, rows in read(path, stored=False).items()}
        for name, rows in sheets.items():
            sheets[name] = [(number, filled_in(row, formulas[name].get(number, row))) for number, row in rows]
    return {name: [(number, row) for number, row in rows if filled(row)] for name, rows in sheets.items()}


def read(path: Path, *, stored: bool) -> dict[str, list[tuple[int, list[Any]]]]:
    """Return by name the rows of each sheet with their numbers, by stored values or as written (Any: its cells)."""
    import openpyxl  # type: ignore[import-untyped]

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what openpyxl does not keep nothing is read here
            book = openpyxl.load_workbook(path, read_only=True, data_only=stored)
            sheets = {
                sheet.title: [
                    (number, [*row])
                    for number, row in enumerate(sheet.iter_rows(), start=1)
                    if filled(row) or any(map(is_blank, row))
                ]
                for sheet in book.worksheets
            }
            book.close()
    except OSError as error:
        raise DataError(f"{str(path)!r} cannot be read: {error.strerror or error}; check the file") from error
    except Exception as error:  # openpyxl raises whatever its parsers of XML and ZIP do
        kind = "" if isinstance(error, zipfile.BadZipFile) else f" ({type(error).__name__}: {error})"
        raise DataError(f"{str(path)!r} is no whole workbook{kind}; save it anew as .xlsx, or as CSV UTF-8") from error
    return sheets


def is_blank(cell: Any) -> bool:
    """Say whether a cell is there but has no value: one that is only formatted, or a formula that nobody computed."""
    from openpyxl.cell.read_only import EmptyCell  # type: ignore[import-untyped]

    return cell.value is None and cell.data_type == "n" and not isinstance(cell, EmptyCell)


def filled_in(row: list[Any], written: list[Any]) -> list[Any]:
    """Return a row with the formulas of its cells that have no value (Any: openpyxl's cells)."""
    return [
        formula if is_blank(cell) and formula.data_type == "f" else cell
        for cell, formula in zip(row, written, strict=True)
    ]


def filled(row: Iterable[Any]) -> bool:
    """Say whether a row holds anything (Any: openpyxl's cells)."""
    return any(cell.value is not None and str(cell.value).strip() for cell in row)


def has_question(rows: list[tuple[int, list[Any]]], sought: set[str]) -> bool:
    """Say whether the first row of a sheet names a column that is the question (Any: openpyxl's cells)."""
    header = [" ".join(str(cell.value).split()) for cell in rows[0][1]] if rows else []
    return any(name in sought or name.casefold() in sought for name in header)


def text_in(cell: Any) -> str | DataError:
    """Return a cell's text, or why it has none, which counts where its column is read (Any: openpyxl's cells)."""
    try:
        return shown(cell)
    except DataError as error:
        return error


def shown(cell: Any) -> str:
    """Return a cell's text as the sheet shows it, up to 15 digits (Any: openpyxl's cells); "" of an empty one."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        remedy = "open the workbook in a spreadsheet program and save it there, or export it as CSV UTF-8"
        raise DataError(f"cell {cell.coordinate} is a formula whose value is not stored; {remedy}")
    if cell.data_type == "e":
        raise DataError(f"cell {cell.coordinate} holds the error {value}; mend its formula, or write the text")
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        remedy = "a sheet makes dates of 1/2 or 3-4: format the cell as text and write it again"
        raise DataError(f"cell {cell.coordinate} is a date or a time ({value}); {remedy}")
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, int | float):
        percent = "%" in (cell.number_format or "")
        return f"{100 * value:.15g}%" if percent else f"{value:.15g}"
    return str(value)
