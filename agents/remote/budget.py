"""What a study may spend on an API, and what a call costs at worst, in whole billionths of the currency."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from simulation.core.errors import ScenarioError
from simulation.core.registry import nested

NANO = 1_000_000_000
"""Money is counted in billionths, as whole numbers, so that sums are exact."""
FILE = "budget.json"

Count = Annotated[int, Field(ge=1, le=10**15)]
Money = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


@nested
class Prices:
    """What a provider takes for a million tokens, in any one currency."""

    input: Annotated[Money, Field(examples=[0.5])] = 0.0
    """A million tokens of prompts."""
    output: Money = 0.0
    """A million tokens of answers."""

    def nano(self, prompt_tokens: int, completion_tokens: int) -> int:
        """Return the price of a call in billionths, rounded up."""
        return math.ceil(prompt_tokens * self.input * 1000) + math.ceil(completion_tokens * self.output * 1000)


@nested
class Budget:
    """What a study may spend on its API from its beginning to its end, however often it is resumed."""

    requests: Annotated[Count | None, Field(examples=[1000])] = None
    """HTTP requests, repeated ones included; null is no limit."""
    tokens: Count | None = None
    """Tokens of prompts and answers; null is no limit."""
    money: Annotated[float, Field(ge=1e-9, le=1e9, allow_inf_nan=False)] | None = None
    """In the currency of the prices; null is no limit."""


def raised(budget: Budget, folder: Path) -> Budget:
    """Return the budget of a study, with what a user has written into `budget.json` in its folder."""
    file = folder / FILE
    try:
        changes = json.loads(file.read_bytes())
        return TypeAdapter(Budget).validate_python({**asdict(budget), **changes})
    except FileNotFoundError:
        return budget
    except (OSError, ValueError, TypeError) as error:
        raise ScenarioError(
            f'{file} is no budget ({error}); write for example {{"tokens": 1000000, "money": 5}}, or delete it'
        ) from error
