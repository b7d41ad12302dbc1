"""Asks the category of highest error rate, and now and then any: the simplest bandit.

Sutton and Barto 2018, "Reinforcement Learning: An Introduction", section 2.4. We changed: instead of one random
decision a pull, the share epsilon of each turn is spread over all categories evenly.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from policies.arms import By, allot, greedy, grouped
from policies.pulls import Pull, Pulls, pulled
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection, Turn


@question_policy("epsilon_greedy")
class EpsilonGreedy:
    """Gives most of the turn to the category with the highest error rate, and the rest to all evenly.

    Categories never asked come before all others; equal ones share.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    by: By = "category"
    """What the arms are."""
    epsilon: Annotated[float, Field(ge=0, le=1)] = 0.1
    """The share of the turn that is spread evenly."""
    discount: Annotated[float, Field(gt=0, le=1)] = 1.0
    """How much a turn's answers count a turn later; 1 is the textbook, less follows a student that learns."""

    def begin(self) -> Pulls:
        """Return no pulls."""
        return {}

    def observe(self, state: Pulls, turn: Turn) -> Pulls:
        """Return the pulls after a turn."""
        return pulled(state, turn, self.by, self.discount)

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates by the shares of their arms."""
        pulls: Pulls = context.state
        known = {arm: pulls.get(arm, Pull()) for arm in grouped(candidates, self.by)}
        shares = greedy({arm: pull.mean for arm, pull in known.items()}, self.epsilon)
        return allot(candidates, k, shares, {arm: pull.told for arm, pull in known.items()}, self.by, context)
