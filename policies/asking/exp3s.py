"""Asks categories by their learning gain, in a bandit that expects the best one to change: Exp3.S.

Graves et al. 2017, "Automated Curriculum Learning for Neural Networks", arXiv 1704.03003, after Auer et al. 2002:
shares pi_c = (1 - epsilon) softmax(w)_c + epsilon / K; after each round with reward r of arm c, w_i <- log((1 - a)
exp(w_i + eta r_i) + a / (K - 1) * sum over j != i of exp(w_j + eta r_j)), where r_c = r / pi_c, r_i = 0 otherwise, and
a = 1 / t. Rewards are rescaled to [-1, 1] between the 20th and 80th percentiles of past ones. Settings: eta 0.001,
epsilon 0.05, their beta 0. We changed: a round is an answer; the reward is how much the mean score of its category rose
since the turn that last asked it, where the paper measures the loss on a batch before and after training on it; the
percentiles are of the last `history` rewards, where the paper samples all of them; and pi_c is the share meant for c,
also in a turn in which c ran out of candidates and so was asked less.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Annotated

import numpy as np
from pydantic import Field

from policies.parts.arms import Bandit, allot, arm_of, boltzmann, grouped, scores_by_arm
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection, Turn

Weights = dict[str, float]
HIGHEST = 600.0
"""The greatest log-weight whose exponential, with those of others, is still a number."""


@dataclass(slots=True)
class Progress:
    """The state: log-weights and mean scores by arm, the number of answers, and past gains."""

    weights: Weights
    scores: dict[str, float]
    gains: deque[float]
    rounds: int = 0


@question_policy("exp3s")
class Exp3S(Bandit):
    """Shares the turn by exponential weights of each category's gain in accuracy."""

    eta: Annotated[float, Field(gt=0, le=1)] = 0.001
    """How much one reward moves a weight; made for runs of many thousand answers, so short studies stay near even."""
    epsilon: Annotated[float, Field(ge=0.001, le=1)] = 0.05
    """The share of the turn that is spread evenly."""
    history: Annotated[int, Field(ge=2, le=1_000_000)] = 200
    """Over how many past rewards percentiles are taken."""

    def begin(self) -> Progress:
        """Return equal weights."""
        return Progress({}, {}, deque(maxlen=self.history))

    def observe(self, state: Progress, turn: Turn) -> Progress:
        """Return the state after a turn: one round an answer, in the order they came."""
        rewards: dict[str, float] = {}
        for arm, scores in scores_by_arm(turn, self.by).items():
            state.weights.setdefault(arm, 0.0)
            if arm in state.scores:
                gain = fmean(scores) - state.scores[arm]
                rewards[arm] = rescaled(gain, state.gains)
                state.gains.append(gain)
            state.scores[arm] = fmean(scores)
        shares = {pick.item.id: pick.score for pick in turn.picks}
        for experience in turn.experiences:
            arm = arm_of(experience.question, self.by)
            share = shares.get(experience.question.id)
            state.rounds += 1
            if arm in rewards and share:
                state.weights = stepped(state.weights, arm, self.eta * rewards[arm] / share, 1 / state.rounds)
        return state

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates by the shares of their arms."""
        state: Progress = context.state
        weights = {arm: state.weights.get(arm, 0.0) for arm in grouped(candidates, self.by)}
        probabilities = boltzmann(weights, 1.0)
        shares = {
            arm: (1 - self.epsilon) * probability + self.epsilon / len(weights)
            for arm, probability in probabilities.items()
        }
        why = {arm: f"log-weight {weight:+.3f} by its gains in accuracy" for arm, weight in weights.items()}
        return allot(candidates, k, shares, why, self.by, context)


def rescaled(gain: float, past: Sequence[float]) -> float:
    """Return a gain in [-1, 1], between the 20th and 80th percentiles of past ones; 0 where these are equal."""
    if not past:
        return 0.0
    low, high = (float(percentile) for percentile in np.quantile(np.asarray(past), (0.2, 0.8)))
    return min(1.0, max(-1.0, 2 * (gain - low) / (high - low) - 1)) if high > low else 0.0


def stepped(weights: Weights, arm: str, step: float, mixing: float) -> Weights:
    """Return the log-weights after one round; their exponentials have a mean of 1, so a new arm enters at the mean."""
    heights = {name: weight + (step if name == arm else 0.0) for name, weight in weights.items()}
    excess = max(0.0, max(heights.values()) - HIGHEST)
    raised = {name: math.exp(height - excess) for name, height in heights.items()}
    total = sum(raised.values())
    others = max(1, len(raised) - 1)
    if len(raised) > 1:
        raised = {name: (1 - mixing) * odds + mixing * (total - odds) / others for name, odds in raised.items()}
    return {name: math.log(odds * len(raised) / total) for name, odds in raised.items()}
