"""Asks, within the zone of proximal development, where answers get better: ZPDES.

Clement et al. 2015, "Multi-Armed Bandits for Intelligent Tutoring Systems", arXiv 1310.3174: the reward of an answer is
the mean score of the last d/2 answers under its activity minus that of the d/2 before, where positive; weights w <-
beta w + (1 - beta) r; shares (1 - gamma) w / sum of w + gamma / K over the K activities in the zone. An activity enters
the zone when those before it succeed often enough, and leaves when it is mastered. Settings as in the authors' code
(kidlearn): d 6, gamma 0.05, thresholds 0.5 and 0.8, first weight 0.05. Its experiments set beta to 0.2, 0.4 or 0.5; to
take 0.2 is our choice. We changed: activities are the arms of `parts.arms`; what comes before an arm is what the
environment knows (`Context.prerequisites`), and without it all arms begin in the zone.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Annotated

from pydantic import Field

from policies.parts.arms import Bandit, allot, arm_of, grouped
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection, Turn


@dataclass(slots=True)
class Activity:
    """One arm's weight and its last scores."""

    weight: float
    scores: deque[float]

    def success(self, last: int) -> float:
        """Return the mean of the last scores; 0 for fewer than two."""
        recent = list(self.scores)[-last:]
        return fmean(recent) if len(recent) > 1 else 0.0


@question_policy("zpdes")
class Zpdes(Bandit):
    """Shares the turn among the categories within the student's reach, by how much their accuracy lately rose.

    Prerequisites that are no arm themselves are not looked at. Where nothing is in the zone, everything is; what the
    zone cannot fill goes evenly to other candidates.
    """

    window: Annotated[int, Field(ge=2, le=1_000_000)] = 6
    """How many last answers of an arm are compared, the newer half with the older (d)."""
    beta: Annotated[float, Field(ge=0, le=0.999)] = 0.2
    """How much of a weight stays at each answer."""
    gamma: Annotated[float, Field(ge=0, le=1)] = 0.05
    """The share of the turn that is spread evenly over the zone."""
    open_at: Annotated[float, Field(ge=0, le=1)] = 0.5
    """An arm opens when the last d/2 answers of each arm before it have a higher mean score."""
    mastered_at: Annotated[float, Field(ge=0, le=1)] = 0.8
    """An arm leaves when its last d answers have a higher mean score."""
    first: Annotated[float, Field(ge=1e-6, le=1e3)] = 0.05
    """The weight of an arm that was never asked."""

    def begin(self) -> dict[str, Activity]:
        """Return no activities."""
        return {}

    def observe(self, state: dict[str, Activity], turn: Turn) -> dict[str, Activity]:
        """Return the activities after a turn, answer by answer."""
        for experience in turn.experiences:
            arm = arm_of(experience.question, self.by)
            activity = state.setdefault(arm, Activity(self.first, deque(maxlen=self.window)))
            activity.scores.append(experience.feedback.score)
            if len(activity.scores) > 2:
                activity.weight = self.beta * activity.weight + (1 - self.beta) * progress(activity.scores)
        return state

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates by the shares of their arms."""
        activities: dict[str, Activity] = context.state
        arms = list(grouped(candidates, self.by))
        zone = self._zone(arms, activities, context)
        weights = {arm: activities[arm].weight if arm in activities else self.first for arm in zone}
        total = sum(weights.values())
        shares, why = dict.fromkeys(arms, 0.0), dict.fromkeys(arms, "outside the zone")
        for arm, weight in weights.items():
            rise = weight / total if total > 0 else 1 / len(zone)
            shares[arm] = (1 - self.gamma) * rise + self.gamma / len(zone)
            why[arm] = f"in the zone, weight {weight:.3f} by its recent rise in accuracy"
        return allot(candidates, k, shares, why, self.by, context)

    def _zone(self, arms: Sequence[str], activities: dict[str, Activity], context: Context) -> list[str]:
        """Return the arms that are open and not mastered, or all."""
        all_arms = set(arms) | set(activities)
        unknown = Activity(self.first, deque())

        def open_(arm: str) -> bool:
            prerequisites = [before for before in context.prerequisites.get(arm, ()) if before in all_arms]
            return all(
                activities.get(before, unknown).success(self.window // 2) > self.open_at for before in prerequisites
            )

        def mastered(arm: str) -> bool:
            activity = activities.get(arm, unknown)
            return len(activity.scores) >= self.window and activity.success(self.window) > self.mastered_at

        return [arm for arm in arms if open_(arm) and not mastered(arm)] or list(arms)


def progress(scores: Sequence[float]) -> float:
    """Return how much higher the newer half of the scores is than the older, where it is."""
    half = len(scores) // 2
    row = list(scores)
    return max(0.0, fmean(row[-half:]) - fmean(row[:-half]))
