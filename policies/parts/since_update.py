"""Draws from what happened since the last update, without any replay of what was before."""

from collections.abc import Callable, Sequence
from itertools import takewhile

from policies.parts.quotas import uniform
from simulation.core.roles import Context
from simulation.core.types import Experience, Selection


def since_update(
    candidates: Sequence[Experience], k: int, context: Context, wanted: Callable[[Experience], bool]
) -> list[Selection[Experience]]:
    """Draw at most `k` of the wanted experiences since the last update, uniformly, and return them as they came."""
    recent = list(takewhile(lambda experience: experience.turn >= context.since, reversed(candidates)))[::-1]
    found = [experience for experience in recent if wanted(experience)]
    drawn, propensity = uniform(range(len(found)), k, context)
    return [
        Selection(
            item=found[index],
            score=found[index].feedback.score,
            propensity=propensity,
            reason=f"{found[index].feedback.judge} scored it {found[index].feedback.score:g}",
        )
        for index in sorted(drawn)
    ]
