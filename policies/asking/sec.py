"""Asks categories by the advantages they lately gave: the self-evolving curriculum.

Chen et al. 2025, "Self-Evolving Curriculum for LLM Reasoning", arXiv 2505.14970: Q_c <- (1 - alpha) Q_c + alpha * mean
|A| of the turn's answers in category c, and shares in proportion to exp(Q_c / tau), with Q_c = 0 at first. The paper
sets alpha and tau by task; 0.5 and 1 are ours. We changed the group of the advantages (`parts.advantages`); a
category with fewer than two answers in a turn, so without advantages, keeps its Q.
"""

from collections.abc import Sequence
from statistics import fmean
from typing import Annotated

from pydantic import Field

from policies.parts.advantages import absolute_advantages
from policies.parts.arms import Bandit, allot, boltzmann, grouped, scores_by_arm
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection, Turn


@question_policy("sec")
class Sec(Bandit):
    """Shares the turn by a Boltzmann distribution over running means of the absolute advantage."""

    alpha: Annotated[float, Field(ge=1e-6, le=1)] = 0.5
    """The weight of the last turn in a running mean."""
    temperature: Annotated[float, Field(ge=1e-3, le=1e3)] = 1.0
    """Of the Boltzmann distribution (tau)."""

    def begin(self) -> dict[str, float]:
        """Return no values."""
        return {}

    def observe(self, state: dict[str, float], turn: Turn) -> dict[str, float]:
        """Return the values after a turn."""
        for arm, scores in scores_by_arm(turn, self.by).items():
            if len(scores) > 1:
                gain = fmean(absolute_advantages(scores))
                state[arm] = (1 - self.alpha) * state.get(arm, 0.0) + self.alpha * gain
        return state

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates by the shares of their arms."""
        means: dict[str, float] = context.state
        values = {arm: means.get(arm, 0.0) for arm in grouped(candidates, self.by)}
        why = {arm: f"running mean absolute advantage {value:.2f}" for arm, value in values.items()}
        return allot(candidates, k, boltzmann(values, self.temperature), why, self.by, context)
