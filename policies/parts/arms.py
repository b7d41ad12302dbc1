"""The arms of the bandit policies: categories or skills of questions, and how a turn's places are shared among them.

A bandit of the literature pulls one arm a round. A turn here asks k questions at once, so each policy gives shares of
the turn to the arms, and an arm's questions are equally likely: a question of an arm with share s and n candidates is
asked with probability min(1, c * s / n), where c is k unless some arm has too few candidates for its share. These
probabilities are exact, and an arm gets its expected number of places rounded up or down (`policies.parts.draws`).
"""

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from policies.parts.draws import proportional
from simulation.core.registry import parameters
from simulation.core.roles import Context
from simulation.core.types import Question, Selection, Turn

By = Literal["category", "skill"]
"""What the arms are: first tags, or second tags."""


@parameters
class Bandit:
    """What all bandits share: they have arms, and need nothing computed beforehand."""

    needs: ClassVar[frozenset[str]] = frozenset()
    by: By = "category"
    """What the arms are."""


def arm_of(question: Question, by: By) -> str:
    """Return the arm of a question: its category, or its second tag where it has one; "" without tags."""
    return question.tags[1] if by == "skill" and len(question.tags) > 1 else question.category


def grouped(candidates: Sequence[Question], by: By) -> dict[str, list[int]]:
    """Return the places of each arm's candidates; the arms sorted by name."""
    groups: dict[str, list[int]] = {}
    for index, question in enumerate(candidates):
        groups.setdefault(arm_of(question, by), []).append(index)
    return dict(sorted(groups.items()))


def scores_by_arm(turn: Turn, by: By) -> dict[str, list[float]]:
    """Return the feedback scores of a turn's answers by arm, in the order they came."""
    scores: dict[str, list[float]] = {}
    for experience in turn.experiences:
        scores.setdefault(arm_of(experience.question, by), []).append(experience.feedback.score)
    return scores


def boltzmann(values: Mapping[str, float], temperature: float) -> dict[str, float]:
    """Return shares in proportion to exp(value / temperature)."""
    top = max(values.values(), default=0.0)
    odds = {arm: math.exp((value - top) / temperature) for arm, value in values.items()}
    total = sum(odds.values())
    return {arm: ratio / total for arm, ratio in odds.items()}


def greedy(values: Mapping[str, float], epsilon: float) -> dict[str, float]:
    """Return shares: `epsilon` is spread evenly, the rest goes to the arm of highest value, or those that tie."""
    top = max(values.values(), default=0.0)
    best = sum(value == top for value in values.values())
    return {arm: epsilon / len(values) + (1 - epsilon) * (value == top) / best for arm, value in values.items()}


def allot(
    candidates: Sequence[Question],
    k: int,
    shares: Mapping[str, float],
    why: Mapping[str, str],
    by: By,
    context: Context,
) -> list[Selection[Question]]:
    """Pick `k` candidates by the shares of their arms; `why` says in plain words how each share came about.

    The score is the share of the question's arm. What arms with a share cannot fill goes evenly to the others.
    """
    groups = grouped(candidates, by)
    names = list(groups)
    weights = [0.0] * len(candidates)
    for name, members in groups.items():
        for index in members:
            weights[index] = shares[name] / len(members)
    # Arms stay together, in random order: so each gets its expected number of places, rounded.
    order = [
        groups[names[int(place)]][int(index)]
        for place in context.generator.permutation(len(names))
        for index in context.generator.permutation(len(groups[names[int(place)]]))
    ]
    picks = []
    for index, propensity in proportional(weights, k, context.generator, order):
        name = arm_of(candidates[index], by)
        reason = f"{name or 'no category'}: {why[name]}, {shares[name]:.0%} of the turn"
        picks.append(Selection(item=candidates[index], score=shares[name], propensity=propensity, reason=reason))
    return picks
