"""Gathers the rows of a dump, events and items, into a log; what cannot be used is counted by reason.

A dump is what many people did, so that parts of it that cannot be used are the rule, not a fault: items without a
title, events of items that the item file lacks, events that stand there twice, items that nobody took. They are left
out and counted, and only a dump of which nothing is left is refused. Its rows may stand in any order of time.
"""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from environments.logs.files import Odd, Tally, number
from environments.logs.log import Events, Log
from simulation.core.errors import DataError


@dataclass(frozen=True)
class Described:
    """What an item file says of one item."""

    title: str
    tags: tuple[str, ...] = ()
    description: str = ""


class Gathering:
    """The events read so far; users and items are numbered as they come."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._users: dict[str, int] = {}
        self._items: dict[str, int] = {}
        self._columns = array("i"), array("i"), array("d")

    def events(self, file: Path, rows: Iterable[tuple[int, str, str, str] | Odd]) -> None:
        """Take rows of line, user, item and time."""
        users, items = self._users, self._items
        users_E, items_E, times_E = self._columns
        read = 0
        for row in rows:
            read += 1
            if isinstance(row, Odd):
                self.tally.odd(row)
                continue
            line, user, item, time = row
            try:
                seconds = number(file, line, "time", time)
                if not user or not item:
                    raise Odd(file, line, "a row without a user or an item", "", "name both")
            except Odd as odd:
                self.tally.odd(odd)
                continue
            users_E.append(users.setdefault(user, len(users)))
            items_E.append(items.setdefault(item, len(items)))
            times_E.append(seconds)
        self.tally.close(read)
        if not len(users_E):
            raise DataError(f"{file} holds no rows; fetch it again")

    def items(self, file: Path, rows: Iterable[tuple[int, str, Described] | Odd]) -> dict[str, Described]:
        """Return the items of rows of line, name and item; of an item that stands there twice the first row holds."""
        items: dict[str, Described] = {}
        read = 0
        for row in rows:
            read += 1
            if isinstance(row, Odd):
                self.tally.odd(row)
            elif not row[1]:
                self.tally.odd(Odd(file, row[0], "an item without a name", "", "name it"))
            elif row[1] in items:
                self.tally.counts["items named a second time, whose first row holds"] += 1
            else:
                items[row[1]] = row[2]
        self.tally.close(read)
        if not items:
            raise DataError(f"{file} holds no items; fetch it again")
        return items

    def log(self, source: Path, described: dict[str, Described], notices: Iterable[str] = ()) -> Log:
        """Return what can be used, items in the order of the item file, users as they first came."""
        users_E, items_E, times_E = (np.array(column) for column in self._columns)
        kept_E = self._usable(described, items_E)
        kept_E &= self._first_of_equals(users_E, items_E, times_E, kept_E)
        if not kept_E.any():
            reasons = "; ".join(f"{count} {reason}" for reason, count in self.tally.counts.items() if count)
            raise DataError(f"nothing of {source} can be used ({reasons}); give events and items of one data set")
        users_E, items_E, times_E = users_E[kept_E], items_E[kept_E], times_E[kept_E]
        item_names, items_E = _renumbered(items_E, self._items, list(described))
        user_names, users_E = _renumbered(users_E, self._users, list(self._users))
        self.tally.counts["items that nobody took"] = sum(bool(i.title) for i in described.values()) - len(item_names)
        order_E = np.argsort(times_E, kind="stable")
        rows = [described[name] for name in item_names]
        return Log(
            str(source),
            item_names,
            tuple(row.title for row in rows),
            user_names,
            tuple(row.tags for row in rows) if any(row.tags for row in rows) else (),
            tuple(row.description for row in rows) if any(row.description for row in rows) else (),
            events=Events(users_E[order_E], items_E[order_E], times_E[order_E]),
            counts={reason: count for reason, count in self.tally.counts.items() if count},
            notices=(*notices, *_shared_titles(rows)),
        )

    def _usable(self, described: dict[str, Described], items_E: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Say which events have an item with a title."""
        listed = np.array([name in described for name in self._items])
        titled = np.array([name in described and bool(described[name].title) for name in self._items])
        counts = self.tally.counts
        counts["events of items that the item file lacks"] = int(np.count_nonzero(~listed[items_E]))
        counts["items without a title"] = sum(not item.title for item in described.values())
        counts["events of items without a title"] = int(np.count_nonzero((listed & ~titled)[items_E]))
        return titled[items_E]

    def _first_of_equals(
        self,
        users_E: NDArray[np.int32],
        items_E: NDArray[np.int32],
        times_E: NDArray[np.float64],
        kept_E: NDArray[np.bool_],
    ) -> NDArray[np.bool_]:
        """Say which events are the first of those with the same user, item and time."""
        order_E = np.lexsort((items_E, users_E, times_E))
        same_E = np.ones(len(order_E) - 1, bool)
        for column_E in (users_E, items_E, times_E):
            sorted_E = column_E[order_E]
            same_E &= sorted_E[1:] == sorted_E[:-1]
        first_E = np.ones(len(order_E), bool)
        first_E[order_E[1:][same_E]] = False
        self.tally.counts["events that repeat another of the same user, item and time"] = int(
            np.count_nonzero(kept_E & ~first_E)
        )
        return first_E


def _renumbered(
    places_E: NDArray[np.int32], places: dict[str, int], order: list[str]
) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Return the names that still occur, in the `order` given, and each event's place among them."""
    occurs = np.zeros(len(places), bool)
    occurs[places_E] = True
    names = tuple(name for name in order if name in places and occurs[places[name]])
    renumbered = np.full(len(places), -1, np.int32)
    renumbered[[places[name] for name in names]] = np.arange(len(names), dtype=np.int32)
    return names, renumbered[places_E]


def _shared_titles(rows: list[Described]) -> list[str]:
    titles = Counter(row.title for row in rows)
    sharing = sum(count for count in titles.values() if count > 1)
    return [f"{sharing} items share their title with another, so that a title alone does not tell them apart"] * bool(
        sharing
    )
