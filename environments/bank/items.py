"""Items of the bank: each a pure function of (seed, split, index), split on number tuples before anything is generated.

A split on the text would leak, because the same numbers under another wording can be answered from memory; so every
(skill, canonical number tuple) belongs to one split, whatever seed, index or wording asks for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import combinations
from zlib import crc32

import numpy as np

from environments.bank import gain, general, geometry, other, physics, probability
from environments.bank.skill import MathSkill
from environments.splits import Lazy, first_distinct
from simulation.core.errors import DataError
from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.seeding import generator
from simulation.core.types import Question

CATEGORIES: Mapping[str, tuple[MathSkill, ...]] = {
    "general": general.SKILLS,
    "physics": physics.SKILLS,
    "gain": gain.SKILLS,
    "geometry": geometry.SKILLS,
    "other": other.SKILLS,
    "probability": probability.SKILLS,
}
CELLS: tuple[tuple[str, MathSkill, int], ...] = tuple(
    (category, skill, wording) for category, skills in CATEGORIES.items() for skill in skills for wording in range(3)
)
SKILL_NAMES: tuple[str, ...] = tuple(skill.name for skills in CATEGORIES.values() for skill in skills)
SPLITS: Mapping[str, range] = {"held_out": range(0, 15), "probe": range(15, 25), "pool": range(25, 100)}
"""Percent of the number tuples of a skill that each split owns."""
LARGEST = 9999
SMALLEST_RATIO = 1.2
"""Options closer than this demand exact arithmetic, which would hide what a student has understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A problem with its values before it becomes a question."""

    category: str
    skill: MathSkill
    wording: int
    stated: tuple[int, ...]
    values: tuple[int, int, int, int]
    """Of the right procedure and the three misconceptions."""
    filler: int
    order: tuple[int, ...]
    """Which of the five values (the filler is the fifth) stands at each option."""

    @property
    def prompt(self) -> str:
        """The problem in words."""
        return self.skill.wordings[self.wording].format(*self.stated)

    @property
    def key(self) -> tuple[str, tuple[int, ...]]:
        """What the split is made on."""
        return self.skill.name, self.skill.canonical(self.stated)

    def question(self, identity: str) -> Question:
        """Return the item as a question called `identity`."""
        values = (*self.values, self.filler)
        names = ("right", *(procedure.name for procedure in self.skill.misconceptions), "filler")
        return Question(
            id=identity,
            prompt=self.prompt,
            form=Options(choices=tuple(str(values[place]) for place in self.order)),
            key=Reference(answer=str(self.values[0]), reveals=tuple(names[place] for place in self.order)),
            tags=(self.category, self.skill.name, f"{self.skill.name}/{self.wording}"),
        )


def split_of(skill: MathSkill, numbers: tuple[int, ...]) -> str:
    """Return the split that owns these numbers."""
    bucket = crc32(repr((skill.name, skill.canonical(numbers))).encode()) % 100
    return next(name for name, owned in SPLITS.items() if bucket in owned)


def well_separated(values: Sequence[int]) -> bool:
    """Tell whether all values are positive, printable and pairwise at least `SMALLEST_RATIO` apart."""
    if min(values) < 1 or max(values) > LARGEST:
        return False
    return all(max(a, b) >= SMALLEST_RATIO * min(a, b) for a, b in combinations(values, 2))


@lru_cache
def cells(skills: tuple[str, ...]) -> tuple[tuple[str, MathSkill, int], ...]:
    """Return the cells of these skills, by name; of all where none is named."""
    return tuple(cell for cell in CELLS if not skills or cell[1].name in skills)


def item(seed: int, split: str, index: int, skills: tuple[str, ...] = ()) -> Item:
    """Return item `index` of a split; equal arguments give equal items on every machine."""
    stream = generator(seed, index, 0, f"bank {split}")
    among = cells(skills)
    category, skill, wording = among[int(stream.integers(len(among)))]
    lows, highs = zip(*skill.ranges, strict=True)
    while True:
        drawn = tuple(int(number) for number in stream.integers(lows, highs, endpoint=True))
        numbers = skill.stated(*drawn)
        values = tuple(procedure.compute(*drawn) for procedure in skill.procedures)
        if split_of(skill, numbers) == split and well_separated(values):
            break
    return Item(
        category=category,
        skill=skill,
        wording=wording,
        stated=numbers,
        values=values,  # type: ignore[arg-type]  # a skill has four procedures
        filler=_filler(stream, values),
        order=tuple(int(place) for place in stream.permutation(5)),
    )


def _filler(stream: np.random.Generator, values: Sequence[int]) -> int:
    """Draw a value of the same magnitude that no procedure gives."""
    while True:
        filler = round(float(np.exp(stream.uniform(np.log(max(1, min(values) / 2)), np.log(max(values) * 2)))))
        if well_separated((*values, filler)):
            return filler


MOST_DISTINCT = 3000
"""How many distinct problems a split of evaluation is sure to hold."""


class Bank(Lazy):
    """The first `size` questions of a split, of some skills or of all."""

    def __init__(self, *, seed: int, split: str, size: int, skills: tuple[str, ...] = ()) -> None:
        super().__init__(partial(_question, seed, split, skills), size)


def distinct(*, seed: int, split: str, size: int, skills: tuple[str, ...] = ()) -> tuple[Question, ...]:
    """Return `size` questions of a split, no two about the same numbers in the same skill; at most `MOST_DISTINCT`.

    Raises DataError where the named skills have fewer.
    """
    make = partial(item, seed, split, skills=skills)
    problems = first_distinct(make, lambda problem: problem.key, size, most=MOST_DISTINCT)
    if len(problems) < size:
        raise DataError(
            f"the {len(skills)} skill(s) of environment.skills give {len(problems)} distinct problems of the "
            f"{split} split, fewer than the {size} of environment.{split}_size; lower that, or name more skills"
        )
    return tuple(problem.question(identity(seed, split, skills, index)) for index, problem in problems)


def identity(seed: int, split: str, skills: tuple[str, ...], index: int) -> str:
    """Return the id of a question; the first of some skills is not the first of all."""
    named = f"-{crc32(repr(skills).encode()):08x}" if skills else ""
    return f"{split}-{seed}-{index}{named}"


@lru_cache(maxsize=1 << 14)
def _question(seed: int, split: str, skills: tuple[str, ...], index: int) -> Question:
    """Return item `index` as a question; what is asked again is not made again."""
    return item(seed, split, index, skills).question(identity(seed, split, skills, index))
