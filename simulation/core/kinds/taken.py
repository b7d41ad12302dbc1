"""A key that is what somebody took, or how likely it is to be taken."""

from simulation.core.kinds.kind import Key


class Taken(Key, frozen=True, kw_only=True, tag="taken"):
    """The item that was really taken next."""

    item: str
    """One of the form's items, by its name."""

    @property
    def reference(self) -> str:
        """The item."""
        return self.item


class Foreseen(Taken, frozen=True, kw_only=True, tag="foreseen"):
    """The item that was taken next in a world whose chances are known."""

    likeliest: tuple[str, ...] = ()
    """The items that were likeliest to be taken, by their names, best first."""


class Chances(Key, frozen=True, kw_only=True, tag="chances"):
    """How likely each item is to be taken when it is shown."""

    chances: tuple[float, ...]
    """In [0, 1]; parallel to the form's items."""
