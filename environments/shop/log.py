"""What 3,000 people of the embedded shop took over a year, cut into windows: some ten items, and the one after them.

Windows stand in the order of the time at which their target was taken, all people together; the first 80 percent are
learned from, the next 10 are for policies to measure on and the last 10 are held out, so that nothing held out was
taken before anything learned. Axes: U people, T their items in order, W windows, H the places of a history.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from environments.shop.items import Floats, Places, Wares, shop_items
from environments.shop.people import NOTHING_YET, Tastes, draw_items, draw_tastes, drifted
from simulation.core.seeding import generator

PEOPLE = 3_000
FEWEST, MOST = 5, 21
"""How many items a person takes, each number as likely."""
DAYS = 365.0
"""Within which people come for the first time."""
DAYS_BETWEEN = 7.0
"""Mean time between two items of a person; exponential."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ShopLog:
    """Who took what and when, with what they liked as they took it."""

    wares: Wares
    items_UT: Places
    """`NOTHING_YET` behind a person's last item."""
    days_UT: Floats
    tastes_T: tuple[Tastes, ...]
    """Of all people, at each item."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Windows:
    """Targets with where they stand in a log, in the order of their time."""

    person_W: Places
    place_W: Places
    """Of the target among the person's items, from 1."""
    day_W: Floats

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.person_W)

    def at(self, which: slice | Places) -> "Windows":
        """Return some of them."""
        return Windows(person_W=self.person_W[which], place_W=self.place_W[which], day_W=self.day_W[which])


@lru_cache(maxsize=4)
def shop_log(world_seed: int) -> ShopLog:
    """Return what was taken in a world."""
    wares, stream = shop_items(world_seed), generator(world_seed, 0, 0, "shop log")
    counts_U = stream.integers(FEWEST, MOST, PEOPLE, endpoint=True)
    days_UT = stream.uniform(0, DAYS, (PEOPLE, 1)) + stream.exponential(DAYS_BETWEEN, (PEOPLE, MOST)).cumsum(1)
    items_UT = np.full((PEOPLE, MOST), NOTHING_YET)
    tastes, last_U = draw_tastes(stream, PEOPLE), np.full(PEOPLE, NOTHING_YET)
    tastes_T = []
    for place in range(MOST):
        tastes_T.append(tastes)
        last_U = items_UT[:, place] = draw_items(wares, tastes, last_U, stream)
        tastes = drifted(tastes, stream)
    items_UT[np.arange(MOST) >= counts_U[:, None]] = NOTHING_YET
    return ShopLog(wares=wares, items_UT=items_UT, days_UT=days_UT, tastes_T=tuple(tastes_T))


def windows(log: ShopLog) -> Windows:
    """Return every item but each person's first as a target, in the order of time."""
    person_W, place_W = np.nonzero(log.items_UT[:, 1:] != NOTHING_YET)
    all_windows = Windows(person_W=person_W, place_W=place_W + 1, day_W=log.days_UT[person_W, place_W + 1])
    return all_windows.at(np.argsort(all_windows.day_W, kind="stable"))


def targets(log: ShopLog, chosen: Windows) -> Places:
    """Return the items taken, (W,)."""
    return log.items_UT[chosen.person_W, chosen.place_W]


def histories(log: ShopLog, chosen: Windows, length: int) -> Places:
    """Return the items taken before, newest first, (W, H); `NOTHING_YET` behind the oldest."""
    places_WH = chosen.place_W[:, None] - 1 - np.arange(length)
    items_WH = log.items_UT[chosen.person_W[:, None], np.maximum(places_WH, 0)]
    return np.where(places_WH < 0, NOTHING_YET, items_WH)
