"""Learns from what was wrong and from what was not looked at for long: prioritised level replay.

Source: Jiang, Grefenstette & Rocktaschel (2020), Prioritized level replay, arXiv 2010.03934, equations 1 to 3:
P = (1 - rho) P_S + rho P_C with P_S proportional to rank(score)^(-1/beta) and P_C to the turns since a level was last
sampled; rho and beta as published for Procgen. We changed what a level and its score are: an experience, and the error
of its answer (1 - score) or its surprise instead of the mean value loss; and several are drawn, without replacement.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from policies.parts.priorities import WINDOW, Loss, Window, draw, losses, ranks, shares, untold
from simulation.core.registry import experience_policy
from simulation.core.roles import Context
from simulation.core.types import Experience, Selection, Turn


@experience_policy("plr")
class PLR:
    """Learns from experiences drawn by how wrong and how stale they are (prioritised level replay, arXiv 2010.03934).

    Set learn.experiences, or an update takes the whole window.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    loss: Loss = "error"
    """The score: "error" is 1 - feedback score, "surprise" -log p of what the student was told is right, nats."""
    rho: Annotated[float, Field(ge=0, le=1)] = 0.1
    """How much staleness counts."""
    beta: Annotated[float, Field(ge=0.01, le=100)] = 0.1
    """The temperature of the ranks: towards 0 only the first is drawn; of equal ones the newest ranks first."""
    window: Window = WINDOW
    """How many of the newest experiences are looked at."""

    def begin(self) -> dict[str, int]:
        """Nothing was learned from: the turn of the last update with an experience, by its id."""
        return {}

    def observe(self, state: dict[str, int], turn: Turn) -> dict[str, int]:
        """Note what the update trained on."""
        state.update((lesson.item.id, turn.turn) for lesson in turn.lessons)
        return state

    def select(self, candidates: Sequence[Experience], k: int, context: Context) -> list[Selection[Experience]]:
        """Draw min(k, window) experiences; the score is P(i)."""
        recent = candidates[-self.window :]
        deltas = losses(recent, self.loss)
        places = ranks(deltas)
        ages = [context.turn - context.state.get(experience.id, experience.turn) for experience in recent]
        by_score = shares([rank ** (-1 / self.beta) for rank in places])
        by_age = shares([float(age) for age in ages])
        parts = [
            (1 - self.rho) * score + self.rho * staleness for score, staleness in zip(by_score, by_age, strict=True)
        ]

        def reason(at: int) -> str:
            return (
                f"{self.loss} {deltas[at]:.3f}{untold(recent[at], self.loss)} ranks {places[at]} of {len(recent)}, "
                f"last looked at {ages[at]} turns ago: drawn with probability {parts[at]:.2e}"
            )

        return draw(recent, k, parts, parts, reason, context)
