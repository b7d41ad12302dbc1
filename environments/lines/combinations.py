"""What lines are asked for: every combination of two to four kinds of conditions, and which split owns which.

A split on the words of a prompt would measure what was seen with other words; so every combination of kinds belongs to
one split, whatever seed, topic or wording asks for it.
"""

from collections.abc import Mapping
from functools import cache
from itertools import combinations
from typing import Literal
from zlib import crc32

Kind = Literal["topic", "words", "contains", "avoids", "begins", "ends", "case", "order", "repeats"]
KINDS: tuple[Kind, ...] = ("topic", "words", "contains", "avoids", "begins", "ends", "case", "order", "repeats")
FEWEST, MOST = 2, 4
"""Conditions of a prompt."""
SPLITS: Mapping[str, range] = {"held_out": range(0, 20), "probe": range(20, 30), "pool": range(30, 100)}
"""Percent of the combinations that each split owns."""
Combination = tuple[Kind, ...]


@cache
def all_combinations() -> tuple[Combination, ...]:
    """Return every combination, its kinds in the order of `KINDS`."""
    return tuple(kinds for count in range(FEWEST, MOST + 1) for kinds in combinations(KINDS, count))


def split_of(kinds: Combination) -> str:
    """Return the split that owns a combination."""
    bucket = crc32(" ".join(kinds).encode()) % 100
    return next(name for name, owned_buckets in SPLITS.items() if bucket in owned_buckets)


@cache
def owned(split: str) -> tuple[Combination, ...]:
    """Return the combinations of a split."""
    return tuple(kinds for kinds in all_combinations() if split_of(kinds) == split)
