"""Asks what a learned value says is a coin flip: prompt curriculum learning.

Gao et al. 2025, "Prompt Curriculum Learning for Efficient LLM Post-Training", arXiv 2510.01135, algorithm 1: a value
model V(x) is trained beside the policy to predict a prompt's mean score, and of the candidates those nearest to a
target tau = 1/2 are asked. We changed the value model: theirs is a language model, ours a ridge regression of the score
on the question's tags, whose past is discounted turn by turn as the student changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from policies.parts.draws import smallest
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection, Turn

UNKNOWN = 0.5
"""The value of a question of which nothing is known."""


@dataclass(slots=True)
class Moments:
    """Running sums of a regression: sum x x' and sum x (score - 1/2), by the features met so far."""

    features: dict[str, int]
    products_FF: NDArray[np.float64]
    responses_F: NDArray[np.float64]

    def widen(self, question: Question) -> list[int]:
        """Return the places of a question's features; features never met before get new ones."""
        places = [self.features.setdefault(name, len(self.features)) for name in features_of(question)]
        lacking = len(self.features) - len(self.responses_F)
        if lacking:
            self.products_FF = np.pad(self.products_FF, (0, lacking))
            self.responses_F = np.pad(self.responses_F, (0, lacking))
        return places


def features_of(question: Question) -> list[str]:
    """Return what describes a question: a constant, and each of its tags."""
    return ["", *dict.fromkeys(f"tag {tag}" for tag in question.tags)]


@question_policy("pcl")
class Pcl:
    """Asks the candidates whose predicted score, by a running regression on tags, is nearest to a target.

    Candidates equally near are drawn at random. A tag that was never asked has weight 0.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    target: Annotated[float, Field(ge=0, le=1)] = 0.5
    """The predicted score that is looked for (tau)."""
    discount: Annotated[float, Field(ge=1e-3, le=1)] = 0.9
    """How much a turn's answers count a turn later."""
    ridge: Annotated[float, Field(ge=1e-6, le=1e6)] = 1.0
    """The penalty on squared weights, in answers."""

    def begin(self) -> Moments:
        """Return the sums of no answers."""
        return Moments({}, np.zeros((0, 0)), np.zeros(0))

    def observe(self, state: Moments, turn: Turn) -> Moments:
        """Return the sums after a turn."""
        state.products_FF *= self.discount
        state.responses_F *= self.discount
        for experience in turn.experiences:
            places = state.widen(experience.question)
            state.products_FF[np.ix_(places, places)] += 1
            state.responses_F[places] += experience.feedback.score - UNKNOWN
        return state

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick the `k` candidates whose value is nearest to the target."""
        state: Moments = context.state
        weights = np.linalg.solve(state.products_FF + self.ridge * np.eye(len(state.responses_F)), state.responses_F)
        values = [
            UNKNOWN
            + sum(float(weights[state.features[name]]) for name in features_of(question) if name in state.features)
            for question in candidates
        ]
        distances = [abs(value - self.target) for value in values]
        return [
            Selection(
                item=candidates[index],
                score=values[index],
                propensity=propensity,
                reason=f"predicted score {values[index]:.2f}, {distances[index]:.2f} from the target {self.target:g}",
            )
            for index, propensity in smallest(distances, k, context.generator)
        ]
