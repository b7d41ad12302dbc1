"""Asks the category of highest error rate, and now and then any: the simplest bandit.

Sutton and Barto 2018, "Reinforcement Learning: An Introduction", section 2.4. We changed: instead of one random
decision a pull, the share epsilon of each turn is spread over all categories evenly.
"""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from policies.parts.arms import allot, greedy, grouped
from policies.parts.pulls import Discount, Pull, PullCounting, Pulls
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("epsilon_greedy")
class EpsilonGreedy(PullCounting):
    """Gives most of the turn to the category with the highest error rate, and the rest to all evenly.

    Categories never asked come before all others; equal ones share.
    """

    epsilon: Annotated[float, Field(ge=0, le=1)] = 0.1
    """The share of the turn that is spread evenly."""
    discount: Discount = 1.0
    """How much a turn's answers count a turn later; 1 is the textbook, less follows a student that learns."""

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates by the shares of their arms."""
        state: Pulls = context.state
        pulls = {arm: state.get(arm, Pull()) for arm in grouped(candidates, self.by)}
        shares = greedy({arm: pull.mean for arm, pull in pulls.items()}, self.epsilon)
        return allot(candidates, k, shares, {arm: pull.summary for arm, pull in pulls.items()}, self.by, context)
