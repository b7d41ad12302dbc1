"""Asks what the student is about to forget: the FSRS memory model, by its own library.

Source: Ye, Su & Cao (2022), A stochastic shortest path algorithm for optimizing spaced repetition scheduling, KDD;
version 6 of the model as in the library `fsrs`: retrievability R = (1 + F t/S)^(-w20) with F such that R(S) = .9, where
S and the difficulty follow every answer with the published default weights. We changed three things: a day is a turn,
the item is a skill, because questions rarely come twice, and an answer is "good" where it is right and "again"
otherwise. No learning steps and no fuzz, so that equal answers give equal states.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from policies.parts.practice import By, pick_forgotten, right, unit
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection, Turn

if TYPE_CHECKING:
    from fsrs import Card, Scheduler

START = datetime(2000, 1, 1, tzinfo=UTC)
"""The day of turn 0; only differences of days count."""
LAST_DAY = 2_880_000
"""Then no more time passes: a card is due up to 36,500 days later, and the library's calendar ends with year 9999."""


@question_policy("fsrs")
class FSRS:
    """Asks the skills whose predicted recall is below .9, then new ones (FSRS-6; Ye et al. 2022).

    Each due unit gets one question a round, the lowest recall first.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    by: By = "skill"
    """What is remembered: a skill (a question's second tag), a category, or the question."""
    retention: Annotated[float, Field(ge=0.01, lt=1)] = 0.9
    """Below this retrievability a unit is due."""
    days_per_turn: Annotated[int, Field(ge=1, le=365)] = 1
    """How many days of the model pass in a turn, up to day 2,880,000."""

    def begin(self) -> "dict[str, Card]":
        """Nothing was answered: the library's card by unit."""
        return {}

    def observe(self, state: "dict[str, Card]", turn: Turn) -> "dict[str, Card]":
        """Review a unit's card with every answer."""
        from fsrs import Card, Rating

        scheduler, day = self._scheduler(), self._day(turn.turn)
        for experience in turn.experiences:
            name = unit(experience.question, self.by)
            card = state.get(name) or Card(card_id=len(state), due=START)
            rating = Rating.Good if right(experience) else Rating.Again
            state[name], _ = scheduler.review_card(card, rating, day)
        return state

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates of what is due, then of what is new, then of the rest."""
        scheduler, day = self._scheduler(), self._day(context.turn)

        def recalled(name: str) -> tuple[float, str] | None:
            card = context.state.get(name)
            if card is None:
                return None
            return float(scheduler.get_card_retrievability(card, day)), f"stability {card.stability:.2f} days"

        return pick_forgotten(candidates, k, self.by, self.retention, recalled)

    def _scheduler(self) -> "Scheduler":
        from fsrs import Scheduler

        return Scheduler(desired_retention=self.retention, learning_steps=(), relearning_steps=(), enable_fuzzing=False)

    def _day(self, turn: int) -> datetime:
        return START + timedelta(days=min(turn * self.days_per_turn, LAST_DAY))
