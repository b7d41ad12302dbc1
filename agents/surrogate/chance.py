"""Random numbers that depend on an address alone: of a name, or of a request's seed."""

import math
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

_PARTS = 2.0**-64
_GOLDEN, _FIRST, _SECOND = (np.uint64(value) for value in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def normal(*address: object) -> float:
    """Return the standard normal deviate at an address (Box and Muller 1958, from a hash of it)."""
    digest = blake2b("\x1f".join(map(str, address)).encode(), digest_size=16).digest()
    radius = (int.from_bytes(digest[:8], "little") + 0.5) * _PARTS
    angle = int.from_bytes(digest[8:], "little") * _PARTS
    return math.sqrt(-2.0 * math.log(radius)) * math.cos(2.0 * math.pi * angle)


def uniform(seeds: Sequence[int]) -> NDArray[np.float64]:
    """Return a number in [0, 1) for each seed: the first of its SplitMix64 stream (Steele, Lea and Flood 2014)."""
    mixed = np.array(seeds, dtype=np.uint64) + _GOLDEN
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
    return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53
