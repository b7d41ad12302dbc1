"""Learns most from what was most wrong: prioritised experience replay.

Source: Schaul, Quan, Antonoglou & Silver (2015), Prioritized experience replay, arXiv 1511.05952, section 3.3
(proportional): P(i) = p^alpha / sum p^alpha with p = |delta| + epsilon, and section 3.4: importance weights
(N P(i))^(-beta), divided by the largest; alpha and the first beta as published. We changed three things: delta is not a
temporal difference but the error of the answer (1 - score) or its surprise, both as they were when it was given;
experiences are drawn without replacement; and no trainer here takes the weights, so they are only told.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from policies.parts.priorities import WINDOW, Loss, MinimumScore, Window, draw, eligible, losses, shares, untold
from simulation.core.registry import experience_policy
from simulation.core.roles import Context
from simulation.core.types import Experience, Selection


@experience_policy("per")
class PER:
    """Learns from experiences drawn by how wrong or surprising they were (prioritised replay, arXiv 1511.05952).

    Set learn.experiences, or an update takes the whole window.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    loss: Loss = "error"
    """What delta is: "error" is 1 - feedback score, "surprise" -log p of what the student was told is right, nats."""
    alpha: Annotated[float, Field(ge=0, le=10)] = 0.6
    """0 draws uniformly, 1 in proportion to delta."""
    beta: Annotated[float, Field(ge=0, le=1)] = 0.4
    """How much the importance weights correct for that."""
    epsilon: Annotated[float, Field(ge=1e-9, le=1)] = 1e-6
    """Keeps what was quite right from never being drawn."""
    minimum_score: MinimumScore = 0.0
    """Experiences with a lower feedback score are left out; 1 replays passes only (with loss "surprise")."""
    window: Window = WINDOW
    """How many of the newest experiences are looked at."""

    def select(self, candidates: Sequence[Experience], k: int, context: Context) -> list[Selection[Experience]]:
        """Draw min(k, window) experiences; the score is P(i)."""
        recent = eligible(candidates, self.window, self.minimum_score)
        deltas = losses(recent, self.loss)
        parts = shares([(abs(delta) + self.epsilon) ** self.alpha for delta in deltas])
        largest = (len(parts) * min(parts)) ** -self.beta if parts else 1.0

        def reason(at: int) -> str:
            importance = (len(parts) * parts[at]) ** -self.beta / largest
            return (
                f"{self.loss} {deltas[at]:.3f}{untold(recent[at], self.loss)}: drawn with probability {parts[at]:.2e} "
                f"of {len(parts)}, importance weight {importance:.3f}"
            )

        return draw(recent, k, parts, parts, reason, context)
