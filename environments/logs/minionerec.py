"""Reads the folders of MiniOneRec (Kong et al. 2025, arXiv:2510.24431): windows of users' histories, items with IDs.

Of a category, `X.index.json` gives each item's codes, `X.info.tsv` (or .txt) its ID, title and name, `X.item.json` its
brand, categories and description; `X.train.csv`, `X.valid.csv` and `X.test.csv` hold the windows, whose lists are
Python literals. Each file may be packed (.gz), and may lie where the project's own scripts put it (index/, info/,
train/, valid/, test/).

Everything here is made by a program from one catalogue, so every row that does not fit the catalogue is refused: an
item without a title, an ID without an item or the reverse, IDs of two lengths, a history item that is in no catalogue,
a cell that is no literal, a user without history, a user's rows in the wrong order. Counted, not refused: titles in the
rows that differ from the catalogue's, rows that repeat another, rows that do not continue the user's last one.
"""

import ast
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from environments.logs.files import Odd, columns, one_line, quoted_rows, wrong_fields
from environments.logs.log import NONE, Log, Windows
from environments.logs.minionerec_files import SPLITS, Files
from environments.logs.minionerec_items import Shelf, described, shelf
from environments.row_files import short
from simulation.core.errors import DataError

_COLUMNS = ("user_id", "history_item_id", "item_id", "history_item_sid", "item_sid", "history_item_title", "item_title")


@dataclass
class Chains:
    """What was last read of each user, over the splits in their order."""

    users: dict[str, int]
    last: dict[int, tuple[int, ...]]
    counts: Counter[str]


def read(files: Files) -> Log:
    """Return the record; where there is no training file, `prefixes` stands for it and a notice says so."""
    items, counts = shelf(files), Counter[str]()
    tags, descriptions = described(files, items)
    chains = Chains({}, {}, counts)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", SyntaxWarning
        )  # an escape in a title that Python does not know is kept as it is
        warnings.simplefilter("ignore", DeprecationWarning)
        windows = {split: _windows(files.windows[split], items, chains) for split in SPLITS if split in files.windows}
    notices = [f"{files.index.parent} says no times; its windows are split as they were published"]
    if "train" not in windows and "valid" in windows:
        windows = {"train": prefixes(windows, counts), **windows}
        notices.append(
            f"no training file: the {len(windows['train'])} training windows are the prefixes of the validation "
            f"histories that are no row of validation or test, without {counts[_LEAK]} whose target a "
            "validation row has"
        )
    shared = Counter(items.texts)
    counts["items that share an ID"] = sum(size for size in shared.values() if size > 1)
    return Log(
        str(files.index.parent),
        items.items,
        items.titles,
        tuple(chains.users),
        tags,
        descriptions,
        items.codes,
        windows=windows,
        counts={reason: count for reason, count in counts.items() if count},
        notices=tuple(notices),
    )


def _windows(file: Path, items: Shelf, chains: Chains) -> Windows:
    """Read the rows of a split; `chains` knows the users and what was last read of each."""
    rows = quoted_rows(file)
    _, header = next(rows)
    places = columns(file, [name.strip() for name in header], _COLUMNS)
    users, histories, targets = [], [], []
    for line, values in rows:
        if len(values) != len(header):
            raise wrong_fields(file, line, len(values), len(header))
        user, *cells = (values[column] for column in places)
        if not user.strip():
            raise Odd(file, line, "a row without a user", "", "name the user")
        history, target = _window(file, line, cells, items, chains.counts)
        place = chains.users.setdefault(user, len(chains.users))
        _continue(file, line, user, (*history, target), chains, place)
        users.append(place)
        histories.append(history)
        targets.append(target)
    if not users:
        raise DataError(f"{file} has a header and no rows; fetch it again")
    chains.counts["rows that repeat another"] += len(users) - len(set(zip(users, histories, targets, strict=True)))
    return packed(users, histories, targets)


