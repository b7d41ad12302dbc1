"""Asks what says most about the student's ability: computerised adaptive testing by item response theory.

Source: Birnbaum (1968), in Lord & Novick, Statistical theories of mental test scores, chapter 17: the two-parameter
logistic model p = 1 / (1 + exp(-a(t - b))), and the item with the largest Fisher information a^2 p(1 - p) at the
estimated ability t, here its posterior mode under a normal prior. We changed the item: it is a skill, because questions
rarely come twice. Where no difficulties b are given they come from the student's own answers, as log odds of the
running error rate; one student tells only t - b, so these are centred on 0 and the ability takes their mean.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from policies.parts.practice import By, logistic, unit
from policies.parts.ranking import pick_ranked
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection, Turn

Answers = dict[str, list[float]]
"""How many answers and the sum of their scores, by unit."""

HALVINGS = 80


@question_policy("irt_cat")
class IRTCAT:
    """Asks the skills with the most Fisher information on the student's ability (adaptive testing; Birnbaum 1968)."""

    needs: ClassVar[frozenset[str]] = frozenset()
    by: By = "skill"
    """What has a difficulty: a skill (a question's second tag), a category, or the question."""
    discrimination: Annotated[float, Field(ge=0.01, le=10)] = 1.0
    """a: how sharply success depends on ability; the same for all."""
    difficulties: Annotated[
        Mapping[str, Annotated[float, Field(ge=-1000, le=1000)]], Field(examples=[{"geometry": 0.5}])
    ] = field(default_factory=dict)
    """b by unit, logits, where they are known; a unit not named has 0. Empty takes them from the student's answers."""
    spread: Annotated[float, Field(ge=0.01, le=100)] = 1.0
    """Standard deviation of the prior of the ability, logits; its mean is 0."""

    def begin(self) -> Answers:
        """Nothing was answered."""
        return {}

    def observe(self, state: Answers, turn: Turn) -> Answers:
        """Count every answer."""
        for experience in turn.experiences:
            counts = state.setdefault(unit(experience.question, self.by), [0.0, 0.0])
            counts[0] += 1
            counts[1] += experience.feedback.score
        return state

    def difficulty(self, answers: Answers) -> dict[str, float]:
        """Return the difficulty of every unit that was answered, logits."""
        if self.difficulties:
            return {name: self.difficulties.get(name, 0.0) for name in answers}
        # Half an answer of each kind keeps the log odds finite (Haldane 1956).
        odds = {name: (asked - score + 0.5) / (score + 0.5) for name, (asked, score) in answers.items()}
        uncentred = {name: math.log(ratio) / self.discrimination for name, ratio in odds.items()}
        middle = math.fsum(uncentred.values()) / len(uncentred) if uncentred else 0.0
        return {name: hardness - middle for name, hardness in uncentred.items()}

    def ability(self, answers: Answers, difficulty: Mapping[str, float]) -> float:
        """Return the posterior mode of the ability, logits: where the falling slope of the log-posterior is 0.

        It is found by halving, a fixed number of times, so that the cost is the same in every turn.
        """
        asked, scores = np.array([*answers.values(), [0.0, 0.0]]).T
        hardness = np.array([*(difficulty[name] for name in answers), 0.0])
        # No answers, however many, pull harder than this against the prior.
        high = self.spread**2 * self.discrimination * float(asked.sum())
        low = -high
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            chances = (1 + np.tanh(self.discrimination * (middle - hardness) / 2)) / 2
            slope = self.discrimination * (scores - asked * chances).sum() - middle / self.spread**2
            low, high = (middle, high) if slope > 0 else (low, middle)
        return (low + high) / 2

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick the `k` candidates with the most information at the ability estimated so far."""
        difficulty = self.difficulty(context.state)
        ability = self.ability(context.state, difficulty)
        scores: list[float] = []
        reasons: list[str] = []
        for question in candidates:
            name = unit(question, self.by)
            hardness = difficulty.get(name, self.difficulties.get(name, 0.0))
            chance = logistic(self.discrimination * (ability - hardness))
            scores.append(self.discrimination**2 * chance * (1 - chance))
            reasons.append(
                f"{name}: information {scores[-1]:.3f} at ability {ability:+.2f}, difficulty {hardness:+.2f}, success "
                f"expected with probability {chance:.2f}"
            )
        return pick_ranked(candidates, k, scores, reasons)
