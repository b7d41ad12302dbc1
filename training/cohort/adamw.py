"""AdamW on the rows of one tensor: a row that takes no step keeps its weights and moments untouched."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from training.recipe import Decay


class RowAdamW:
    """One independent AdamW a row of `parameters_SP`, each with its own step count and gradient clipping.

    Loshchilov & Hutter (2019), arXiv 1711.05101, algorithm 2, in the form of `torch.optim.AdamW`: the decay is
    multiplied by the learning rate. Clipping is by the row's own 2-norm (Pascanu et al. 2013, arXiv 1211.5063,
    algorithm 1, with 1e-6 added to the norm as `torch.nn.utils.clip_grad_norm_` does).
    """

    def __init__(
        self,
        parameters_SP: Tensor,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
        clip: float | None = None,
    ) -> None:
        self._parameters_SP = parameters_SP
        self._betas = betas
        self._epsilon = epsilon
        self._weight_decay = weight_decay
        self._clip = clip
        self._moments: dict[int, tuple[Tensor, Tensor, int]] = {}

    @torch.no_grad()
    def step(self, rows: Sequence[int], rates: Sequence[float]) -> list[float]:
        """Update `rows` by their gradients, each at its rate, and return each gradient's 2-norm before clipping.

        A row whose gradient is not finite is left as it is; its norm says so.
        """
        gradients_SP = self._parameters_SP.grad
        if gradients_SP is None:
            raise ValueError("RowAdamW.step: the parameters have no gradient; call backward on a loss first")
        norms = torch.linalg.vector_norm(gradients_SP[list(rows)], dim=1)
        for row, norm, rate in zip(rows, norms, rates, strict=True):
            if torch.isfinite(norm):
                gradient_P = gradients_SP[row]
                if self._clip is not None:
                    gradient_P = gradient_P * (self._clip / (norm + 1e-6)).clamp(max=1.0)
                self._step_row(row, gradient_P, rate)
        return [float(norm) for norm in norms]

    def _step_row(self, row: int, gradient_P: Tensor, rate: float) -> None:
        weights_P = self._parameters_SP[row]
        if row not in self._moments:
            self._moments[row] = (torch.zeros_like(gradient_P), torch.zeros_like(gradient_P), 0)
        first_P, second_P, steps = self._moments[row]
        steps += 1
        self._moments[row] = (first_P, second_P, steps)
        decay_first, decay_second = self._betas
        first_P.lerp_(gradient_P, 1 - decay_first)
        second_P.mul_(decay_second).addcmul_(gradient_P, gradient_P, value=1 - decay_second)
        scale_P = (second_P / (1 - decay_second**steps)).sqrt_().add_(self._epsilon)
        weights_P.mul_(1 - rate * self._weight_decay)
        weights_P.addcdiv_(first_P, scale_P, value=-rate / (1 - decay_first**steps))


def scheduled_rate(highest: float, step: int, steps: int, *, warmup: int, decay: Decay) -> float:
    """Return the learning rate at a step of `steps`, counted from 0, as Hugging Face's schedules have it."""
    if step < warmup:
        return highest * (step / warmup)
    passed = (step - warmup) / max(1, steps - warmup)
    if decay == "linear":
        return highest * (1 - passed)
    return highest * (0.5 * (1 + math.cos(math.pi * passed)) if decay == "cosine" else 1.0)
