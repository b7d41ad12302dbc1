"""A key that is a user who visits: what a simulated user's next clicks depend on."""

from collections.abc import Mapping

import msgspec

from simulation.core.kinds.kind import Key


class Visitor(Key, frozen=True, kw_only=True, tag="visitor", omit_defaults=True):
    """Who looks at a list now, with tastes and memory; numbers of 0 are left out of its mappings.

    Log-odds of a click on an item that is looked at: `mood`, plus the weights of its tags in `tastes` and `wants`.
    """

    user: int
    """The user's number within one student's world."""
    mood: float
    """Log-odds of a click on an item whose tags say nothing to the user."""
    tastes: Mapping[str, float] = msgspec.field(default_factory=dict)
    """By tag, in log-odds."""
    wants: Mapping[str, float] = msgspec.field(default_factory=dict)
    """The same for what completes the item taken last."""
    boredom: Mapping[str, float] = msgspec.field(default_factory=dict)
    """How much an item bores that was shown or taken of late, by its name: 1 halves the chance of a click."""
    curiosity: float = 0.0
    """The share of looks, in [0, 1], after which a coin decides instead of taste."""
    impatience: float = 0.5
    """The n-th item is looked at with the chance n to the power of minus this."""
    item: str = ""
    """The item that the user took next where nothing was recommended, by its name; none where nobody knows."""

    @property
    def reference(self) -> str | None:
        """The item that was taken next."""
        return self.item or None
