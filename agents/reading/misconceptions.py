"""What an option reveals of who takes it."""

from simulation.core.types import Question

NO_MISCONCEPTION = ("", "right", "filler")
"""What options reveal that no misconception leads to."""


def misconception(question: Question, option: int | None) -> str:
    """Return the misconception that leads to an option, or "" where none is known."""
    reveals = question.key.reveals
    revealed = reveals[option] if reveals and option is not None else ""
    return "" if revealed in NO_MISCONCEPTION else revealed
