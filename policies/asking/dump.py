"""Asks categories by their advantages and how little they were asked: distribution-level curriculum learning.

Wang et al. 2025, "DUMP: Automated Distribution-Level Curriculum Learning for RL-based LLM Post-training", arXiv
2504.09710, with the settings of the authors' code: L_c = mean |A| over the last 300 answers of category c + sqrt(2 ln(N
+ 1) / (n_c + 1)), with n_c answers of c and N of all, and shares softmax(L_c / 0.1). We changed the group of the
advantages (`parts.advantages`), and that answers whose group has one member, so no advantage, do not enter the mean.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Annotated

from pydantic import Field

from policies.parts.advantages import absolute_advantages
from policies.parts.arms import Bandit, allot, boltzmann, grouped, scores_by_arm
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection, Turn


@dataclass(slots=True)
class Record:
    """One arm's answers."""

    recent: deque[float]
    """The last absolute advantages."""
    answers: int = 0


@question_policy("dump")
class Dump(Bandit):
    """Shares the turn by a softmax over upper confidence bounds of the mean absolute advantage."""

    window: Annotated[int, Field(ge=1, le=1_000_000)] = 300
    """Over how many answers of an arm the mean is taken."""
    temperature: Annotated[float, Field(ge=1e-3, le=1e3)] = 0.1
    """Of the softmax."""

    def begin(self) -> dict[str, Record]:
        """Return no records."""
        return {}

    def observe(self, state: dict[str, Record], turn: Turn) -> dict[str, Record]:
        """Return the records after a turn."""
        for arm, scores in scores_by_arm(turn, self.by).items():
            record = state.setdefault(arm, Record(deque(maxlen=self.window)))
            record.answers += len(scores)
            if len(scores) > 1:
                record.recent.extend(absolute_advantages(scores))
        return state

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates by the shares of their arms."""
        records: dict[str, Record] = context.state
        total = sum(record.answers for record in records.values())
        bounds, why = {}, {}
        for arm in grouped(candidates, self.by):
            record = records.get(arm, Record(deque()))
            mean = fmean(record.recent) if record.recent else 0.0
            bonus = math.sqrt(2 * math.log(total + 1) / (record.answers + 1))
            bounds[arm] = mean + bonus
            why[arm] = f"mean absolute advantage {mean:.2f} + {bonus:.2f} for only {record.answers} answers"
        return allot(candidates, k, boltzmann(bounds, self.temperature), why, self.by, context)