def _window(
    file: Path, line: int, cells: Sequence[str], items: Shelf, counts: Counter[str]
) -> tuple[tuple[int, ...], int]:
    history_names, item, history_texts, written, history_titles, title = cells
    names = [*map(str, _literal(file, line, "history_item_id", history_names)), item.strip()]
    if len(names) == 1:
        raise Odd(file, line, "a user without history", "", "remove the row: nothing can be recommended from it")
    unknown = next((name for name in names if name not in items.places), None)
    if unknown is not None:
        raise Odd(
            file, line, "an item that no catalogue holds", short(unknown), "add it to the index or remove the row"
        )
    *history, target = (items.places[name] for name in names)
    texts = _listed(file, line, "history_item_sid", history_texts, [items.texts[place] for place in history])
    titles = _listed(file, line, "history_item_title", history_titles, [items.titles[place] for place in history])
    if not len(history) == len(texts) == len(titles):
        lengths = f"{len(history)} items, {len(texts)} IDs, {len(titles)} titles"
        raise Odd(file, line, "lists of different lengths", lengths, "give every history item its ID and title")
    for place, written_text in zip((*history, target), (*texts, written.strip()), strict=True):
        if written_text != items.texts[place]:
            reason = f"another ID of item {short(items.items[place])} than in the index"
            detail = f"{short(written_text)}, not {items.texts[place]}"
            raise Odd(file, line, reason, detail, "make rows and index of one catalogue")
    if [items.titles[place] for place in (*history, target)] != [one_line(str(name)) for name in (*titles, title)]:
        counts["rows whose titles differ from the catalogue's"] += 1
    return tuple(history), target


def _listed(file: Path, line: int, column: str, cell: str, expected: list[str]) -> list[Any]:
    """Return the list that a cell holds; what is written as the expected one is need not be parsed."""
    return expected if cell.strip() == repr(expected) else _literal(file, line, column, cell)


def _literal(file: Path, line: int, column: str, cell: str) -> list[Any]:
    """Return the list that a cell holds, read as data and never run (Any: what is in it is checked by the caller)."""
    try:
        value = ast.literal_eval(cell.strip())
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        value = None
    if not isinstance(value, list) or not all(type(part) in (int, str) for part in value):
        raise Odd(
            file,
            line,
            f"{column} is no list that can be read as a literal",
            short(cell),
            "write it like ['a', 'b'] or [1, 2]",
        )
    return value


def _continue(file: Path, line: int, user: str, taken: tuple[int, ...], chains: Chains, place: int) -> None:
    """Check that a user's row follows on the last one; a shorter history means that times run backwards."""
    before = chains.last.get(place)
    if before is not None:
        if len(taken) < len(before):
            raise Odd(
                file,
                line,
                f"times that run backwards: user {short(user)} had a longer history in the row before",
                f"{len(taken) - 1} items after {len(before) - 1}",
                "sort each user's rows by time",
            )
        if before[-len(taken) + 1 :] != taken[:-1]:
            chains.counts["rows that do not continue the user's last one"] += 1
    chains.last[place] = taken


_LEAK = "prefixes whose target is a validation row's"


def prefixes(windows: dict[str, Windows], counts: Counter[str]) -> Windows:
    """Return the windows that end within a validation history, each once, in the order of the rows.

    Of two rows of one user, the later's history holds the earlier's target: a prefix that ends there is that validation
    row with a shorter history. It is left out and counted, so that what is chosen on validation was not trained on.
    """
    rows = {
        split: list(zip(part.users_W.tolist(), part.histories, part.targets_W.tolist(), strict=True))
        for split, part in windows.items()
    }
    published = {row for part in rows.values() for row in part}
    earlier: dict[int, int] = {}
    clean: dict[tuple[int, tuple[int, ...], int], bool] = {}
    for user, history, _ in rows["valid"]:
        own = earlier.get(user, 0)
        earlier[user] = own + 1
        for end in range(1, len(history)):
            prefix = (user, history[:end], history[end])
            if prefix not in published:
                clean.setdefault(prefix, end < len(history) - own)
    counts[_LEAK] = sum(not is_clean for is_clean in clean.values())
    rows_left = [prefix for prefix, is_clean in clean.items() if is_clean]
    return packed([u for u, _, _ in rows_left], [h for _, h, _ in rows_left], [t for _, _, t in rows_left])


def packed(users: Sequence[int], histories: Sequence[tuple[int, ...]], targets: Sequence[int]) -> Windows:
    """Return windows without times as arrays."""
    histories_WH = np.full((len(users), max(map(len, histories), default=1)), NONE, np.int32)
    for row_H, history in zip(histories_WH, histories, strict=True):
        row_H[len(row_H) - len(history) :] = history
    return Windows(np.array(users, np.int32), histories_WH, np.array(targets, np.int32))
