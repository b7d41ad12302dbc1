"""The losses as pure functions of token log-probabilities, one a slot, so that no slot touches another; their effects.

Axes: S slots, B examples a slot, K branches an example (answers to one prompt), T tokens a branch. Log-probabilities
are in nats and 0 where `valid_SBKT` is False; slots with fewer examples are padded with rows that hold no valid token.
A step may be computed in several parts, whose losses add up to that of the whole: what is averaged is divided by what
`lengths_SBK` says of the whole step, the tokens of every branch, 0 where there is none.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from math import isfinite
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from simulation.core.types import LessonEffect
from training.lessons import Example

CHOSEN, REJECTED = 0, 1
"""The branches of a preference pair."""

Normalisation = Literal["grpo", "dapo", "dr_grpo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a loss sees: one batch of every slot, or a part of it."""

    logprobs_SBKT: Tensor
    sampled_SBKT: Tensor
    """Of the policy at the start of the update."""
    reference_SBKT: Tensor
    """Of the reference model, which is the same unless a trainer says otherwise."""
    valid_SBKT: Tensor
    advantages_SBKT: Tensor
    lengths_SBK: Tensor
    """Tokens of every branch of the whole step, whole numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """One slot's log-probabilities, nats: N examples, K branches, T tokens, padded with zeros."""

    logprobs_NKT: Tensor
    valid_NKT: Tensor

    def branch(self, branch: int) -> Tensor:
        """Return `logprob_N`, summed over the tokens of one branch."""
        return self.logprobs_NKT[:, branch].sum(-1)


def margins(logprobs_SBKT: Tensor, reference_SBKT: Tensor) -> Tensor:
    """Return `margin_SB`, nats: by how much the policy prefers chosen to rejected more than the reference does."""
    ratio_SBK = (logprobs_SBKT - reference_SBKT).sum(-1)
    return ratio_SBK[..., CHOSEN] - ratio_SBK[..., REJECTED]


def preference(
    logprobs_SBKT: Tensor,
    reference_SBKT: Tensor,
    valid_SBKT: Tensor,
    lengths_SBK: Tensor,
    *,
    beta: float,
    nll_weight: float,
) -> Tensor:
    """Return DPO's `loss_S`, plus `nll_weight` times the negative log-likelihood of the chosen answers.

    Rafailov et al. (2023), arXiv 2305.18290, equation 7, averaged over a slot's pairs. The likelihood term is that of
    Pang et al. (2024), arXiv 2404.19733, equation 1; changed: the mean is over all chosen tokens of the batch, not
    over each answer's first, as in TRL's `loss_type=["sigmoid", "sft"]`.
    """
    present_SB = valid_SBKT[:, :, CHOSEN].any(-1)
    losses_SB = -logsigmoid(beta * margins(logprobs_SBKT, reference_SBKT)) * present_SB
    loss_S = losses_SB.sum(1) / (lengths_SBK[:, :, CHOSEN] > 0).sum(1).clamp(min=1)
    if nll_weight == 0:
        return loss_S
    chosen = slice(CHOSEN, CHOSEN + 1)
    return loss_S + nll_weight * likelihood(logprobs_SBKT[:, :, chosen], lengths_SBK[:, :, chosen])


def likelihood(logprobs_SBKT: Tensor, lengths_SBK: Tensor) -> Tensor:
    """Return the cross-entropy `loss_S` of the branches: the mean over a slot's answer tokens, prompts excluded.

    Maximum likelihood with teacher forcing, as the supervised stage of Ouyang et al. (2022), arXiv 2203.02155,
    section 3.5; unchanged.
    """
    return -logprobs_SBKT.sum((1, 2, 3)) / lengths_SBK.sum((1, 2)).clamp(min=1)


def divergence(logprobs_SBKT: Tensor, reference_SBKT: Tensor) -> Tensor:
    """Return the per-token estimate `kl_SBKT` >= 0 of KL(policy || reference), nats: r - log r - 1.

    Shao et al. (2024), arXiv 2402.03300, equation 4 ("k3" of Schulman 2020); 0 at padding.
    """
    log_ratio = reference_SBKT - logprobs_SBKT
    return torch.exp(log_ratio) - log_ratio - 1


