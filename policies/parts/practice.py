"""What was practised: the unit that a student model counts by, and how units share the places of a turn."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from policies.parts.arms import arm_of
from simulation.core.types import Experience, Question, Selection

By = Literal["question", "skill", "category"]
"""Questions rarely come twice, so that what is practised is mostly the skill behind them."""


def unit(question: Question, by: By) -> str:
    """Return what `question` practises: its skill, its category, or itself where it has no tags."""
    return question.id if by == "question" or not question.tags else arm_of(question, by)


def right(experience: Experience) -> bool:
    """Return whether the student was told that all of its answer is right."""
    return experience.feedback.score >= 1.0


def logistic(advantage: float) -> float:
    """Return 1 / (1 + exp(-advantage)): the probability of success at an advantage in logits, however large."""
    return (1 + math.tanh(advantage / 2)) / 2


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a unit stands when the places of a turn are shared."""

    tier: int
    """No unit of a tier gets a place while a unit of a lower tier has candidates left."""
    score: float
    """Within a tier the lowest comes first."""
    reason: str


def pick_in_rounds(
    candidates: Sequence[Question], k: int, by: By, standing: Callable[[str], Standing]
) -> list[Selection[Question]]:
    """Share `k` places among units: tier by tier, and in a tier one candidate of each unit a round, lowest score first.

    The published rules choose one item at a time; a turn asks many, and all places to the one lowest unit would be
    massed practice. Candidates of a unit are taken in the order they came.
    """
    standings: dict[str, Standing] = {}
    rounds: Counter[str] = Counter()
    places: list[tuple[int, int, float]] = []
    for question in candidates:
        name = unit(question, by)
        if name not in standings:
            standings[name] = standing(name)
        places.append((standings[name].tier, rounds[name], standings[name].score))
        rounds[name] += 1
    picks: list[Selection[Question]] = []
    for index in sorted(range(len(candidates)), key=places.__getitem__)[:k]:
        unit_standing = standings[unit(candidates[index], by)]
        picks.append(
            Selection(item=candidates[index], score=unit_standing.score, propensity=1.0, reason=unit_standing.reason)
        )
    return picks


def pick_forgotten(
    candidates: Sequence[Question], k: int, by: By, due: float, recalled: Callable[[str], tuple[float, str] | None]
) -> list[Selection[Question]]:
    """Share `k` places in rounds: what is recalled with a probability below `due`, then what is new, then the rest.

    `recalled` gives a unit's recall and what else there is to tell of it, or None for a unit that is new.
    """

    def standing(name: str) -> Standing:
        recall_and_detail = recalled(name)
        if recall_and_detail is None:
            return Standing(1, 0.0, f"{name}: new")
        recall, detail = recall_and_detail
        tier, sign = (0, "<") if recall < due else (2, ">=")
        return Standing(tier, recall, f"{name}: predicted recall {recall:.3f} {sign} {due:g}, {detail}")

    return pick_in_rounds(candidates, k, by, standing)
