"""Asks categories by draws from what is believed of their error rates: Thompson sampling.

Thompson 1933; Chapelle and Li 2011, "An Empirical Evaluation of Thompson Sampling", algorithm 2: each arm has a Beta
posterior of its reward rate, and of one draw an arm the highest is pulled. We changed: the beliefs stay as they are
within a turn, whose answers come together.
"""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from policies.parts.arms import grouped
from policies.parts.pulls import Discount, Pull, PullCounting, Pulls
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("thompson")
class Thompson(PullCounting):
    """Draws an error rate for each category from its Beta posterior, place by place, and asks the highest.

    Within a category all candidates are equally likely; one without candidates left is passed over. The propensity has
    no closed form.
    """

    prior: Annotated[float, Field(ge=0.001, le=1e6)] = 1.0
    """Both parameters of the Beta prior."""
    discount: Discount = 1.0
    """How much a turn's answers count a turn later; 1 is the textbook, less follows a student that learns."""

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates, the arm of each by a draw of its own."""
        state: Pulls = context.state
        groups = grouped(candidates, self.by)
        left = {arm: [int(place) for place in context.generator.permutation(group)] for arm, group in groups.items()}
        pulls = {arm: state.get(arm, Pull()) for arm in groups}
        places = min(k, len(candidates))
        rates = context.generator.beta(
            [self.prior + pull.reward for pull in pulls.values()],
            [self.prior + pull.answers - pull.reward for pull in pulls.values()],
            size=(places, len(groups)),
        )
        picks = []
        for row in rates:
            rate, arm = max((float(rate), arm) for rate, arm in zip(row, groups, strict=True) if left[arm])
            reason = f"{arm or 'no category'}: error rate {rate:.2f} drawn, the highest; {pulls[arm].summary}"
            picks.append(Selection(item=candidates[left[arm].pop()], score=rate, reason=reason))
        return picks