def group_relative(
    logprobs_SBKT: Tensor,
    sampled_SBKT: Tensor,
    reference_SBKT: Tensor,
    valid_SBKT: Tensor,
    advantages_SBKT: Tensor,
    lengths_SBK: Tensor,
    *,
    beta: float,
    epsilon: float,
    normalisation: Normalisation = "grpo",
    max_tokens: int,
) -> Tensor:
    """Return GRPO's `loss_S`: the clipped policy gradient with group advantages, plus `beta` times the KL estimate.

    Shao et al. (2024), arXiv 2402.03300, equation 3; `sampled_SBKT` are the log-probabilities of the policy that wrote
    the answers; an advantage of a whole answer is repeated for each of its tokens. `normalisation` says how tokens are
    averaged: "grpo" over each answer and then over answers (as the paper), "dapo" over all tokens of the batch (Yu et
    al. 2025, arXiv 2503.14476, section 3.3), "dr_grpo" by the constant `max_tokens` an answer (Liu et al. 2025, arXiv
    2503.20783, section 3.2). As in TRL 1.16, the KL term is averaged in the same way, and each token of it is
    multiplied by its probability ratio, which makes its gradient that of the divergence from the reference (DeepSeek-AI
    2025, arXiv 2512.02556).
    """
    ratio_SBKT = torch.exp(logprobs_SBKT - sampled_SBKT)
    clipped_SBKT = ratio_SBKT.clamp(1 - epsilon, 1 + epsilon)
    losses_SBKT = -torch.minimum(ratio_SBKT * advantages_SBKT, clipped_SBKT * advantages_SBKT)
    if beta:
        losses_SBKT = losses_SBKT + beta * ratio_SBKT * divergence(logprobs_SBKT, reference_SBKT)
    losses_SBKT = losses_SBKT * valid_SBKT
    answers_S = (lengths_SBK > 0).sum((1, 2)).clamp(min=1)
    if normalisation == "grpo":
        return (losses_SBKT.sum(-1) / valid_SBKT.sum(-1).clamp(min=1)).sum((1, 2)) / answers_S
    if normalisation == "dapo":
        return losses_SBKT.sum((1, 2, 3)) / lengths_SBK.sum((1, 2)).clamp(min=1)
    return losses_SBKT.sum((1, 2, 3)) / (answers_S * max_tokens)


def preference_metrics(before: Readings, after: Readings, *, beta: float) -> dict[str, float]:
    """Return how the log-probabilities (nats, mean over pairs) and DPO's implicit rewards moved."""
    margin_N = beta * margins(after.logprobs_NKT, before.logprobs_NKT)
    return {
        "chosen_logprob_before": float(before.branch(CHOSEN).mean()),
        "chosen_logprob_after": float(after.branch(CHOSEN).mean()),
        "rejected_logprob_before": float(before.branch(REJECTED).mean()),
        "rejected_logprob_after": float(after.branch(REJECTED).mean()),
        "reward_margin": float(margin_N.mean()),
        "reward_accuracy": float((margin_N > 0).double().mean()),
    }


def imitation_metrics(before: Readings, after: Readings) -> dict[str, float]:
    """Return how the log-probability of the demonstrations moved, nats, mean over answers."""
    return {
        "logprob_before": float(before.branch(0).mean()),
        "logprob_after": float(after.branch(0).mean()),
    }


def divergence_metrics(before: Readings, after: Readings) -> dict[str, float]:
    """Return how far the update moved from the reference, nats a token."""
    moved_NKT = divergence(after.logprobs_NKT, before.logprobs_NKT) * after.valid_NKT
    return {"kl": float(moved_NKT.sum() / after.valid_NKT.sum())}


def lesson_effects(examples: Sequence[Example], before: Readings, after: Readings) -> tuple[LessonEffect, ...]:
    """Return the effect on each example's lesson, in order; one with a number that is not finite is left out.

    The first branch of an example is the text that was taught, a second one the text that was rejected. An example
    that names no lesson, such as a group of samples, has no effect.
    """
    before_NK, after_NK = (readings.logprobs_NKT.double().sum(-1).tolist() for readings in (before, after))
    effects = (
        effect_on(example.lesson, before_NK[row], after_NK[row], rejects=len(example.tree.branches) > REJECTED)
        for row, example in enumerate(examples)
        if example.lesson is not None
    )
    return tuple(moved for moved in effects if all(value is None or isfinite(value) for value in astuple(moved)))


def effect_on(lesson: int, before_K: Sequence[float], after_K: Sequence[float], *, rejects: bool) -> LessonEffect:
    """Return the effect on one lesson from the sums of its branches."""
    return LessonEffect(
        lesson=lesson,
        taught_before=before_K[CHOSEN],
        taught_after=after_K[CHOSEN],
        rejected_before=before_K[REJECTED] if rejects else None,
        rejected_after=after_K[REJECTED] if rejects else None,
    )
