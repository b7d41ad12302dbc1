"""Catalogues: the items that answers may name. A question's form holds a catalogue's name alone; here it is looked up.

A catalogue's name is a hash of what it holds, so that the same name means the same items in every process.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import msgspec

from simulation.core.errors import DataError

_SHELF: dict[str, "Catalogue"] = {}
"""Every catalogue made in this process, by its name."""


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Items, and how an answer writes each: the codes of its identifier from coarse to fine, or its title alone.

    Making one puts it on the shelf, where `catalogue` finds it.
    """

    items: tuple[str, ...]
    """Names, all different."""
    codes: tuple[tuple[str, ...], ...]
    """Of each item, all of one length; what an answer writes is these joined. Several items may share them."""
    titles: tuple[str, ...]
    tags: tuple[tuple[str, ...], ...] = ()
    """What is known of each item, such as its category, from broad to narrow; none where nothing is."""

    def __post_init__(self) -> None:
        """Refuse lists of different lengths, and put the catalogue on the shelf."""
        sizes = {len(self.items), len(self.codes), len(self.titles), len(self.tags or self.items)}
        if len(sizes) > 1 or not self.items:
            raise DataError(f"a catalogue of {len(self.items)} items has lists of other lengths, {sorted(sizes)}")
        if len(self.places) < len(self.items):
            raise DataError("a catalogue names two items alike; give every item a name of its own")
        _SHELF[self.name] = self

    @cached_property
    def name(self) -> str:
        """Names the catalogue by what it holds."""
        content = msgspec.json.encode([self.items, self.codes, self.titles, self.tags])
        return hashlib.sha256(content).hexdigest()[:16]

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of each item by its name."""
        return {item: place for place, item in enumerate(self.items)}

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """What an answer writes for each item, in the order of the items."""
        return tuple("".join(codes) for codes in self.codes)

    @cached_property
    def sharing(self) -> dict[str, tuple[int, ...]]:
        """The places of the items that a text means, by the text."""
        places: dict[str, list[int]] = {}
        for place, text in enumerate(self.texts):
            places.setdefault(text, []).append(place)
        return {text: tuple(sharers) for text, sharers in places.items()}

    @cached_property
    def depth(self) -> int:
        """How many codes an identifier has."""
        return len(self.codes[0])

    def text(self, item: str) -> str:
        """Return what an answer writes for an item, by its name."""
        return self.texts[self.places[item]]


def catalogue(name: str) -> Catalogue:
    """Return the catalogue of a name; raises DataError where its environment was not made in this process."""
    if name not in _SHELF:
        raise DataError(f"no catalogue {name!r} is at hand; make the environment whose questions name it first")
    return _SHELF[name]
