"""What a skill is: numbers to draw, the right procedure, three misconceptions and three wordings."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Procedure:
    """A way to get from the drawn numbers to a value, right or wrong."""

    name: str
    compute: Callable[..., int]


@dataclass(frozen=True, slots=True, kw_only=True)
class MathSkill:
    """One thing to learn; a cell of the bank is a skill in one of its wordings."""

    name: str
    ranges: tuple[tuple[int, int], ...]
    """Inclusive bounds of each drawn number."""
    right: Procedure
    misconceptions: tuple[Procedure, Procedure, Procedure]
    """The first is the typical one."""
    wordings: tuple[str, str, str]
    """Format strings over the given numbers, in order: {0}, {1}, …"""
    stated: Callable[..., tuple[int, ...]] = lambda *numbers: numbers
    """The numbers that a problem states, from those drawn."""
    commutative: bool = False
    """The order of the given numbers does not matter, so both orders are one tuple for the split."""

    @property
    def procedures(self) -> tuple[Procedure, ...]:
        """The right procedure, then the misconceptions."""
        return (self.right, *self.misconceptions)

    def canonical(self, numbers: tuple[int, ...]) -> tuple[int, ...]:
        """Return the tuple that the split is made on."""
        return tuple(sorted(numbers)) if self.commutative else numbers
