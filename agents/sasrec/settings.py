"""What SASRec is: the size of its network and how an update teaches it."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from simulation.core.registry import parameters


@parameters
class SasrecParameters:
    """The parameters that all students of a world share."""

    width: Annotated[int, Field(ge=1, le=1024)] = 64
    """Components of an embedding and of a state."""
    layers: Annotated[int, Field(ge=1, le=16)] = 2
    """Blocks of attention."""
    heads: Annotated[int, Field(ge=1, le=64)] = 1
    """Heads of each attention; they divide the width."""
    history: Annotated[int, Field(ge=1, le=1000)] = 10
    """How many of the newest items are read."""
    dropout: Annotated[float, Field(ge=0, le=0.99, allow_inf_nan=False)] = 0.6
    """The share of values that are dropped while learning."""
    passes: Annotated[int, Field(ge=1, le=1000)] = 12
    """How often an update goes over its lessons."""
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)] = 256
    """How many lessons make one step."""
    learning_rate: Annotated[float, Field(ge=1e-9, le=1, allow_inf_nan=False)] = 0.002
    """Of Adam, whose averages begin anew with every update."""
    repeats: bool = True
    """Whether what the history holds may be listed again; say no where nothing is taken twice."""

    @model_validator(mode="after")
    def _divisible(self) -> Self:
        if self.width % self.heads:
            raise ValueError(
                f"{self.heads} heads do not divide a width of {self.width}; give a width that is a multiple of heads"
            )
        return self
