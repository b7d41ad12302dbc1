"""How a slot is optimised, whatever the loss and the backend; the types of the fields that trainers share in YAML."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

Backend = Literal["cohort", "trl"]
"""Who trains: our loop over all slots at once, or TRL's trainer on one slot after the other."""
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The optimiser (AdamW, rebuilt every update) and how it passes over the examples."""

    learning_rate: float
    batch_size: int
    """Examples a step and slot."""
    epochs: int
    clip: float | None
    """The largest 2-norm of a slot's gradient."""
    weight_decay: float
    tokens_at_once: int
    """The most packed tokens of one forward pass; it bounds memory and changes no result beyond rounding."""
