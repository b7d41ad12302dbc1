"""What measures compute from the numbers that an exact judge tells of every answer, so that few of them are stored."""

from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


class Formula(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="told"):
    """A measure's value by numbers that the exact judge tells; this one is a number as it was told."""

    of: str
    """The name of the number."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of all numbers it is computed from."""
        return (self.of,)

    def values(self, columns: Mapping[str, Values]) -> Values:
        """Return the measure's values in [0, 1] from the numbers by name, an entry an answer."""
        return columns[self.of]
