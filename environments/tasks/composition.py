"""What the bank asks for: every meaningful source × filter × map × reduce, and which split owns which.

A split on the text would leak, because the same program under another wording can be written from memory; so every
composition of skills belongs to one split, whatever seed, index or wording asks for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Literal
from zlib import crc32

from environments.tasks.filters import FILTERS
from environments.tasks.maps import MAPS
from environments.tasks.reduces import REDUCES
from environments.tasks.skill import Filter, Fold, Map, Reduce, Source, TaskSkill
from environments.tasks.sources import SOURCES

SKILLS: tuple[TaskSkill[str] | TaskSkill[Fold], ...] = (*SOURCES, *FILTERS, *MAPS, *REDUCES)
SPLITS: Mapping[str, range] = {"held_out": range(0, 15), "probe": range(15, 25), "pool": range(25, 100)}
"""Percent of the compositions that each split owns."""
IDLE = {
    ("even", "half"), ("at least 5", "absolute value"), ("positive", "absolute value"), ("below 4", "last digit"),
    ("at least 5", "largest"), ("below 4", "smallest"),
}  # fmt: skip
"""Pairs of skills of which one has little to do after the other."""
Shape = Literal["filter", "map", "both"]
SHAPES: tuple[Shape, ...] = ("filter", "map", "both")
CATEGORIES = tuple(dict.fromkeys(source.category for source in SOURCES))


@dataclass(frozen=True, slots=True)
class Composition:
    """What a program does, skill by skill; at least one of filter and map is there."""

    source: Source
    filter: Filter | None
    map: Map | None
    reduce: Reduce

    @property
    def skills(self) -> tuple[TaskSkill[str] | TaskSkill[Fold], ...]:
        """Its skills in the order of their slots."""
        return tuple(skill for skill in (self.source, self.filter, self.map, self.reduce) if skill is not None)

    @property
    def name(self) -> str:
        """Tells it from all others."""
        return " / ".join(skill.name if skill else "" for skill in (self.source, self.filter, self.map, self.reduce))

    @property
    def shape(self) -> Shape:
        """Which of the two middle slots are filled: a measure of how difficult it is."""
        return "both" if self.filter and self.map else "filter" if self.filter else "map"

    @property
    def split(self) -> str:
        """The split that owns it."""
        bucket = crc32(self.name.encode()) % 100
        return next(name for name, owned in SPLITS.items() if bucket in owned)


@cache
def compositions() -> tuple[Composition, ...]:
    """Return every composition of which each skill matters to what is returned."""
    return tuple(_meaningful())


@cache
def owned(split: str) -> tuple[Composition, ...]:
    """Return the compositions of a split."""
    return tuple(composition for composition in compositions() if composition.split == split)


@cache
def group(split: str, category: str, shape: Shape) -> tuple[Composition, ...]:
    """Return the compositions of a split that go through one category and have one shape."""
    return tuple(
        composition
        for composition in owned(split)
        if (composition.source.category, composition.shape) == (category, shape)
    )


def _meaningful() -> Iterator[Composition]:
    for source, filter_ in product(SOURCES, (None, *FILTERS)):
        if filter_ and (filter_.takes != source.gives or filter_.signed > source.signed):
            continue
        for map_, reduce in product((None, *MAPS), REDUCES):
            idle = filter_ and any((filter_.name, skill.name) in IDLE for skill in (map_, reduce) if skill)
            if (filter_ or map_) and not idle and _fits(source, map_, reduce):
                yield Composition(source, filter_, map_, reduce)


def _fits(source: Source, map_: Map | None, reduce: Reduce) -> bool:
    """Tell whether map and reduce take what comes, and do something to it."""
    kind = source.gives
    if map_:
        if kind not in map_.takes or map_.signed > source.signed:
            return False
        kind = map_.gives or kind
    repeats = map_.merges if map_ else source.repeats
    return (
        kind in reduce.takes
        and reduce.mapped in (None, map_ is not None)
        and reduce.repeats <= repeats
        and not (reduce.order and source.ascending)
        and not (reduce.once and source.once)
    )
