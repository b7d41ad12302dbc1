"""What was read of an answer, and how."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """The option or the claim that a text comes to; neither is one that could not be read."""

    choice: int | None = None
    claim: str = ""
    """The words of the final claim, in the spelling that numbers are read in; empty where options were asked."""
    how: str = ""
    """In plain words: "after 'answer is'", "boxed", "unparsed: two final claims, 20 and 16"."""
    thoughts: int = 0
    """Characters that were thought, not answered."""
