"""IFEval's four levels: all conditions or their share, strictly or of a text without what often stands around one.

Zhou et al. 2023, "Instruction-Following Evaluation for Large Language Models", arXiv 2311.07911, section 2.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from agents.conditions.rules import complaint
from simulation.core.kinds.conditions import Condition


@dataclass(frozen=True, slots=True)
class Levels:
    """What came of each condition of a text; parallel."""

    complaints: tuple[str, ...]
    """What is not as asked, strictly; "" where it is."""
    loosely_met: tuple[bool, ...]
    """Whether the text or a variant of it meets the condition."""

    @property
    def prompt_strict(self) -> float:
        """Whether all conditions are met: 0 or 1."""
        return float(not any(self.complaints))

    @property
    def instruction_strict(self) -> float:
        """The share of the conditions that are met."""
        return self.complaints.count("") / len(self.complaints)

    @property
    def prompt_loose(self) -> float:
        """Whether all conditions are met loosely, each by any of the variants: 0 or 1."""
        return float(all(self.loosely_met))

    @property
    def instruction_loose(self) -> float:
        """The share of the conditions that are met loosely."""
        return sum(self.loosely_met) / len(self.loosely_met)


def variants(text: str) -> tuple[str, ...]:
    """Return a text, and what it is without asterisks, first line, last line, both, and without any of these."""
    lines = text.split("\n")
    cuts = (text, *("\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1])))
    return tuple(dict.fromkeys([*cuts, *(cut.replace("*", "") for cut in cuts)]))


def levels(conditions: Sequence[Condition], text: str) -> Levels:
    """Check every condition of a text, strictly and loosely; there is one at least."""
    complaints = tuple(complaint(condition, text) for condition in conditions)
    others = variants(text)[1:]
    return Levels(
        complaints,
        tuple(
            not objection or any(not complaint(condition, other) for other in others)
            for condition, objection in zip(conditions, complaints, strict=True)
        ),
    )
