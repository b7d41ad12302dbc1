"""Texts in the cells of a row: one, or several in a cell; a cell that cannot be read says why."""

import ast
import json
from collections.abc import Mapping, Sequence

from environments.row_files import short
from simulation.core.errors import DataError
from simulation.core.templates import letter


def cell_in(row: Mapping[str, object], name: str) -> object:
    """Return what a row has in a column, None where none is named; raises DataError where in its place stands why."""
    cell = row.get(name) if name else None
    if isinstance(cell, DataError):
        raise cell
    return cell


def written(row: Mapping[str, object], name: str) -> str:
    """Return the text of a cell, "" where there is none; raises DataError where in its place stands why."""
    cell = cell_in(row, name)
    if cell is None or cell != cell:  # an empty cell of pandas is no number
        return ""
    if isinstance(cell, str | int | float):
        return str(cell)
    raise DataError(f"{name} must be a text or a number, got {short(cell)}")


def listed(cell: object, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return labels and texts of a cell that holds several.

    A list; a list that is written out; texts with "|" between them, or one a line; or, as ARC has it, a mapping of text
    and label. Raises DataError where it is none of these.
    """
    if isinstance(cell, Mapping) and isinstance(cell.get("text"), Sequence):
        texts = list(cell["text"])
        labels = [str(label) for label in cell.get("label", [])]
        if labels and len(labels) != len(texts):
            raise DataError(f"{name} holds {len(texts)} texts and {len(labels)} labels; give each its label")
    else:
        texts, labels = unpacked(cell, name), []
    if any(not isinstance(text, str | int | float) for text in texts):
        raise DataError(f"{name} must hold texts, got {short(cell)}")
    return tuple(labels or map(letter, range(len(texts)))), tuple(map(str, texts))


def unpacked(cell: object, name: str) -> list[object]:
    """Return the parts of a cell."""
    if cell is None or cell == "":
        return []
    if isinstance(cell, list | tuple):
        return [*cell]
    if not isinstance(cell, str):
        raise DataError(f'{name} must be a list of texts, or a text with "|" between them, got {short(cell)}')
    if cell.lstrip().startswith("["):
        for reader in (json.loads, ast.literal_eval):
            try:
                parts = reader(cell.strip())
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                continue
            if isinstance(parts, list):
                return parts
    separator = "|" if "|" in cell else "\n"
    return [part.strip() for part in cell.strip().split(separator)]
