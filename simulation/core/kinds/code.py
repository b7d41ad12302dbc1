"""A question whose answer is a program."""

from simulation.core.kinds.kind import Form


class Code(Form, frozen=True, kw_only=True, tag="code"):
    """Code that continues the prompt's last lines, or a whole program."""

    opening: str = ""
    """The code that an answer continues, part of the prompt; "" where an answer is a whole program."""
