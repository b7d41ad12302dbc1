"""GRPO's groups: all slots sample in one call, judges score the answers, and a group becomes one tree."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from simulation.core.calls import Completion, Request
from simulation.core.packing import Tree
from simulation.core.roles import SampleJudge, Trainable
from simulation.core.seeding import draw_seed
from simulation.core.types import Experience
from training.cohort.losses import group_advantages
from training.lessons import Example, Examples


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """How answers are sampled and their rewards compared."""

    samples: int
    """Answers a group."""
    max_tokens: int
    """The longest answer sampled, in tokens."""
    scale_rewards: bool
    """Whether advantages are divided by their group's standard deviation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """What one slot sampled: B questions, K answers each; a question that could not be answered is left out."""

    experiences: Sequence[Experience]
    completions: Sequence[Sequence[Completion]]
    rewards_BK: Tensor
    failed: int
    """How many questions were left out."""


def group_examples(
    model: Trainable,
    batches: Mapping[str, Sequence[Experience]],
    mark: SampleJudge,
    grouping: Grouping,
    *,
    generators: Mapping[str, np.random.Generator],
) -> dict[str, Examples]:
    """Sample answers to every slot's questions, have them judged, and return one tree a group."""
    groups = sample(model, batches, mark, grouping, generators=generators)
    return {
        slot: Examples(
            examples=group_trees(model, slot_groups, scale=grouping.scale_rewards), counts=group_counts(slot_groups)
        )
        for slot, slot_groups in groups.items()
    }


def sample(
    model: Trainable,
    batches: Mapping[str, Sequence[Experience]],
    mark: SampleJudge,
    grouping: Grouping,
    *,
    generators: Mapping[str, np.random.Generator],
) -> dict[str, Groups]:
    """Let every slot answer its questions several times, in one call over all slots, and have the answers judged."""
    requests = [
        Request(
            slot=slot,
            prompt=experience.answer.prompt,
            max_tokens=grouping.max_tokens,
            temperature=1.0,
            seed=draw_seed(generators[slot]),
        )
        for slot, experiences in batches.items()
        for experience in experiences
        for _ in range(grouping.samples)
    ]
    written = iter(model.generate(requests))
    return {
        slot: judged(slot, experiences, written, mark, grouping, generators[slot])
        for slot, experiences in batches.items()
    }


def judged(
    slot: str,
    experiences: Sequence[Experience],
    written: Iterator[Completion],
    mark: SampleJudge,
    grouping: Grouping,
    generator: np.random.Generator,
) -> Groups:
    """Take what one slot wrote and have it judged."""
    sampled = [(experience, [next(written) for _ in range(grouping.samples)]) for experience in experiences]
    able = [(experience, answers) for experience, answers in sampled if not any(map(unable, answers))]
    flat = [answer for _, answers in able for answer in answers]
    questions = [experience.question for experience, answers in able for _ in answers]
    feedback = mark(slot, questions, flat, seeds=[draw_seed(generator) for _ in flat])
    rewards = torch.tensor([verdict.score for verdict in feedback], dtype=torch.float64)
    return Groups(
        experiences=[experience for experience, _ in able],
        completions=[answers for _, answers in able],
        rewards_BK=rewards.reshape(-1, grouping.samples),
        failed=len(sampled) - len(able),
    )


def unable(completion: Completion) -> bool:
    """Tell whether the model could not answer at all, as when a prompt is too long."""
    return completion.stop.startswith("error")


def group_trees(model: Trainable, groups: Groups, *, scale: bool) -> list[Example]:
    """Return one tree a group; answers cut off at `max_tokens` do not end with the end-of-text token."""
    if not groups.completions:
        return []
    advantages_BK = group_advantages(groups.rewards_BK, scale=scale)
    examples = []
    for experience, completions, advantages_K in zip(
        groups.experiences, groups.completions, advantages_BK.tolist(), strict=True
    ):
        tree = model.encode(experience.answer.prompt, [completion.text for completion in completions])
        branches = tuple(
            branch[:-1] if completion.stop == "length" and len(branch) > 1 else branch
            for branch, completion in zip(tree.branches, completions, strict=True)
        )
        examples.append(Example(tree=Tree(prompt=tree.prompt, branches=branches), advantages=tuple(advantages_K)))
    return examples


def group_counts(groups: Groups) -> dict[str, float]:
    """Return how many samples there are and how they were rewarded."""
    flat = [completion for group in groups.completions for completion in group]
    counts = {"samples": float(len(flat)), "failed": float(groups.failed)}
    if not flat:
        return counts
    return {
        **counts,
        "reward": float(groups.rewards_BK.mean()),
        "groups_without_signal": float((groups.rewards_BK.std(1) == 0).sum()),
        "cut_off": float(sum(completion.stop == "length" for completion in flat)),
    }
