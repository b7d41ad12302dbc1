"""A key that is conditions which a text must meet, each to be checked by itself."""

from collections.abc import Mapping

import msgspec

from simulation.core.kinds.kind import Key

Parameter = str | int | float | bool | tuple[str, ...] | None
"""What a condition may be told: whatever JSON holds in one place, and lists of texts."""


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a text must be or hold."""

    name: str
    """Which rule checks it, such as "words" or "keywords:existence"."""
    parameters: Mapping[str, Parameter] = msgspec.field(default_factory=dict)
    """By what the rule calls them."""


class Conditions(Key, frozen=True, kw_only=True, tag="conditions"):
    """What a text must meet; nothing where any text will do."""

    conditions: tuple[Condition, ...] = ()
    references: tuple[str, ...] = ()
    """Texts that meet all of them, of as many as there may be."""

    @property
    def reference(self) -> str | None:
        """The first of the texts that are known to be right."""
        return self.references[0] if self.references else None
