"""Learns again what was forgotten: replay of what was right before and then wrong.

Source: Toneva et al. (2019), An empirical study of example forgetting during deep neural network learning, arXiv
1812.05159: a forgetting event is an example that is answered right and later wrong. We changed the example: it is a
skill, because questions rarely come twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from policies.parts.practice import By, right, unit
from policies.parts.priorities import WINDOW, Window
from policies.parts.quotas import uniform
from simulation.core.registry import experience_policy
from simulation.core.roles import Context
from simulation.core.types import Experience, Selection, Turn

Forgetting = tuple[bool, int]
"""Whether the last answer was right, and how often a wrong one followed a right one."""


@dataclass(slots=True)
class Past:
    """What became of every unit up to a turn."""

    units: dict[str, Forgetting] = field(default_factory=dict)
    turn: int = 0


@experience_policy("forgetting_replay")
class ForgettingReplay:
    """Learns from experiences of skills that were answered right and later wrong (forgetting; arXiv 1812.05159).

    They are drawn uniformly; where there are fewer than an update may take, uniform draws from the rest of the window
    fill up. Set learn.experiences, or an update takes the whole window.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    by: By = "skill"
    """What is forgotten: a skill (a question's second tag), a category, or the question."""
    fill: bool = True
    """Whether other experiences fill up where too little was forgotten."""
    window: Window = WINDOW
    """How many of the newest experiences are looked at."""

    def begin(self) -> Past:
        """Nothing was forgotten."""
        return Past()

    def observe(self, state: Past, turn: Turn) -> Past:
        """Note what every answer says of its unit."""
        state.units.update(self.after(state.units, turn.experiences))
        state.turn = turn.turn
        return state

    def after(self, units: Mapping[str, Forgetting], experiences: Iterable[Experience]) -> dict[str, Forgetting]:
        """Return what became of the units that these answers are of."""
        histories: dict[str, Forgetting] = {}
        for experience in experiences:
            name = unit(experience.question, self.by)
            was_right, events = histories.get(name) or units.get(name) or (False, 0)
            now_right = right(experience)
            histories[name] = (now_right, events + (was_right and not now_right))
        return histories

    def select(self, candidates: Sequence[Experience], k: int, context: Context) -> list[Selection[Experience]]:
        """Draw min(k, window) experiences, what was forgotten first."""
        past = context.state
        fresh = self.after(past.units, context.memory.since(past.turn + 1))
        recent = candidates[-self.window :]
        forgotten: list[tuple[Experience, int]] = []
        others: list[Experience] = []
        for experience in recent:
            name = unit(experience.question, self.by)
            _, events = fresh.get(name) or past.units.get(name) or (False, 0)
            if events:
                forgotten.append((experience, events))
            else:
                others.append(experience)
        drawn, propensity = uniform(forgotten, k, context)
        picks = [
            Selection(
                item=experience,
                score=float(events),
                propensity=propensity,
                reason=f"{unit(experience.question, self.by)}: forgotten {events} times",
            )
            for experience, events in drawn
        ]
        filling, share = uniform(others, k - len(picks) if self.fill else 0, context)
        reason = f"fills up, as {len(forgotten)} of {len(recent)} experiences are of what was forgotten"
        return picks + [
            Selection(item=experience, score=0.0, propensity=share, reason=reason) for experience in filling
        ]
