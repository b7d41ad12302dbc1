"""Blocks of a model whose inside is computed again for its gradients, instead of being kept until then.

Chen et al. (2016), "Training Deep Nets with Sublinear Memory Cost", arXiv 1604.06174, section 4, with one block a
segment. What is kept of a block is what goes into it, and which slots were at work when it ran.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint
from transformers.modeling_layers import GradientCheckpointingLayer

from agents.models.attention import attending, named
from agents.models.objectives import called_by
from agents.models.slots import Adapters
from simulation.core.errors import ModelError


@contextmanager
def recomputed(module: nn.Module, adapters: Adapters) -> Iterator[None]:
    """Let every block of a model keep no more than its inputs; gradients are to be asked for within."""
    blocks = [layer for layer in module.modules() if isinstance(layer, GradientCheckpointingLayer)]
    if not blocks:
        raise ModelError(
            f"{type(module).__name__} has no blocks that could be computed again; set learn.trainer.checkpointing to "
            "false"
        )
    with ExitStack() as calls:
        for block in blocks:
            calls.enter_context(called_by(block, partial(run, block.forward, module, adapters)))
        yield


def run(forward: Callable[..., Any], module: nn.Module, adapters: Adapters, *inputs: Any, **settings: Any) -> Any:
    """Return what a block makes of its inputs, now and again for its gradients (Any: each architecture's own)."""
    seating, attention = adapters.seating, named(module)
    if seating is None or not torch.is_grad_enabled():
        return forward(*inputs, **settings)

    def again(*inputs: Any, **settings: Any) -> Any:
        # the seats and the attention of then are gone when gradients are asked for
        seated = adapters.again(seating, rows=seating.rows, columns=seating.columns)
        with seated, attending(module, attention):
            return forward(*inputs, **settings)

    return checkpoint(again, *inputs, use_reentrant=False, preserve_rng_state=False, **settings)
