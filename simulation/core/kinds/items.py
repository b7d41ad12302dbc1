"""A question whose answer is a list of items."""

from simulation.core.kinds.kind import Form


class Items(Form, frozen=True, kw_only=True, tag="items"):
    """The first `count` of these items, best first, are the answer."""

    items: tuple[str, ...]
    """As a student names them."""
    count: int = 10

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The items."""
        return self.items

    @property
    def several(self) -> bool:
        """Yes."""
        return True
