"""Who visits: a user's tastes, what was taken, what bores; drawn as people of the shop, changed by each visit.

A world of a student holds as many users at a time as its environment says; who leaves is followed by a newcomer in the
same seat. Users are drawn a generation at once, from a seed that the world was begun with, so that the newcomers of a
world are the same whatever its student recommended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from environments.shop.items import CATEGORIES, shop_items
from environments.shop.people import NOTHING_YET, Tastes, draw_items, draw_tastes, drifted
from environments.shop.words import STYLES
from simulation.core.seeding import generator

HISTORY = 10
"""How many items of a user are known."""
FORGETTING = 0.5
"""What one visit leaves of the boredom with an item."""
FORGOTTEN = 0.15
"""Less boredom than this is none."""
MOST_BORING = 8
"""Of how many items a user remembers that they were shown."""
SHOWN, CONSUMED = 0.35, 2.0
"""The boredom with an item that was just shown, and with one that was just taken."""
CURIOSITY = 0.08
"""The most curious user's; the least curious one's is 0."""
IMPATIENCE = (0.4, 0.6)
ALLURE = 1.3
"""The standard deviation of the log-odds that a category or a style adds to every user's click: what catches the eye
differs from what is taken in the end, and no log of what was taken tells it."""
MOODS = (-4.7, 0.3)
"""Mean and standard deviation of the log-odds of a click on an item that says nothing to the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One user at one time; items are places in the shop's catalogue."""

    number: int
    visits: int = 0
    """How often the user came so far."""
    tastes: tuple[float, ...]
    """Log preferences among categories, then among styles."""
    taken: tuple[int, ...]
    """The last items, oldest first."""
    boredom: tuple[tuple[int, float], ...] = ()
    """How often items were shown of late, the most boring first."""
    mood: float
    curiosity: float
    impatience: float
    allure: tuple[float, ...]
    """What each category and style adds to the log-odds of a click, whoever looks."""
    next_item: int = NOTHING_YET
    """What the user takes next where nothing is recommended."""

    def after_visit(self, shown: tuple[int, ...], clicked: tuple[int, ...], tastes: tuple[float, ...]) -> "User":
        """Return the user after a visit: what was clicked is taken, what was shown bores more, all else less."""
        boredom = {place: FORGETTING * times for place, times in self.boredom}
        for place in shown:
            boredom[place] = boredom.get(place, 0.0) + (CONSUMED if place in clicked else SHOWN)
        return replace(
            self,
            visits=self.visits + 1,
            tastes=tastes,
            taken=(*self.taken, *clicked)[-HISTORY:],
            boredom=remembered(boredom),
            next_item=NOTHING_YET,
        )


@lru_cache(maxsize=32)
def generation(world_seed: int, seed: int, number: int, size: int) -> tuple[User, ...]:
    """Return the users of one generation: people of the shop with a history, each with a next item."""
    wares, stream = shop_items(world_seed), generator(seed, number, 0, "users")
    tastes, last_U = draw_tastes(stream, size), np.full(size, NOTHING_YET)
    taken_TU = []
    for _ in range(HISTORY + 1):
        last_U = draw_items(wares, tastes, last_U, stream)
        taken_TU.append(last_U)
        before, tastes = tastes, drifted(tastes, stream)
    *taken_TU, next_U = taken_TU
    rows = zip(
        np.hstack([before.category_UC, before.style_US]).tolist(),
        np.stack(taken_TU, axis=1).tolist(),
        next_U.tolist(),
        stream.normal(*MOODS, size).tolist(),
        stream.uniform(0, CURIOSITY, size).tolist(),
        stream.uniform(*IMPATIENCE, size).tolist(),
        strict=True,
    )
    return tuple(
        User(
            number=number * size + seat,
            tastes=tuple(preferences),
            taken=tuple(taken),
            boredom=just_taken(taken),
            next_item=next_item,
            mood=mood,
            curiosity=curiosity,
            impatience=impatience,
            allure=allure(world_seed),
        )
        for seat, (preferences, taken, next_item, mood, curiosity, impatience) in enumerate(rows)
    )


@lru_cache(maxsize=32)
def allure(world_seed: int) -> tuple[float, ...]:
    """Return what each category and style of a world adds to the log-odds of a click, whoever looks; of mean 0."""
    stream = generator(world_seed, 0, 0, "allure")
    category_C, style_S = stream.normal(0, ALLURE, len(CATEGORIES)), stream.normal(0, ALLURE, len(STYLES))
    return (*(category_C - category_C.mean()).tolist(), *(style_S - style_S.mean()).tolist())


def just_taken(taken: Sequence[int]) -> tuple[tuple[int, float], ...]:
    """Return the boredom with items of which one was taken a visit, the newest last."""
    ages = {place: age for age, place in reversed([*enumerate(reversed(taken))])}
    boredom = [(place, CONSUMED * FORGETTING**age) for place, age in ages.items()]
    return remembered(dict(boredom))


def remembered(boredom: Mapping[int, float]) -> tuple[tuple[int, float], ...]:
    """Return what bores most, of equals the first of the catalogue first, without what is forgotten."""
    ranked = sorted(boredom.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_BORING]
    return tuple([(place, times) for place, times in ranked if times >= FORGOTTEN])


def moved(tastes: tuple[float, ...], stream: np.random.Generator) -> tuple[float, ...]:
    """Return a user's tastes one visit later, drifted as those of the shop's people."""
    preferences_1K = np.array([tastes])
    now = Tastes(category_UC=preferences_1K[:, : len(CATEGORIES)], style_US=preferences_1K[:, len(CATEGORIES) :])
    later = drifted(now, stream)
    return (*later.category_UC[0].tolist(), *later.style_US[0].tolist())
