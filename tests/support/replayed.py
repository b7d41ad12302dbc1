"""Experiences with known confidences and scores, and how often a replay policy draws each."""

import math
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from typing import Any

from scipy import stats  # type: ignore[import-untyped]

from simulation.core.memory import ReplayBuffer
from simulation.core.types import Experience, Selection
from tests.support.contexts import context, experience, question, ranked


def logs(*probabilities: float) -> tuple[float, ...]:
    return tuple(math.log(each) for each in probabilities)


def answered(each: Experience, **changes: Any) -> Experience:
    """The experience with another answer."""
    return replace(each, answer=replace(each.answer, **changes))


def scored(*scores: float, turn: int = 1) -> list[Experience]:
    """A turn of new questions with these scores."""
    return [
        experience(question(f"q{turn}.{place}"), turn=turn, position=place, score=score)
        for place, score in enumerate(scores)
    ]


def held_at(experienced: Experience, confidence: float) -> Experience:
    """An experience whose answer's confidence is known."""
    return answered(experienced, ranking=ranked(1, confidence=confidence))


def lessons(
    policy: Any, held: ReplayBuffer, k: int, *, seed: int = 0, turn: int = 9, state: Any = None
) -> list[Selection[Experience]]:
    """What the policy learns from; picking must not change what it remembers."""
    before = deepcopy(state)
    picks: list[Selection[Experience]] = policy.select(held, k, context(seed=seed, turn=turn, held=held, state=state))
    assert state == before
    return picks


def first_draws(policy: Any, held: ReplayBuffer, rounds: int = 8000, **more: Any) -> list[int]:
    """How often each experience is the first that is drawn."""
    times = Counter(lessons(policy, held, 1, seed=seed, **more)[0].item.id for seed in range(rounds))
    return [times[each.id] for each in held]


def fits(found: list[int], expected: list[float]) -> bool:
    return bool(stats.chisquare(found, [each * sum(found) for each in expected]).pvalue > 0.001)
