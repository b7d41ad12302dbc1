"""Asks what is not mastered yet: Bayesian knowledge tracing.

Source: Corbett & Anderson (1994), Knowledge tracing, User Modeling and User-Adapted Interaction 4, equations 1 and 2:
Bayes' rule on "known or not" after every answer, then a chance to learn; practice goes on until P(known) is .95. The
paper fits the four parameters to data within guess <= .3 and slip <= .1; our defaults lie in that range and are not
fitted. We changed how many questions are put at once: the unmastered units share the places of a turn.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from policies.parts.practice import By, Standing, pick_in_rounds, right, unit
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection, Turn

Probability = Annotated[float, Field(ge=1e-6, le=0.999)]


@question_policy("bkt")
class BKT:
    """Asks the skills least likely to be known, below .95 (Bayesian knowledge tracing; Corbett & Anderson 1994).

    Each unmastered unit gets one question a round, the least known first; mastered ones only fill up.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    by: By = "skill"
    """What is known or not: a skill (a question's second tag), a category, or the question."""
    prior: Probability = 0.25
    """P(known) before the first answer."""
    learn: Annotated[float, Field(ge=0, le=0.999)] = 0.1
    """P(becomes known) at each answer."""
    guess: Probability = 0.2
    """P(right) where it is not known."""
    slip: Probability = 0.1
    """P(wrong) where it is known."""
    mastery: Annotated[float, Field(ge=1e-6, le=1)] = 0.95
    """At this P(known) a unit is mastered."""

    @model_validator(mode="after")
    def _telling(self) -> "BKT":
        if self.guess + self.slip >= 1:
            raise ValueError(
                f"guess {self.guess:g} and slip {self.slip:g} add up to 1 or more, so that a right answer would speak "
                "against knowing; lower one of them"
            )
        return self

    def begin(self) -> dict[str, float]:
        """Nothing was answered: P(known) by unit, the prior for those not there."""
        return {}

    def observe(self, state: dict[str, float], turn: Turn) -> dict[str, float]:
        """Update P(known) by every answer."""
        for experience in turn.experiences:
            name = unit(experience.question, self.by)
            state[name] = self.known_after(state.get(name, self.prior), right(experience))
        return state

    def known_after(self, probability: float, was_right: bool) -> float:
        """Return P(known) after an answer: Bayes' rule, then the chance to learn."""
        if_known, if_not = (1 - self.slip, self.guess) if was_right else (self.slip, 1 - self.guess)
        posterior = probability * if_known / (probability * if_known + (1 - probability) * if_not)
        return posterior + (1 - posterior) * self.learn

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates of the least known units."""

        def standing(name: str) -> Standing:
            probability = context.state.get(name, self.prior)
            mastered = probability >= self.mastery
            bound = f"mastered at {self.mastery:g}" if mastered else f"< {self.mastery:g}"
            return Standing(
                int(mastered), probability, f"{name}: probability that it is known {probability:.3f}, {bound}"
            )

        return pick_in_rounds(candidates, k, self.by, standing)
