"""Asks what the student is about to forget: half-life regression.

Source: Settles & Meeder (2016), A trainable spaced repetition model for language learning, ACL: recall p = 2^(-t/h)
with half-life h = 2^(weights x features), equations 1 and 2, over sqrt(1 + right answers), sqrt(1 + wrong answers) and
a bias; after every session a gradient step on (p - observed)^2 + a (h - observed)^2 + b |weights|^2, with the rates and
bounds of the authors' program. We changed three things: a session is a turn and a day is a turn; the item is a skill,
because questions rarely come twice; and the weights start at those of Leitner's rule (+1, -1, 0; appendix A.2), because
a student answers too little to fit them from 0.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import Field

from policies.parts.practice import By, pick_forgotten, unit
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection, Turn

SHORTEST, LONGEST = 15 / (24 * 60), 274.0
"""The half-lives that the authors allow, days: 15 minutes to nine months."""
LEAST = 0.0001
"""The least recall and, from 1, the most."""
Weight = Annotated[float, Field(ge=-20, le=20)]


@dataclass(slots=True)
class Practice:
    """What a student has done of one unit."""

    right: float = 0.0
    wrong: float = 0.0
    last: int = 0
    """The turn of the last session."""

    def features(self) -> tuple[float, float, float]:
        """Return what the half-life is regressed on."""
        return math.sqrt(1 + self.right), math.sqrt(1 + self.wrong), 1.0


@dataclass(slots=True)
class Memory:
    """The weights, how often each was fitted, and what was practised, by unit."""

    weights: list[float]
    fits: int = 0
    units: dict[str, Practice] = field(default_factory=dict)


def half_life(weights: Sequence[float], features: Sequence[float]) -> float:
    """Return the half-life, days, within its bounds."""
    power = sum(weight * feature for weight, feature in zip(weights, features, strict=True))
    return min(max(math.exp2(min(power, 20.0)), SHORTEST), LONGEST)


def recall(days: float, life: float) -> float:
    """Return the probability of recall after so many days."""
    return min(max(math.exp2(-days / life), LEAST), 1 - LEAST)


@question_policy("hlr")
class HLR:
    """Asks the skills whose predicted recall is below one half, then new ones (half-life regression).

    Settles & Meeder 2016. Each due unit gets one question a round, the lowest recall first.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    by: By = "skill"
    """What is remembered: a skill (a question's second tag), a category, or the question."""
    due: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Below this recall a unit is due; one half is when a half-life has passed."""
    days_per_turn: Annotated[float, Field(gt=0, le=365)] = 1.0
    """How many days of the model pass in a turn."""
    weights: tuple[Weight, Weight, Weight] = (1.0, -1.0, 0.0)
    """The first weights of right answers, wrong answers and the bias."""
    learning_rate: Annotated[float, Field(ge=0, le=1)] = 0.001
    """0 keeps the first weights."""
    half_life_weight: Annotated[float, Field(ge=0, le=100)] = 0.01
    """a: how much the error of the half-life counts."""
    decay: Annotated[float, Field(ge=0, le=10)] = 0.1
    """b: how much the weights are drawn to 0."""

    def begin(self) -> Memory:
        """Nothing was answered."""
        return Memory(list(self.weights))

    def observe(self, state: Memory, turn: Turn) -> Memory:
        """Fit the weights to what of each unit was right this turn, then count it."""
        sessions: dict[str, list[float]] = {}
        for experience in turn.experiences:
            sessions.setdefault(unit(experience.question, self.by), []).append(experience.feedback.score)
        for name, scores in sessions.items():
            practice = state.units.setdefault(name, Practice())
            if practice.last:
                days = (turn.turn - practice.last) * self.days_per_turn
                self.fit(state, practice.features(), days, sum(scores) / len(scores))
            practice.right += sum(scores)
            practice.wrong += len(scores) - sum(scores)
            practice.last = turn.turn
        return state

    def fit(self, state: Memory, features: Sequence[float], days: float, share: float) -> None:
        """Take one gradient step on a session with this share of right answers, so many days after the last."""
        life = half_life(state.weights, features)
        expected = recall(days, life)
        seen = min(max(share, LEAST), 1 - LEAST)
        seen_life = min(max(-days / math.log2(seen), SHORTEST), LONGEST)
        by_recall = 2 * (expected - seen) * math.log(2) ** 2 * expected * days / life
        by_life = 2 * (life - seen_life) * math.log(2) * life
        rate = self.learning_rate / (1 + seen) / math.sqrt(1 + state.fits)
        for index, feature in enumerate(features):
            state.weights[index] -= rate * (by_recall + self.half_life_weight * by_life) * feature
            state.weights[index] -= rate * self.decay * state.weights[index]
        state.fits += 1

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates of what is due, then of what is new, then of the rest."""

        def recalled(name: str) -> tuple[float, str] | None:
            practice = context.state.units.get(name)
            if practice is None:
                return None
            life = half_life(context.state.weights, practice.features())
            days = (context.turn - practice.last) * self.days_per_turn
            return recall(days, life), f"half-life {life:.2f} days"

        return pick_forgotten(candidates, k, self.by, self.due, recalled)
