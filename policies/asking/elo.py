"""Asks what the student is about as good at as not: Elo ratings of the student and of what is asked.

Source: Elo (1978), The rating of chessplayers, in education Pelanek (2016), Applications of the Elo rating system in
adaptive educational systems, Computers & Education 98: an answer is a match, p = 1 / (1 + exp(d - s)), and the ratings
move by K(y - p), the student's s up and the item's d down. We changed the item: it is a skill, because questions rarely
come twice; and K is the same for both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import Field

from policies.parts.practice import By, logistic, unit
from policies.parts.ranking import pick_ranked
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection, Turn


@dataclass(slots=True)
class Ratings:
    """The ratings so far, logits; an item that is not there has 0."""

    student: float = 0.0
    items: dict[str, float] = field(default_factory=dict)


@question_policy("elo")
class Elo:
    """Asks the skills whose Elo rating is nearest to the student's, where success is a toss-up (Pelanek 2016)."""

    needs: ClassVar[frozenset[str]] = frozenset()
    by: By = "skill"
    """What is rated: a skill (a question's second tag), a category, or the question."""
    step: Annotated[float, Field(ge=1e-6, le=100)] = 0.4
    """K: how far, logits, an answer that was quite unexpected moves both ratings."""

    def begin(self) -> Ratings:
        """All ratings are 0."""
        return Ratings()

    def observe(self, state: Ratings, turn: Turn) -> Ratings:
        """Play every answer as a match."""
        for experience in turn.experiences:
            name = unit(experience.question, self.by)
            rating = state.items.get(name, 0.0)
            surprise = experience.feedback.score - logistic(state.student - rating)
            state.student += self.step * surprise
            state.items[name] = rating - self.step * surprise
        return state

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick the `k` candidates nearest to the student's rating; the score is the distance."""
        ratings = context.state
        items = [ratings.items.get(unit(question, self.by), 0.0) for question in candidates]
        reasons = [
            f"{unit(question, self.by)}: rated {item:+.2f}, the student {ratings.student:+.2f}, so success is expected "
            f"with probability {logistic(ratings.student - item):.2f}"
            for question, item in zip(candidates, items, strict=True)
        ]
        return pick_ranked(candidates, k, [abs(item - ratings.student) for item in items], reasons, lowest=True)
