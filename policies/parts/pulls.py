"""What the textbook bandits remember of their arms: how often each was asked and what it earned.

The reward of an answer is 1 - score: what an update can learn from is a wrong answer. Sutton and Barto 2018, chapter 2.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from policies.parts.arms import Bandit, scores_by_arm
from simulation.core.types import Turn


@dataclass(slots=True)
class Pull:
    """One arm's answers and their rewards, older turns discounted."""

    answers: float = 0.0
    reward: float = 0.0

    @property
    def mean(self) -> float:
        """Return the reward per answer; infinite for an arm that was never asked, so that it is tried first."""
        return self.reward / self.answers if self.answers > 0 else float("inf")

    @property
    def summary(self) -> str:
        """Say what is known of the arm."""
        if not self.answers:
            return "never asked"
        return f"{self.mean:.0%} wrong of {self.answers:.4g} answers"


Pulls = dict[str, Pull]
Discount = Annotated[float, Field(ge=1e-3, le=1)]
"""The share of its weight that an answer keeps from one turn to the next."""


class PullCounting(Bandit, ABC):
    """A bandit that remembers pulls."""

    @property
    @abstractmethod
    def discount(self) -> Discount:
        """A field of the policy itself, so that it stands after those that only this policy has."""

    def begin(self) -> Pulls:
        """Return no pulls."""
        return {}

    def observe(self, state: Pulls, turn: Turn) -> Pulls:
        """Return the pulls after a turn; what came before counts `discount` times as much as it did."""
        for pull in state.values():
            pull.answers *= self.discount
            pull.reward *= self.discount
        for arm, scores in scores_by_arm(turn, self.by).items():
            pull = state.setdefault(arm, Pull())
            pull.answers += len(scores)
            pull.reward += sum(1 - score for score in scores)
        return state
