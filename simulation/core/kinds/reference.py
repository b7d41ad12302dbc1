"""A key that is the right answer."""

from simulation.core.kinds.kind import Key


class Reference(Key, frozen=True, kw_only=True, tag="reference"):
    """The gold answer, and what each of the form's alternatives reveals."""

    answer: str
    """An option's text or letter, or the text that is right."""
    reveals: tuple[str, ...] = ()
    """Parallel to the form's alternatives: "right", a misconception, "filler"; none where nobody wrote that down."""

    @property
    def reference(self) -> str:
        """The gold answer."""
        return self.answer
