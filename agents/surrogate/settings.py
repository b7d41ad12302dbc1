"""What simulated students are like: the parameters of their item response model, of learning and of forgetting."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from simulation.core.registry import parameters

Logits = Annotated[float, Field(ge=-20, le=20, allow_inf_nan=False)]
Spread = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


@parameters
class IrtParameters:
    """The parameters that all students of a world share."""

    ability: Logits = -1.1
    """Mean ability of all students, in logits; 0 is the difficulty of an average question."""
    ability_sd: Spread = 0.3
    """Standard deviation between students."""
    skill_sd: Spread = 0.9
    """Standard deviation between the skills of one student."""
    difficulty_sd: Spread = 1.0
    """Standard deviation of the difficulty between skills."""
    wording_sd: Spread = 0.3
    """Standard deviation of the difficulty between the wordings of a skill."""
    item_sd: Spread = 0.4
    """Standard deviation of the difficulty between questions of one wording."""
    discrimination: Annotated[float, Field(ge=1e-6, le=20, allow_inf_nan=False)] = 1.2
    """Median slope of a question's curve: how sharply it tells students below its difficulty from those above."""
    discrimination_sd: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] = 0.2
    """Standard deviation of the slope's logarithm."""
    guess: Annotated[float, Field(ge=0, le=0.9, allow_inf_nan=False)] = 0.08
    """The probability of the right option for who knows nothing; misconceptions can hold it below chance."""
    slip: Annotated[float, Field(ge=0, le=0.9, allow_inf_nan=False)] = 0.04
    """The probability of a wrong option for who knows all."""
    misconception: Share = 0.7
    """How much of the probability of being wrong goes to the typical misconception, where questions name theirs."""
    rate: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 0.3
    """What a lesson on a question at the student's level adds to its ability, in logits."""
    misled: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 1.0
    """How much of a lesson's effect a wrong correction has, downwards."""
    forgetting: Share = 0.01
    """The share of what was gained in a skill that is lost in each turn without a lesson on it."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.guess + self.slip >= 1:
            raise ValueError(
                f"guess and slip are {self.guess:g} and {self.slip:g}, but together they must stay below 1, "
                "or knowing more would not help; lower one of them"
            )
        return self
