"""Asks the category whose error rate could be highest: upper confidence bounds.

Auer, Cesa-Bianchi and Fischer 2002, "Finite-time Analysis of the Multiarmed Bandit Problem", figure 1: pull the arm of
highest mean + sqrt(2 ln N / n). We changed: a turn's answers come together, so within a turn each pick counts as a pull
whose reward is the arm's mean (Desautels et al. 2014, "Parallelizing Exploration-Exploitation Tradeoffs").
"""

import math
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from policies.parts.arms import grouped
from policies.parts.pulls import Discount, Pull, PullCounting, Pulls
from policies.parts.quotas import uniform
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("ucb1")
class Ucb1(PullCounting):
    """Gives each place to the category of highest mean + sqrt(2 ln N / n) of its error rate.

    Arms never asked come first, then equal ones by name; a category without candidates left is passed over. Within a
    category all candidates are equally likely.
    """

    exploration: Annotated[float, Field(ge=0, le=1e6)] = 2.0
    """The factor of ln N under the root."""
    discount: Discount = 1.0
    """How much a turn's answers count a turn later; 1 is the textbook, less follows a student that learns."""

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates by the places their arms won."""
        pulls: Pulls = context.state
        groups = grouped(candidates, self.by)
        quotas = self._quotas({arm: len(group) for arm, group in groups.items()}, k, pulls)
        picks = []
        for arm, group in groups.items():
            pull = pulls.get(arm, Pull())
            drawn, propensity = uniform(group, quotas[arm], context)
            reason = (
                f"{arm or 'no category'}: {pull.summary}, "
                f"{quotas[arm]} of {min(k, len(candidates))} places by its bound"
            )
            score = pull.mean if pull.answers else None
            picks += [
                Selection(item=candidates[index], score=score, propensity=propensity, reason=reason) for index in drawn
            ]
        return picks

    def _quotas(self, sizes: dict[str, int], k: int, pulls: Pulls) -> dict[str, int]:
        """Return how many places each arm wins."""
        quotas = dict.fromkeys(sizes, 0)
        counts = {arm: pulls.get(arm, Pull()).answers for arm in sizes}
        means = {arm: pulls.get(arm, Pull()).mean for arm in sizes}
        total = sum(counts.values())
        for _ in range(min(k, sum(sizes.values()))):
            # An arm never asked has an infinite mean only until its first place; from then on it is taken for 1.
            bounds = {
                arm: (1.0 if quotas[arm] and math.isinf(means[arm]) else means[arm])
                + (math.sqrt(self.exploration * math.log(max(total, 1)) / counts[arm]) if counts[arm] else 0.0)
                for arm in sizes
                if quotas[arm] < sizes[arm]
            }
            best = max(bounds, key=lambda arm: bounds[arm])
            quotas[best] += 1
            counts[best] += 1
            total += 1
        return quotas
