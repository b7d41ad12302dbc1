"""GRPO's groups: what each question's answers were and what they were worth, and the tree that a group becomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from simulation.core.calls import Completion
from simulation.core.packing import Tree
from simulation.core.roles import Trainable
from simulation.core.types import Experience
from training.cohort.advantages import Comparison, Reward, advantages, is_flat, prefix_advantages
from training.lessons import Example, Examples, failed, items_of

Kind = Literal["samples", "beams", "answers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Where groups come from, and how the rewards of their members are compared."""

    kind: Kind = "samples"
    samples: int
    """Answers a group."""
    max_tokens: int
    """The longest answer sampled, in tokens."""
    scale_rewards: bool
    """Whether advantages are divided by their group's standard deviation."""
    temperature: float = 1.0
    beams: int | None = None
    """How many beams a group is drawn from; None takes the likeliest."""
    reward: Reward = "score"
    comparison: Comparison = "group"
    baseline: float = 0.0
    """What rewards are reduced by where they are not compared."""
    redraw: int = 0
    """How often a group without signal is drawn again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Answers to one question, and what each was worth."""

    experience: Experience
    completions: Sequence[Completion]
    rewards: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """What one slot trains on; what could not become a group is left out and counted."""

    groups: Sequence[Group]
    counts: Mapping[str, float]
    """How many questions were left out by the reason, and how many were drawn again."""


def slate(experiences: Sequence[Experience]) -> Groups:
    """Return the lists that were answered as groups: their items, each with the score that came of it when shown.

    Nothing is sampled and nothing judged again. An item of which nothing came is no member, and a list with fewer than
    two members is left out and counted.
    """
    groups, counts = [], {"failed": 0.0, "without_outcomes": 0.0}
    for experience in experiences:
        scores: dict[str, float] = {}
        for outcome in experience.feedback.outcomes:
            scores.setdefault(outcome.part, outcome.score)
        shown = [item for item in items_of(experience) or () if item in scores]
        if failed(experience):
            counts["failed"] += 1
        elif len(shown) < 2:
            counts["without_outcomes"] += 1
        else:
            groups.append(
                Group(
                    experience=experience,
                    completions=[Completion(text=item) for item in shown],
                    rewards=tuple(scores[item] for item in shown),
                )
            )
    return Groups(groups=groups, counts=counts)


def group_trees(model: Trainable, groups: Sequence[Group], grouping: Grouping) -> list[Example]:
    """Return one tree a group, of the tokens that were written where the model tells them, else of their text.

    Answers cut off at `max_tokens` do not end with the end-of-text token.
    """
    trees = [group_tree(model, group) for group in groups]
    compared = compare([tree.branches for tree in trees], [group.rewards for group in groups], grouping)
    return [Example(tree=tree, advantages=values) for tree, values in zip(trees, compared, strict=True)]


def group_tree(model: Trainable, group: Group) -> Tree:
    """Return the answers of a group behind their prompt."""
    prompt, members = group.experience.answer.prompt, group.completions
    if all(completion.ids for completion in members):
        return Tree(prompt=model.encode(prompt, ()).prompt, branches=tuple(completion.ids for completion in members))
    cut = [place for place, completion in enumerate(members) if completion.stop == "length"]
    return model.encode(prompt, [completion.text for completion in members], cut)


def compare(
    branches_by_group: Sequence[Sequence[tuple[int, ...]]],
    rewards_by_group: Sequence[Sequence[float]],
    grouping: Grouping,
) -> list[tuple[tuple[float, ...], ...]]:
    """Return each group's advantages, of each member one for all its tokens or one a token."""
    scale = grouping.scale_rewards
    if grouping.comparison == "prefix":
        pairs = zip(branches_by_group, rewards_by_group, strict=True)
        return [prefix_advantages(branches, rewards, scale=scale) for branches, rewards in pairs]
    if grouping.comparison == "none":
        return [tuple((reward - grouping.baseline,) for reward in rewards) for rewards in rewards_by_group]
    return [tuple((value,) for value in row) for row in advantages(rewards_by_group, scale=scale)]


def examples_of(model: Trainable, groups: Groups, grouping: Grouping) -> Examples:
    """Return what one slot trains on, and what is reported of its groups."""
    return Examples(examples=group_trees(model, groups.groups, grouping), counts=group_counts(groups, grouping.kind))


def group_counts(groups: Groups, kind: Kind) -> dict[str, float]:
    """Return how many members groups have and how they were rewarded."""
    members = [completion for group in groups.groups for completion in group.completions]
    counts = {"items" if kind == "answers" else "samples": float(len(members)), **groups.counts}
    if not members:
        return counts
    rewards = [reward for group in groups.groups for reward in group.rewards]
    return {
        **counts,
        "reward": float(torch.tensor(rewards, dtype=torch.float64).mean()),
        "groups_without_signal": float(sum(is_flat(group.rewards) for group in groups.groups)),
        "cut_off": float(sum(completion.stop == "length" for completion in members)),
    }
