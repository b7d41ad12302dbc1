"""Skips what has long been all right or all wrong: GRPO with efficient selective rollout.

Zheng et al. 2025, "Act Only When It Pays: Efficient Reinforcement Learning for LLM Reasoning via Selective Rollouts",
arXiv 2506.02177, with the settings of the authors' code: a prompt whose last z groups of answers all had the same score
is skipped with probability 1 - p^z, where p differs for all right and all wrong and moves by 0.01 towards a wanted
share of such groups (1/12 all right, 1/6 all wrong); a prompt is kept with probability 0.01 at least. We changed what a
group is: a question is asked once a turn and rarely comes again, so a group is G successive answers to questions of one
skill. `by: question` with `samples: 1` counts how often a question itself was answered right, or wrong, in a row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from policies.parts.practice import By, unit
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection, Turn

Kind = Literal["easy", "hard", "mixed"]
FLOOR = 0.01
"""A candidate is kept with this probability at least."""
BOUNDS = (0.05, 0.95)
"""Between which the bases of the keep probabilities stay, as in the authors' code."""


@dataclass(slots=True)
class Streak:
    """What is known of one item: answers of the group that is not yet full, and the groups alike before it."""

    group: list[float] = field(default_factory=list)
    kind: Kind = "mixed"
    """Of the last full group: "easy" where all were right, "hard" where all were wrong."""
    length: int = 0
    """How many groups in a row were of this kind; 0 for "mixed"."""


@dataclass(slots=True)
class Skipping:
    """The state: streaks by item and the bases of the keep probabilities."""

    streaks: dict[str, Streak]
    bases: dict[str, float]


@question_policy("greso")
class Greso:
    """Skips a candidate with probability 1 - p^z, z being how many groups of its item were all right or all wrong.

    Candidates are looked at in random order; where too few are kept, those skipped fill up in that order. The
    propensity has no closed form.
    """

    by: By = "skill"
    """What groups are kept for."""
    samples: Annotated[int, Field(ge=1, le=1000)] = 4
    """How many answers make a group (G); the paper samples 8 of one prompt."""
    base: Annotated[float, Field(ge=BOUNDS[0], le=BOUNDS[1])] = 0.5
    """p at first, for both kinds."""
    easy_share: Annotated[float, Field(ge=0, le=1)] = 1 / 12
    """The wanted share of groups that are all right; where there are more, p falls and more is skipped."""
    hard_share: Annotated[float, Field(ge=0, le=1)] = 1 / 6
    """The wanted share of groups that are all wrong."""
    step: Annotated[float, Field(ge=0, le=1)] = 0.01
    """By how much p moves after a turn with full groups."""

    needs: ClassVar[frozenset[str]] = frozenset()

    def begin(self) -> Skipping:
        """Return no streaks."""
        return Skipping(streaks={}, bases={"easy": self.base, "hard": self.base})

    def observe(self, state: Skipping, turn: Turn) -> Skipping:
        """Return the streaks and bases after a turn."""
        full: list[Kind] = []
        for experience in turn.experiences:
            streak = state.streaks.setdefault(unit(experience.question, self.by), Streak())
            streak.group.append(experience.feedback.score)
            if len(streak.group) == self.samples:
                kind = kind_of(streak.group)
                streak.length = 0 if kind == "mixed" else streak.length + 1 if kind == streak.kind else 1
                streak.kind = kind
                streak.group = []
                full.append(kind)
        for kind, share in (("easy", self.easy_share), ("hard", self.hard_share)):
            if full:
                change = -self.step if full.count(kind) / len(full) >= share else self.step
                state.bases[kind] = min(BOUNDS[1], max(BOUNDS[0], state.bases[kind] + change))
        return state

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates, those kept before those skipped."""
        state: Skipping = context.state
        streaks = [state.streaks.get(unit(question, self.by), Streak()) for question in candidates]
        keep_probabilities = [
            max(FLOOR, state.bases[streak.kind] ** streak.length) if streak.length else 1.0 for streak in streaks
        ]
        order = [int(index) for index in context.generator.permutation(len(candidates))]
        is_kept = context.generator.random(len(candidates)) < keep_probabilities
        ranked = [index for index in order if is_kept[index]] + [index for index in order if not is_kept[index]]
        return [
            Selection(
                item=candidates[index],
                score=keep_probabilities[index],
                reason=f"{summary_of(streaks[index])}: kept with probability {keep_probabilities[index]:.2f}"
                + ("" if is_kept[index] else "; was skipped, but fills a place"),
            )
            for index in ranked[:k]
        ]


def kind_of(scores: Sequence[float]) -> Kind:
    """Say whether a group is all right, all wrong, or neither."""
    if all(score >= 1.0 for score in scores):
        return "easy"
    return "hard" if all(score <= 0.0 for score in scores) else "mixed"


def summary_of(streak: Streak) -> str:
    """Say what is known of an item."""
    if not streak.length:
        return "no streak"
    return (
        f"{streak.length} group{'s' * (streak.length > 1)} in a row all {'right' if streak.kind == 'easy' else 'wrong'}"
    )
