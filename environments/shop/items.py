"""The items of the embedded shop: 10 categories x 5 nouns x 4 styles x 3 makers, popularity and complements of a world.

Another world seed leaves every title as it is and draws anew which items are popular (Zipf) and which noun is taken
after which (`Wares.complements_NN`), so that nothing learned of one world but its words helps in another. Axes: I items
(600, in the order category, noun, style, maker), C categories (10), N nouns (50), S styles (4), M makers (3).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from environments.shop.words import MAKERS, NOUNS, STYLES
from simulation.core.seeding import generator

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
CATEGORIES = tuple(NOUNS)
NOUN_NAMES = tuple(noun for nouns in NOUNS.values() for noun in nouns)
NOUNS_EACH = len(NOUN_NAMES) // len(CATEGORIES)
MAKERS_EACH = len(next(iter(MAKERS.values())))
CELL = len(STYLES) * MAKERS_EACH
"""How many items a noun has."""
ITEM_COUNT = len(NOUN_NAMES) * CELL
ZIPF = 0.47
"""The exponent of popularity by rank."""
COMPLEMENTS = (0.5, 0.3, 0.2)
"""How likely the first, second and third complement of a noun are, where a complement is taken."""
RELATED = 0.7
"""How often the second complement too is of the related category rather than of the noun's own."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Wares:
    """The items of one world; items are places 0 to 599 wherever arrays hold them."""

    names: tuple[str, ...]
    """Such as "kettle-rustic-2"; the same in every world, as are titles and tags."""
    titles: tuple[str, ...]
    """Such as "rustic kettle Cedar": three words."""
    tags: tuple[tuple[str, ...], ...]
    """Category, noun and style of each item."""
    category_I: Places
    noun_I: Places
    style_I: Places
    popularity_I: Floats
    """How popular each item is beside the others, before anybody's taste; sums to 1."""
    complements_NN: Floats
    """How likely each noun is to follow a noun where a complement is taken; rows sum to 1, mostly of one category."""

    def complements(self, item: int) -> tuple[int, ...]:
        """Return the places of the items whose noun complements this one's, in order."""
        follows_N = self.complements_NN[self.noun_I[item]] > 0
        return tuple(np.flatnonzero(follows_N[self.noun_I]).tolist())


@lru_cache(maxsize=8)
def shop_items(world_seed: int) -> Wares:
    """Return the items of a world."""
    stream = generator(world_seed, 0, 0, "shop items")
    item_I = np.arange(ITEM_COUNT)
    noun_I = item_I // CELL
    ranks_I = stream.permutation(ITEM_COUNT) + 1
    weights_I = ranks_I**-ZIPF
    words = [
        (category, noun, style, maker, serial)
        for category, nouns in NOUNS.items()
        for noun in nouns
        for style in STYLES
        for serial, maker in enumerate(MAKERS[category], start=1)
    ]
    return Wares(
        names=tuple(f"{noun}-{style}-{serial}" for _, noun, style, _, serial in words),
        titles=tuple(f"{style} {noun} {maker}" for _, noun, style, maker, _ in words),
        tags=tuple((category, noun, style) for category, noun, style, _, _ in words),
        category_I=noun_I // NOUNS_EACH,
        noun_I=noun_I,
        style_I=item_I // MAKERS_EACH % len(STYLES),
        popularity_I=weights_I / weights_I.sum(),
        complements_NN=_complements(stream),
    )


def _complements(stream: np.random.Generator) -> Floats:
    """Draw the complements of every noun: categories stand in a ring, each related to the next."""
    ring_C = stream.permutation(len(CATEGORIES))
    related_C = np.empty_like(ring_C)
    related_C[ring_C] = np.roll(ring_C, 1)
    complements_NN = np.zeros((len(NOUN_NAMES), len(NOUN_NAMES)))
    for noun in range(len(NOUN_NAMES)):
        own = noun // NOUNS_EACH
        second = related_C[own] if stream.random() < RELATED else own
        for category, chance in zip(
            (related_C[own], second, stream.integers(len(CATEGORIES))), COMPLEMENTS, strict=True
        ):
            left = [other for other in range(category * NOUNS_EACH, (category + 1) * NOUNS_EACH) if other != noun]
            left = [other for other in left if not complements_NN[noun, other]]
            complements_NN[noun, stream.choice(left)] = chance
    return complements_NN
