"""A key of several right answers, or of a number that an answer may be near."""

from simulation.core.kinds.kind import Key


class Accepted(Key, frozen=True, kw_only=True, tag="accepted"):
    """Each of these is right, word for word or by value; the first is the one that is taught."""

    answers: tuple[str, ...]
    """None only where nothing is known to be right."""
    tolerance: float = 0.0
    """How far a number may be from one of the answers, both ends included."""

    @property
    def reference(self) -> str | None:
        """The first answer."""
        return self.answers[0] if self.answers else None

    @property
    def references(self) -> tuple[str, ...]:
        """All answers."""
        return self.answers
