"""Files that rewards of lists rest on: vectors of items, and a log of what users took."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.core.brought_json import WrittenTwice, decoded
from simulation.core.catalogue import Catalogue
from simulation.core.errors import DataError


def read_vectors(file: Path, items: Catalogue) -> NDArray[np.float64]:
    """Return `vectors_IE`, a row an item, from a .npy of such rows or a .json of lists by item; raises DataError."""
    vectors_IE = read_rows(file) if file.suffix == ".npy" else read_lists(file, items)
    if vectors_IE.ndim != 2 or len(vectors_IE) != len(items.items):
        what = f"{file} holds numbers of shape {vectors_IE.shape}, where a catalogue of {len(items.items)} items needs"
        raise DataError(f"{what} as many rows; give a row an item, in the order of the catalogue")
    if not np.isfinite(vectors_IE).all():
        row = int(np.argmin(np.isfinite(vectors_IE).all(axis=1)))
        raise DataError(f"{file}, row {row}: the vector of {items.items[row]!r} holds what is no number; correct it")
    return vectors_IE


def read_rows(file: Path) -> NDArray[np.float64]:
    """Read an array of numbers."""
    try:
        rows = np.asarray(np.load(file, allow_pickle=False))
    except (OSError, ValueError, TypeError, EOFError, MemoryError) as error:
        raise DataError(f"the item vectors {file} cannot be read as a .npy of numbers: {error}; correct it") from error
    if rows.dtype.kind not in "fiu":
        raise DataError(f"the item vectors {file} are of type {rows.dtype}; write real numbers, a row an item")
    return rows.astype(np.float64)


def read_lists(file: Path, items: Catalogue) -> NDArray[np.float64]:
    """Read an object of lists of numbers by item name."""
    lists = read_json(file)
    if not isinstance(lists, dict) or not lists:
        raise DataError(f"{file} is no JSON object of lists of numbers by item; write {{item: [number, …], …}}")
    width = len(first) if isinstance(first := next(iter(lists.values())), list) else 0
    for item, row in lists.items():
        if not (isinstance(row, list) and len(row) == width > 0 and all(type(x) in (int, float) for x in row)):
            raise DataError(f"{file}: the vector of {item!r} is no list of {width or 'some'} numbers; correct it")
    if missing := [item for item in items.items if item not in lists]:
        what = f"{file} has no vector for {len(missing)} of {len(items.items)} items, such as {missing[0]!r}"
        raise DataError(f"{what}; add one for each item of the catalogue")
    try:
        return np.array([lists[item] for item in items.items], dtype=np.float64)
    except OverflowError as error:
        raise DataError(f"{file} holds a number that is too large ({error}); scale the vectors") from error


def read_histories(file: Path) -> tuple[tuple[str, ...], ...]:
    """Read what each user took, oldest first: a JSON list of item names a line; raises DataError by file and line."""
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"the log {file} cannot be read: {error}; correct `log`") from error
    histories = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            histories.append(read_history(line, f"{file}:{number}"))
    if not histories:
        raise DataError(f"{file} holds no histories; write a JSON list of item names a line, oldest first")
    return tuple(histories)


def read_history(line: str, where: str) -> tuple[str, ...]:
    """Read one line."""
    try:
        history = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: not JSON ({error}); each line is a list of item names") from error
    if not isinstance(history, list) or not all(isinstance(item, str) for item in history):
        raise DataError(f'{where}: {line[:80]!r} is no list of item names; write ["item", …], oldest first')
    return tuple(history)


def read_json(file: Path) -> Any:
    """Return what a JSON file holds (Any: JSON values)."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        return decoded(text)
    except WrittenTwice as twice:
        raise DataError(f"{file}:{twice.line_in(text)}: {twice}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"the item vectors {file} cannot be read as JSON: {error}; correct `vectors`") from error
