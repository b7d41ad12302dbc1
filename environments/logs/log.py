"""What a record of users and the items they took holds, whatever format it was read from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulation.core.errors import DataError

NONE = -1
"""Stands in a window where the history is shorter than the array is wide."""


@dataclass(frozen=True, eq=False)
class Events:
    """Who took what, when: E events, sorted by time over all users, events of one time in the order of the file."""

    users_E: NDArray[np.int32]
    """Places in the log's users."""
    items_E: NDArray[np.int32]
    """Places in the log's items."""
    times_E: NDArray[np.float64]
    """Seconds since 1970, or whatever unit the file has."""

    def __len__(self) -> int:
        return len(self.users_E)


@dataclass(frozen=True, eq=False)
class Windows:
    """W times, what a user took before (at most H items) and what was taken next."""

    users_W: NDArray[np.int32]
    histories_WH: NDArray[np.int32]
    """Places in the log's items, oldest first, the latest in the last column; NONE fills the left."""
    targets_W: NDArray[np.int32]
    times_W: NDArray[np.float64] | None = None
    """When the target was taken; None where the record does not say."""
    before_W: NDArray[np.int64] | None = None
    """How many items the user had taken before, beyond the history too; None where the record does not say."""

    def __len__(self) -> int:
        return len(self.targets_W)

    def __iter__(self) -> Iterator[tuple[tuple[int, ...], int]]:
        """Give each window's history, oldest first, and its target."""
        return zip(self.histories, self.targets_W.tolist(), strict=True)

    @cached_property
    def histories(self) -> tuple[tuple[int, ...], ...]:
        """Of each window, the places of the items before, oldest first."""
        width = self.histories_WH.shape[1]
        starts = (width - self.lengths_W).tolist()
        rows = self.histories_WH.tolist()
        return tuple(tuple(row[start:]) for row, start in zip(rows, starts, strict=True))

    @cached_property
    def lengths_W(self) -> NDArray[np.int64]:
        """How many items stand before each target."""
        lengths_W: NDArray[np.int64] = np.count_nonzero(self.histories_WH != NONE, axis=1)
        return lengths_W

    def chosen(self, which_W: NDArray[np.bool_] | slice) -> "Windows":
        """Return some of them, in the order given."""
        times_W = None if self.times_W is None else self.times_W[which_W]
        before_W = None if self.before_W is None else self.before_W[which_W]
        return Windows(self.users_W[which_W], self.histories_WH[which_W], self.targets_W[which_W], times_W, before_W)

    def shortened(self, history: int) -> "Windows":
        """Return them with at most the `history` latest items before each target."""
        return replace(self, histories_WH=self.histories_WH[:, -history:])


@dataclass(frozen=True, eq=False)
class Log:
    """Items, users and what these took: `events` where the record has times, else ready `windows` by split."""

    source: str
    """The path it was read from."""
    items: tuple[str, ...]
    """Names, all different; everything else names an item by its place here."""
    titles: tuple[str, ...]
    users: tuple[str, ...]
    tags: tuple[tuple[str, ...], ...] = ()
    """Of each item what is known of it, such as its categories, from broad to narrow; () where nothing is."""
    descriptions: tuple[str, ...] = ()
    """Of each item, as published; () where there are none."""
    codes: tuple[tuple[str, ...], ...] | None = None
    """Of each item the codes of its semantic ID, all of one length; None where the record has no IDs."""
    events: Events | None = None
    windows: Mapping[str, Windows] = field(default_factory=dict)
    """By split: train, valid, test; empty where `environments.logs.splitting.windows` is to cut them from events."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How much was left out or is odd, by reason; what is not named here was kept whole."""
    notices: tuple[str, ...] = ()
    """What whoever uses the record has to know, a sentence each."""

    def require(self, size: int) -> None:
        """Refuse to recommend more items than there are texts to write for them."""
        texts = len(set(self.titles if self.codes is None else self.codes))
        if size > texts:
            raise DataError(
                f"{self.source!r} has {texts} items that are written differently, fewer than the {size} of "
                f"a list; ask for at most {texts}, or give a larger catalogue"
            )

    def taken_before(self, windows: Windows) -> Iterator[NDArray[np.int32]]:
        """Give of each window all items that its user had taken before, oldest first; the history where that is all.

        Where nothing is taken twice, a recommender that knows leaves these out (MovieLens: popularity .037 with them,
        .063 without).
        """
        if self.events is None or windows.before_W is None:
            for history in windows.histories:
                yield np.array(history, np.int32)
            return
        order_E = np.argsort(self.events.users_E, kind="stable")
        starts_U = np.searchsorted(self.events.users_E[order_E], np.arange(len(self.users)))
        items_E = self.events.items_E[order_E]
        for start, before in zip(starts_U[windows.users_W].tolist(), windows.before_W.tolist(), strict=True):
            yield items_E[start : start + before]
