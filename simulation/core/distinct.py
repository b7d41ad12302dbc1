"""Different things among some, in their order, where they cannot be hashed."""

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def distinct(parts: Iterable[T]) -> list[T]:
    """Return the different ones of some things, in their order; components of equal parameters are equal."""
    different_parts: list[T] = []
    for part in parts:
        if part not in different_parts:
            different_parts.append(part)
    return different_parts
