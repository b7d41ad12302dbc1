"""Draws from what happened since the last update, without any replay of what was before."""

from collections.abc import Callable, Sequence
from itertools import takewhile

from policies.parts.quotas import uniform
from simulation.core.roles import Context
from simulation.core.types import Experience, Selection


def recent(candidates: Sequence[Experience], context: Context) -> list[Experience]:
    """Return the experiences since the last update, as they came."""
    return list(takewhile(lambda experience: experience.turn >= context.since, reversed(candidates)))[::-1]


def since_update(
    candidates: Sequence[Experience], k: int, context: Context, qualifies: Callable[[Experience], bool]
) -> list[Selection[Experience]]:
    """Draw at most `k` of the qualifying experiences since the last update, uniformly, and return them as they came."""
    qualifying = [experience for experience in recent(candidates, context) if qualifies(experience)]
    drawn, propensity = uniform(range(len(qualifying)), k, context)
    return [
        Selection(
            item=qualifying[index],
            score=qualifying[index].feedback.score,
            propensity=propensity,
            reason=f"{qualifying[index].feedback.judge} scored it {qualifying[index].feedback.score:g}",
        )
        for index in sorted(drawn)
    ]
