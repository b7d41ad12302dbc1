"""A question with options to choose from."""

from simulation.core.kinds.kind import Form


class Options(Form, frozen=True, kw_only=True, tag="options"):
    """One of these texts is the answer."""

    choices: tuple[str, ...]

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The options."""
        return self.choices
