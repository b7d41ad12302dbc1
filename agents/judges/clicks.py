"""How likely users are to click on the items of their lists: for all lists at once, an array entry an item shown.

Position-based model: an item is clicked where it is looked at, by its place, and appeals, by itself (Craswell, Zoeter,
Taylor and Ramsey 2008, "An experimental comparison of click position-bias models", WSDM, section 3.1). Appeal is a
logistic of the weights of the item's tags. Boredom with repeats is ours: it takes of the chance, by halves, as much
as the visitor's key says.
Axes: A lists, L places of a list, N items shown in all lists, I items of the catalogue, T tags.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulation.core.catalogue import Catalogue, catalogue
from simulation.core.kinds.visitor import Visitor

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slate:
    """A list as a user meets it."""

    visitor: Visitor
    items: Catalogue
    count: int
    """How many items were asked for."""
    texts: tuple[str, ...]
    """At most so many."""
    meanings: tuple[tuple[int, ...], ...]
    """The places of the items that each text means; none where it is no item, or stands above already."""


def meanings(items: Catalogue, texts: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Return the places of the items that each text of a list means; none where it is no item, or stands above."""
    if len(set(texts)) == len(texts):
        return tuple([items.sharing.get(text, ()) for text in texts])
    return tuple(() if text in texts[:rank] else items.sharing.get(text, ()) for rank, text in enumerate(texts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """What may come of each place of each list; of a text that several items share, their mean."""

    looked_AL: Floats
    """The chance that the user looks there."""
    appeal_AL: Floats
    """The chance that a click follows, were the item never shown before; 0 where there is none to click."""
    fresh_AL: Floats
    """The share of that chance which boredom leaves."""

    def clicked_AL(self) -> Floats:
        """Return the chance of a click."""
        return self.looked_AL * self.appeal_AL * self.fresh_AL


@dataclass(frozen=True, slots=True, kw_only=True)
class TagTable:
    """The tags of a catalogue's items by number; rows of fewer tags are filled with the number of no tag."""

    numbers: dict[str, int]
    tags_IT: Places


@lru_cache(maxsize=16)
def tag_table(name: str) -> TagTable:
    """Return the tags of a catalogue, each once an item."""
    items = catalogue(name)
    rows = [tuple(dict.fromkeys(tags)) for tags in items.tags] or [()] * len(items.items)
    numbers = {tag: number for number, tag in enumerate(dict.fromkeys(tag for row in rows for tag in row))}
    tags_IT = np.full((len(rows), max(1, *map(len, rows))), len(numbers))
    for place, row in enumerate(rows):
        tags_IT[place, : len(row)] = [numbers[tag] for tag in row]
    return TagTable(numbers=numbers, tags_IT=tags_IT)


def chances(slates: Sequence[Slate]) -> Chances:
    """Return what may come of lists of one catalogue and one length."""
    items, count = slates[0].items, slates[0].count
    visitors = [slate.visitor for slate in slates]
    shown = [
        (row, row * count + rank, place)
        for row, slate in enumerate(slates)
        for rank, places in enumerate(slate.meanings)
        for place in places
    ]
    rows_N, cells_N, places_N = np.array(shown, dtype=np.int64).reshape(-1, 3).T
    curiosity_N = np.array([visitor.curiosity for visitor in visitors])[rows_N]
    taste_N = 1 / (1 + np.exp(-log_odds(items, visitors, rows_N, places_N)))
    appeal_N = (1 - curiosity_N) * taste_N + curiosity_N / 2
    repeats_N = np.array([visitors[row].boredom.get(items.items[place], 0.0) for row, _, place in shown])
    cells = len(slates) * count
    sharers_C = np.maximum(np.bincount(cells_N, minlength=cells), 1)
    appeal_C = np.bincount(cells_N, appeal_N, cells) / sharers_C
    left_C = np.bincount(cells_N, appeal_N * 0.5**repeats_N, cells) / sharers_C
    fresh_C = np.divide(left_C, appeal_C, out=np.ones(cells), where=appeal_C > 0)
    impatience_A = np.array([visitor.impatience for visitor in visitors])
    return Chances(
        looked_AL=np.arange(1, count + 1.0) ** -impatience_A[:, None],
        appeal_AL=appeal_C.reshape(-1, count),
        fresh_AL=fresh_C.reshape(-1, count),
    )


def log_odds(items: Catalogue, visitors: Sequence[Visitor], rows_N: Places, places_N: Places) -> Floats:
    """Return the log-odds by mood, tastes and wants that who looks at each shown item clicks on it."""
    table = tag_table(items.name)
    weights_AT = np.zeros((len(visitors), len(table.numbers) + 1))
    for row, visitor in enumerate(visitors):
        for tag, weight in (*visitor.tastes.items(), *visitor.wants.items()):
            if tag in table.numbers:
                weights_AT[row, table.numbers[tag]] += weight
    moods_A = np.array([visitor.mood for visitor in visitors])
    odds_N: Floats = moods_A[rows_N] + weights_AT[rows_N[:, None], table.tags_IT[places_N]].sum(1)
    return odds_N


def uniform(seeds: Sequence[int], count: int) -> Floats:
    """Return `count` numbers in [0, 1) from each seed, of SplitMix64: one generator a seed would take far longer.

    Source: Steele, Lea and Flood (2014), "Fast splittable pseudorandom number generators", OOPSLA, figure 17.
    """
    states_A1 = np.array([seed % (1 << 64) for seed in seeds], dtype=np.uint64)[:, None]
    bits_AD = states_A1 + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    bits_AD = (bits_AD ^ (bits_AD >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits_AD = (bits_AD ^ (bits_AD >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits_AD ^= bits_AD >> np.uint64(31)
    numbers_AD: Floats = (bits_AD >> np.uint64(11)) * 2.0**-53
    return numbers_AD
