"""Different things among some, in their order, where they cannot be hashed."""

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def distinct(parts: Iterable[T]) -> list[T]:
    """Return the different ones of some things, in their order; components of equal parameters are equal."""
    found: list[T] = []
    for part in parts:
        if part not in found:
            found.append(part)
    return found
