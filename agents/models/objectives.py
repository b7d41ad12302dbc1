"""Log-probabilities of tokens whose gradient is that of a named objective, in closed form.

With scores z of the whole vocabulary, the token y and p = softmax(z), the value is log p_y under every objective, so
that curves can be compared. The gradient, by z, is that of -loss. Every loss here takes probability from where it lies
and gives it to y: its gradient is u - (sum of u) · onehot(y) for a vector u ≥ 0 over the vocabulary, so that a further
loss is one function that returns u, and one name in `MASSES`.

The output head is applied to some tokens at a time, so that no array of all tokens by the vocabulary exists. What
follows a model's last features (the head, and whatever scales or caps its scores) is had by calling the model itself
with its body set aside. Where a slot may change none of it, what the gradient makes of a token's features is computed
at once and kept, which is as long as the features; else the scores are made again in the backward pass (Chen et al.
2016, "Training Deep Nets with Sublinear Memory Cost", arXiv 1604.06174).
Axes: G slots, R rows, C columns or tokens at a time, M = R·C, N tokens asked for, of all or of a slot, D features,
V vocabulary.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.autograd.graph import get_gradient_edge
from torch.utils.checkpoint import checkpoint
from transformers.modeling_outputs import BaseModelOutput

from agents.models.slots import Adapters
from simulation.core.objectives import Objective

Mass = Callable[[Tensor, Tensor, float], Tensor]
"""Returns `mass_NV` from `logprobs_NV`, which it may overwrite, the tokens' own `logprobs_N1`, and beta."""

TOKENS = 64
"""Tokens whose scores are held at once."""
FEW_SCORES = 2**19
"""So many scores may be held at once however many tokens they are of: they stay in a core's cache."""
STEEPNESS = 0.01
"""Of the logistic function in `logsigmoid`, a nat, as Li et al. chose it."""


def likelihood(logprobs_NV: Tensor, own_N1: Tensor, beta: float) -> Tensor:
    """Return the u of cross-entropy, the probabilities."""
    del own_N1, beta
    return logprobs_NV.exp_()


def linear(logprobs_NV: Tensor, own_N1: Tensor, beta: float) -> Tensor:
    """Return the u of GEM with a linear link: q = softmax(z / beta).

    Li et al. (2025), "Preserving Diversity in Supervised Fine-Tuning of Large Language Models", arXiv 2408.16673:
    the loss is -(sum over v of q_v · (log p_y - log p_v)) with q held fixed. Unchanged.
    """
    del own_N1
    return logprobs_NV.div_(beta).softmax(-1)


def logsigmoid(logprobs_NV: Tensor, own_N1: Tensor, beta: float) -> Tensor:
    """Return the u of GEM with a log-sigmoid link: q ⊙ w, w_v = sigmoid(0.01 · (z_v - z_y)), both held fixed.

    Li et al. (2025), arXiv 2408.16673; unchanged. Of two scores of -inf the difference counts as 0.
    """
    weights_NV = (logprobs_NV - own_N1).mul_(STEEPNESS).sigmoid_().nan_to_num_(nan=0.5)
    return weights_NV.mul_(linear(logprobs_NV, own_N1, beta))


MASSES: Mapping[str, Mass] = {"cross_entropy": likelihood, "gem_linear": linear, "gem_logsigmoid": logsigmoid}


def target_logprobs(logits_NV: Tensor, targets_N: Tensor, objective: Objective) -> Tensor:
    """Return the log-probability, nats, of each target, with the gradient of the objective."""
    logprob_N: Tensor = TargetLogprobs.apply(logits_NV, targets_N, objective)  # type: ignore[no-untyped-call]
    return logprob_N


class TargetLogprobs(torch.autograd.Function):
    """`target_logprobs`, differentiable once in the logits."""

    @staticmethod
    def forward(ctx: Any, logits_NV: Tensor, targets_N: Tensor, objective: Objective) -> Tensor:
        logprobs_NV = logits_NV.log_softmax(-1)
        ctx.save_for_backward(logprobs_NV, targets_N)
        ctx.objective = objective
        return logprobs_NV.gather(-1, targets_N.unsqueeze(-1)).squeeze(-1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient_N: Tensor) -> tuple[Tensor | None, ...]:
        logprobs_NV, targets_N = ctx.saved_tensors
        pull_NV = pulls(logprobs_NV.clone(), targets_N.unsqueeze(-1), ctx.objective)
        return pull_NV.mul_(gradient_N.unsqueeze(-1)), None, None


