"""How the calls of a study are made and paid; light, so that a scenario is checked without an event loop."""

import random
from dataclasses import dataclass
from typing import Literal

from agents.remote.budget import Budget, Prices
from agents.remote.endpoint import Endpoint

Take = Literal["all", "program"]
"""The whole reply, or the program in it."""


CHANCE = random.Random()
"""Nobody else draws from it, and what it draws moves only the time of a call, never the trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a request is tried.

    Pauses have full jitter: Brooker (2015), "Exponential Backoff And Jitter", AWS Architecture Blog.
    """

    attempts: int
    timeout_seconds: float
    """For one attempt."""
    deadline_seconds: float
    """For a request with all its attempts and pauses."""
    first_pause_seconds: float = 0.5
    longest_pause_seconds: float = 30.0

    def jitter(self, failures: int) -> float:
        """Return how many seconds to wait after so many failures, from 1."""
        ceiling = min(self.longest_pause_seconds, self.first_pause_seconds * 2.0 ** min(failures - 1, 30))
        return CHANCE.uniform(0, ceiling)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettings:
    """All of it."""

    endpoint: Endpoint
    patience: Patience
    concurrency: int
    budget: Budget
    prices: Prices
    keeps_replies: bool
    """Whether replies belong into the study's folder, or may be lost with the process."""
    take: Take
