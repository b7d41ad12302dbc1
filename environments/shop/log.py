"""What 3,000 people of the embedded shop took over a year, as a record like those that are read from files.

Each takes 5 to 21 items about a week apart. `environments.logs.splitting` cuts the record into windows and splits them
by the time of the target, so that nothing held out was taken before anything learned. Axes: U people, T the items of
each in their order.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from environments.logs.log import Events, Log
from environments.shop.items import Wares, shop_items
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
    log: Log
    """With times in days."""
    tastes_T: tuple[Tastes, ...]
    """Of all people, at each of their items."""


@lru_cache(maxsize=4)
def shop_log(world_seed: int) -> ShopLog:
    """Return what was taken in a world."""
    wares, stream = shop_items(world_seed), generator(world_seed, 0, 0, "shop log")
    counts_U = stream.integers(FEWEST, MOST, PEOPLE, endpoint=True)
    days_UT = stream.uniform(0, DAYS, (PEOPLE, 1)) + stream.exponential(DAYS_BETWEEN, (PEOPLE, MOST)).cumsum(1)
    tastes, last_U = draw_tastes(stream, PEOPLE), np.full(PEOPLE, NOTHING_YET)
    tastes_T, items_TU = [], []
    for _ in range(MOST):
        last_U = draw_items(wares, tastes, last_U, stream)
        tastes_T.append(tastes)
        items_TU.append(last_U)
        tastes = drifted(tastes, stream)
    taken_UT = np.arange(MOST) < counts_U[:, None]
    order_E = np.argsort(days_UT[taken_UT], kind="stable")
    events = Events(
        users_E=np.nonzero(taken_UT)[0][order_E].astype(np.int32),
        items_E=np.stack(items_TU, axis=1)[taken_UT][order_E].astype(np.int32),
        times_E=days_UT[taken_UT][order_E],
    )
    log = Log(
        source=f"the embedded shop of world_seed {world_seed}",
        items=wares.names,
        titles=wares.titles,
        users=tuple(f"person-{person}" for person in range(PEOPLE)),
        tags=wares.tags,
        events=events,
    )
    return ShopLog(wares=wares, log=log, tastes_T=tuple(tastes_T))
