"""GRPO on a cohort: all slots sample in one call, a group is one tree, and the loop trains."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from simulation.core.packing import Tree
from simulation.core.roles import Learner
from simulation.core.seeding import draw_seed
from simulation.core.types import Completion, Experience, Request, Update
from training.cohort.loop import Batch, Example, Readings
from training.cohort.losses import divergence, group_advantages, group_relative
from training.cohort.updates import Material, updates
from training.recipe import Given

if TYPE_CHECKING:
    from training.grpo import GRPO


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """What one slot sampled: B questions, K answers each; a question that could not be answered is left out."""

    experiences: Sequence[Experience]
    completions: Sequence[Sequence[Completion]]
    rewards_BK: Tensor
    failed: int
    """How many questions were left out."""


def update(settings: "GRPO", given: Given) -> dict[str, Update]:
    """Sample, judge and train every slot."""

    def loss(batch: Batch) -> Tensor:
        return group_relative(
            batch.logprobs_SBKT,
            batch.reference_SBKT,
            batch.reference_SBKT,
            batch.valid_SBKT,
            batch.advantages_SBK,
            beta=settings.beta,
            epsilon=settings.epsilon,
            normalisation=settings.normalisation,
            max_tokens=settings.max_tokens,
        )

    material = {
        slot: Material(examples=group_examples(settings, given.model, groups), counts=group_counts(groups))
        for slot, groups in sample(settings, given).items()
    }
    return updates(settings, given, material, loss, divergence_metrics)


def sample(settings: "GRPO", given: Given) -> dict[str, Groups]:
    """Let every slot answer its questions several times, in one call over all slots, and have the answers judged."""
    requests = [
        Request(
            slot=slot,
            prompt=experience.answer.prompt,
            max_tokens=settings.max_tokens,
            temperature=1.0,
            seed=draw_seed(given.generators[slot]),
        )
        for slot, experiences in given.batches.items()
        for experience in experiences
        for _ in range(settings.samples)
    ]
    written = iter(given.model.generate(requests))
    return {slot: judged(settings, given, slot, written) for slot in given.batches}


def judged(settings: "GRPO", given: Given, slot: str, written: Iterator[Completion]) -> Groups:
    """Take what one slot wrote and have it judged."""
    sampled = [(each, [next(written) for _ in range(settings.samples)]) for each in given.batches[slot]]
    kept = [(each, answers) for each, answers in sampled if not any(map(unable, answers))]
    flat = [answer for _, answers in kept for answer in answers]
    questions = [each.question for each, answers in kept for _ in answers]
    feedback = given.mark(slot, questions, flat, seeds=[draw_seed(given.generators[slot]) for _ in flat])
    rewards = torch.tensor([said.score for said in feedback], dtype=torch.float64)
    return Groups(
        experiences=[each for each, _ in kept],
        completions=[answers for _, answers in kept],
        rewards_BK=rewards.reshape(-1, settings.samples),
        failed=len(sampled) - len(kept),
    )


def unable(completion: Completion) -> bool:
    """Tell whether the model could not answer at all, as when a prompt is too long."""
    return completion.stop.startswith("error")


def group_examples(settings: "GRPO", model: Learner, groups: Groups) -> list[Example]:
    """Return one tree a group; answers cut off at `max_tokens` do not end with the end-of-text token."""
    if not groups.completions:
        return []
    advantages_BK = group_advantages(groups.rewards_BK, scale=settings.scale_rewards)
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


def divergence_metrics(before: Readings, after: Readings) -> dict[str, float]:
    """Return how far the update moved from the reference, nats a token."""
    moved_NKT = divergence(after.logprobs_NKT, before.logprobs_NKT) * after.valid_NKT
    return {"kl": float(moved_NKT.sum() / after.valid_NKT.sum())}
