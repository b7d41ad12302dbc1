"""Cuts the events of a log into windows, a history and what was taken next, and splits these.

By the global time of the target: what is trained on happened before anything that is tested (Cornac #708 and others
tell of the results that leave-one-out gave instead). What is offered beside it, leave-one-out, leaks the future.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from environments.logs.log import NONE, Events, Log, Windows
from simulation.core.errors import DataError, nearest

By = Literal["global_time", "leave_one_out"]


@dataclass(frozen=True, eq=False)
class Split:
    """Windows by what they are for."""

    train: Windows
    valid: Windows
    test: Windows
    counts: Mapping[str, int]
    """How much was left out, by reason."""
    notices: tuple[str, ...]


def windows(
    log: Log, *, history: int = 10, split: str = "global_time", shortest: int = 1, or_last: bool = False
) -> Split:
    """Return the log's windows, each with at most the `history` latest items before its target.

    global_time: all windows sorted by the time of the target, the first 80 % for training, 10 % for validation, 10 %
    for testing; leave_one_out: of each user the last for testing, the one before for validation. Windows with fewer
    than `shortest` items before are left out (BIGRec's films: 10); with `or_last` a user who has no longer ones keeps
    the last (BIGRec's games). A record that was published as windows keeps its own split.
    """
    if split not in get_args(By):
        raise DataError(f"no split {split!r}; {nearest(split, get_args(By))}")
    if not 1 <= shortest <= history:
        raise DataError(f"windows of {shortest} to {history} items before the target; give 1 <= shortest <= history")
    if log.events is None:
        return _published(log, history, split, shortest)
    counts = Counter[str]()
    cut = _cut(log.events, history, shortest, or_last, counts)
    if split == "leave_one_out":
        parts_W = _by_user(cut)
        parts = [cut.chosen(parts_W == part) for part in range(3)]
        leak = "leave-one-out leaks the future: what is trained on happened after much that is tested"
        return _split(log, parts, counts, (*log.notices, leak))
    bounds = [0, len(cut) * 8 // 10, len(cut) * 9 // 10, len(cut)]
    parts = [cut.chosen(slice(start, end)) for start, end in pairwise(bounds)]
    return _split(log, parts, counts, log.notices)


def _published(log: Log, history: int, split: str, shortest: int) -> Split:
    """Return the windows of a record that has no times, which were split by whoever published them."""
    if split != "global_time":
        raise DataError(
            f"{log.source!r} was published as windows, split by time; take split 'global_time', not {split!r}"
        )
    counts, parts = Counter[str](), []
    for name in ("train", "valid", "test"):
        if name not in log.windows:
            raise DataError(f"{log.source!r} has no {name} windows; put its *.{name}.csv beside the other files")
        part = log.windows[name].shortened(history)
        long_W = part.lengths_W >= shortest
        counts[f"windows with fewer than {shortest} items before"] += int(np.count_nonzero(~long_W))
        parts.append(part.chosen(long_W))
    return _split(log, parts, counts, log.notices)


def _split(log: Log, parts: list[Windows], counts: Counter[str], notices: tuple[str, ...]) -> Split:
    train, valid, test = parts
    if not (len(train) and len(valid) and len(test)):
        raise DataError(
            f"{log.source!r} gives {len(train)} windows for training, {len(valid)} for validation and {len(test)} for "
            "testing; give a longer record, or windows with fewer items before"
        )
    return Split(train, valid, test, {reason: count for reason, count in counts.items() if count}, notices)


def _cut(events: Events, history: int, shortest: int, or_last: bool, counts: Counter[str]) -> Windows:
    """Return every window, sorted by the time of its target, events of one time as the file has them."""
    order_E = np.argsort(events.users_E, kind="stable")
    sizes_U = np.bincount(events.users_E)
    sizes_U = sizes_U[sizes_U > 0]
    before_E = np.arange(len(order_E)) - np.repeat(np.cumsum(sizes_U) - sizes_U, sizes_U)
    size_E = np.repeat(sizes_U, sizes_U)
    least_E = np.minimum(shortest, size_E - 1) if or_last else np.full(len(order_E), shortest)
    is_target_E = (before_E >= least_E) & (before_E > 0)
    counts["users with a single event, so without history"] = int(np.count_nonzero(sizes_U == 1))
    if shortest > 1:
        counts[f"windows with fewer than {shortest} items before"] = int(
            np.count_nonzero((before_E > 0) & ~is_target_E)
        )
    places_W = np.flatnonzero(is_target_E)
    places_W = places_W[np.argsort(order_E[places_W], kind="stable")]
    items_E = events.items_E[order_E]
    histories_WH = np.full((len(places_W), history), NONE, np.int32)
    for back in range(1, history + 1):
        has_W = before_E[places_W] >= back
        histories_WH[has_W, history - back] = items_E[places_W[has_W] - back]
    targets_W = order_E[places_W]
    return Windows(
        events.users_E[targets_W],
        histories_WH,
        events.items_E[targets_W],
        events.times_E[targets_W],
        before_E[places_W],
    )


def _by_user(cut: Windows) -> NDArray[np.int64]:
    """Return each window's part by how many windows of its user come after it."""
    order_W = np.argsort(cut.users_W, kind="stable")
    sizes_U = np.bincount(cut.users_W)
    sizes_U = sizes_U[sizes_U > 0]
    left_W = np.repeat(np.cumsum(sizes_U), sizes_U) - 1 - np.arange(len(order_W))
    parts_W = np.empty(len(order_W), np.int64)
    parts_W[order_W] = np.clip(2 - left_W, 0, 2)
    return parts_W
