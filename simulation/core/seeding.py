"""Random streams that depend on nothing but their address, so there is no generator state to save.

`SeedSequence` spawn keys give statistically independent streams for different addresses (NumPy, "Parallel random
number generation"); a resumed run, or one student alone, draws what the original or the whole class drew.
"""

from typing import Annotated
from zlib import crc32

import numpy as np
from pydantic import Field

Seed = Annotated[int, Field(ge=0, lt=2**63)]
"""A parameter that random streams derive from."""


def generator(seed: int, turn: int, student: int, purpose: str) -> np.random.Generator:
    """Return the generator at this address; equal addresses give equal streams, on every machine."""
    key = (turn, student, crc32(purpose.encode()))
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy=seed, spawn_key=key)))


def draw_seed(stream: np.random.Generator) -> int:
    """Draw a 63-bit seed from `stream`, for a request or a library that wants an integer."""
    return int(stream.integers(0, 2**63 - 1))


def draw_seeds(stream: np.random.Generator, count: int) -> list[int]:
    """Draw what `count` calls of `draw_seed` would."""
    seeds: list[int] = stream.integers(0, 2**63 - 1, size=count).tolist()
    return seeds
