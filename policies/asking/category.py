"""Asks most where the student was wrong most, by category: the quota rule of the published student simulation.

Source: the "Student Learning Simulation" report, section 4.3, whose 41 logged allocations the rule reproduces. We
changed where the wrong answers are counted: the report reads the set it also reports accuracy on, which leaks; ours is
a probe set of its own unless `source: evaluation` asks for the published rule.
"""

from collections.abc import Sequence
from typing import Literal

from policies.parts.quotas import MATHQA_ORDER, pick_by_quota, wrong_counts
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("category")
class Category:
    """Asks each category in proportion to its wrong answers in the last measurement of the probe set.

    n_i = floor(k * wrong_i / sum of wrong), and the rest goes to the first category. Where a category has fewer
    candidates than its quota, the places are filled uniformly from the rest; before any wrong answer is counted, all
    candidates are equally likely.
    """

    source: Literal["probe", "evaluation"] = "probe"
    """Where wrong answers are counted: a probe set of its own, or the held-out set (as published, a leak)."""
    order: tuple[str, ...] = MATHQA_ORDER
    """The order of categories; those not named here follow by name."""

    @property
    def needs(self) -> frozenset[str]:
        """The probe set, where it is the source."""
        return frozenset({"probe"}) if self.source == "probe" else frozenset()

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates by quota."""
        wrong = wrong_counts(context, "probe" if self.source == "probe" else "held_out")
        return pick_by_quota(candidates, k, wrong, context, self.order)
