"""Narrows a log to what published studies kept of theirs: a span of time, titles of some words, a core of k events."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from environments.logs.log import Events, Log
from simulation.core.errors import DataError


def narrowed(
    log: Log, *, core: int = 0, title_words: int | None = None, since: float = 0.0, until: float = float("inf")
) -> Log:
    """Return a log with only some of its events, items and users; what was left out stands in its counts.

    `since` <= time < `until`, in the log's unit; then only items whose title has at most `title_words` words; then,
    until nothing changes, only users and items with at least `core` events (MiniOneRec: 5 and 20 words).
    """
    if log.events is None:
        raise DataError(f"{log.source!r} was published as windows, which cannot be narrowed; leave these settings out")
    events, counts = log.events, dict(log.counts)
    kept_E = (events.times_E >= since) & (events.times_E < until)
    counts["events outside the span of time"] = int(np.count_nonzero(~kept_E))
    if title_words is not None:
        short = np.array([len(title.split()) <= title_words for title in log.titles])
        counts[f"items whose title has more than {title_words} words"] = int(np.count_nonzero(~short))
        counts["events of items whose title is too long"] = int(np.count_nonzero(kept_E & ~short[events.items_E]))
        kept_E &= short[events.items_E]
    before = int(np.count_nonzero(kept_E))
    kept_E = _core(events, kept_E, core)
    counts[f"events of users or items with fewer than {core}"] = before - int(np.count_nonzero(kept_E))
    if not kept_E.any():
        raise DataError(f"nothing of {log.source!r} is left of its {len(events)} events; ask for less")
    narrower = _only(log, events, kept_E)
    counts["items of which nothing is left"] = len(log.items) - len(narrower.items)
    counts["users of whom nothing is left"] = len(log.users) - len(narrower.users)
    return replace(narrower, counts={reason: count for reason, count in counts.items() if count})


def _core(events: Events, kept_E: NDArray[np.bool_], core: int) -> NDArray[np.bool_]:
    while core > 1:
        users_U = np.bincount(events.users_E[kept_E], minlength=int(events.users_E.max()) + 1)
        items_I = np.bincount(events.items_E[kept_E], minlength=int(events.items_E.max()) + 1)
        still_E = kept_E & (users_U[events.users_E] >= core) & (items_I[events.items_E] >= core)
        if np.array_equal(still_E, kept_E):
            break
        kept_E = still_E
    return kept_E


def _only(log: Log, events: Events, kept_E: NDArray[np.bool_]) -> Log:
    """Return the log of some events, with the items and users that these name, in their order."""
    users, users_E = np.unique(events.users_E[kept_E], return_inverse=True)
    items, items_E = np.unique(events.items_E[kept_E], return_inverse=True)

    def of(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(values[place] for place in items) if values else ()

    return replace(
        log,
        items=of(log.items),
        titles=of(log.titles),
        users=tuple(log.users[place] for place in users),
        tags=tuple(log.tags[place] for place in items) if log.tags else (),
        descriptions=of(log.descriptions),
        codes=None if log.codes is None else tuple(log.codes[place] for place in items),
        events=Events(users_E.astype(np.int32), items_E.astype(np.int32), events.times_E[kept_E]),
    )