def pulls(logprobs_NV: Tensor, targets_N1: Tensor, objective: Objective) -> Tensor:
    """Return the gradient by the logits of -loss of each token, (sum of u) · onehot - u; overwrites `logprobs_NV`."""
    own_N1 = logprobs_NV.gather(-1, targets_N1)
    mass_NV = MASSES[objective.name](logprobs_NV, own_N1, objective.beta)
    total_N1 = mass_NV.sum(-1, keepdim=True)
    return mass_NV.neg_().scatter_add_(-1, targets_N1, total_N1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Tokens whose log-probabilities are asked for."""

    features_MD: Tensor
    """The last features of a whole batch, row after row."""
    places_N: Tensor
    """Where among them the features before each token are."""
    targets_N: Tensor


def vocabulary(module: nn.Module) -> int:
    """Return the number of tokens that a model tells apart."""
    size: int = module.config.get_text_config().vocab_size  # type: ignore[union-attr,operator]
    return size


def at_once(vocabulary: int) -> int:
    """Return for how many tokens the head is applied at a time."""
    return max(TOKENS, FEW_SCORES // vocabulary)


class OutputHead:
    """What turns a model's last features into the scores of all tokens."""

    def __init__(self, module: Any) -> None:
        """Take a transformers model (Any: typed as nn.Module)."""
        self._module = module
        self._body: nn.Module = module.base_model
        self._answer: Any = BaseModelOutput  # the kind of output that this body gives

    def features(self, **inputs: Any) -> Tensor:
        """Return the last features of all tokens (Any: tensors and settings, as the model takes them)."""
        out = self._body(**inputs, use_cache=False)
        self._answer = type(out)
        features_RLD: Tensor = out[0]
        return features_RLD

    def __call__(self, features_RCD: Tensor) -> Tensor:
        """Return the logits of features, at least float32."""
        answer = self._answer(last_hidden_state=features_RCD)
        tokens_RC = torch.zeros(features_RCD.shape[:2], dtype=torch.int64, device=features_RCD.device)
        with called_by(self._body, lambda *_, **__: answer):
            logits_RCV: Tensor = self._module(input_ids=tokens_RC, use_cache=False).logits
        return exact(logits_RCV)


def exact(logits: Tensor) -> Tensor:
    """Return logits in single precision at least."""
    return logits if logits.dtype == torch.float64 else logits.float()


def with_slope(head: OutputHead, features_CD: Tensor, targets_C: Tensor, objective: Objective) -> tuple[Tensor, Tensor]:
    """Return the log-probability `logprob_C` of each target, and the gradient `slope_CD` that its features get."""
    leaf_CD = features_CD.detach().requires_grad_()
    with torch.enable_grad():
        logits_CV = head(leaf_CD.unsqueeze(0))[0]
    edge, logprobs_CV = get_gradient_edge(logits_CV), logits_CV.detach().log_softmax(-1)
    del logits_CV  # of a large vocabulary it is what takes memory
    targets_C1 = targets_C.unsqueeze(-1)
    logprob_C = logprobs_CV.gather(-1, targets_C1).squeeze(-1)
    [slope_CD] = torch.autograd.grad(edge, leaf_CD, pulls(logprobs_CV, targets_C1, objective))
    return logprob_C, slope_CD


class FrozenHead(torch.autograd.Function):
    """Log-probabilities of targets through a head that has no gradients of its own."""

    @staticmethod
    def forward(
        ctx: Any, features_ND: Tensor, head: OutputHead, targets_N: Tensor, objective: Objective, size: int
    ) -> Tensor:
        parts = zip(features_ND.split(size), targets_N.split(size), strict=True)  # type: ignore[no-untyped-call]
        if not ctx.needs_input_grad[0]:
            return torch.cat(
                [target_logprobs(head(part_CD.unsqueeze(0))[0], targets_C, objective) for part_CD, targets_C in parts]
            )
        logprobs, slopes = zip(*(with_slope(head, *part, objective) for part in parts), strict=True)
        ctx.save_for_backward(torch.cat(slopes))
        return torch.cat(logprobs)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient_N: Tensor) -> tuple[Tensor | None, ...]:
        (slope_ND,) = ctx.saved_tensors
        return slope_ND * gradient_N.unsqueeze(-1).to(slope_ND.dtype), None, None, None, None


def frozen_logprobs(head: OutputHead, asked: Asked, objective: Objective, size: int) -> Tensor:
    """Return the log-probability `logprob_N`, nats, of each target, `size` tokens at a time."""
    features_ND = asked.features_MD.index_select(0, asked.places_N)
    logprob_N: Tensor = FrozenHead.apply(  # type: ignore[no-untyped-call]
        features_ND, head, asked.targets_N, objective, size
    )
    return logprob_N


def trained_logprobs(
    head: OutputHead, asked: Asked, rows_N: NDArray[np.int64], adapters: Adapters, objective: Objective, size: int
) -> Tensor:
    """Return the same where the seated slots hold some of the head themselves; `rows_N` are ascending."""
    seating = adapters.seating
    assert seating is not None, "a head that slots hold is used while they are seated"

    def scored(features_GCD: Tensor, targets_GC: Tensor) -> Tensor:
        slots, tokens = targets_GC.shape
        with adapters.again(seating, rows=slots, columns=tokens):
            logits_NV = head(features_GCD).flatten(0, 1)
        return target_logprobs(logits_NV, targets_GC.flatten(), objective).view(slots, tokens)

    owners_N = rows_N * seating.slots // seating.rows
    counts_G = np.bincount(owners_N, minlength=seating.slots)
    order_N = np.arange(len(owners_N)) - (counts_G.cumsum() - counts_G)[owners_N]
    at = tuple(torch.from_numpy(numbers_N).to(asked.places_N.device) for numbers_N in (owners_N, order_N))
    shape = (seating.slots, int(counts_G.max()))
    places_GN, targets_GN = (
        numbers_N.new_zeros(shape).index_put(at, numbers_N) for numbers_N in (asked.places_N, asked.targets_N)
    )
    features_GND = asked.features_MD.index_select(0, places_GN.flatten()).view(*shape, -1)
    each_slot = max(1, size // seating.slots)
    parts = list(zip(features_GND.split(each_slot, 1), targets_GN.split(each_slot, 1), strict=True))  # type: ignore[no-untyped-call]
    if len(parts) == 1 or not torch.is_grad_enabled():
        return torch.cat([scored(*part) for part in parts], dim=1)[at]
    remade: list[Any] = [checkpoint(scored, *part, use_reentrant=False, preserve_rng_state=False) for part in parts]
    return torch.cat(remade, dim=1)[at]


@contextmanager
def called_by(module: nn.Module, forward: Callable[..., Any]) -> Iterator[None]:
    """Let this stand in for a module's own forward pass (Any: what it returns)."""
    before = vars(module).get("forward")
    vars(module)["forward"] = forward
    try:
        yield
    finally:
        if before is None:
            del vars(module)["forward"]
        else:
            vars(module)["forward"] = before
