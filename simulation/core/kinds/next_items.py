"""A question whose answer is what comes next of a catalogue."""

from simulation.core.kinds.kind import Form


class NextItems(Form, frozen=True, kw_only=True, tag="next_items"):
    """The items of a catalogue that come next, best first; too many to lay out as alternatives."""

    catalogue: str
    """The name by which `simulation.core.catalogue` finds it."""
    count: int = 10
    """How many are the answer."""
    ranked: int = 0
    """How many the answer's ranking is to hold, where more are measured than answered."""
    history: tuple[str, ...] = ()
    """The names of the items taken before, oldest first."""

    @property
    def several(self) -> bool:
        """Yes."""
        return True
