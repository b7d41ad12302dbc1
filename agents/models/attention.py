"""Attention for calls that torch's fused kernel takes longer for than it must, on a CPU.

One new token a row, in decoding: the kernel is made for many queries; with one a row it takes 1.4 times as long as two
batched products, and they take half their time again where the keys of a feature lie side by side, not the features of
a key (measured: 64 and 96 rows of 41 keys, 4 heads of 32 features). In 16 bits the kernel is the faster one there,
three times (64 rows of 80 keys, 9 heads of 64 features, on a processor with AMX).

Short texts in 16 bits, in training: the same kernel in float32, casts included, takes .4 of the time for 32 and 64
tokens, .55 for 128, .9 for 200, and more than 1 from 256 on (forward and backward, 9 heads of 64 features, on a
processor with AMX). Axes: M rows, H heads, K heads of keys, L keys, D features.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

ONE_TOKEN, SHORT = "one_token", "short_texts"
MOST_COLUMNS = 200
"""The longest texts that are short."""


def one_token(
    module: nn.Module,
    query_MHLD: Tensor,
    key_MKLD: Tensor,
    value_MKLD: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    **settings: Any,
) -> tuple[Tensor, None]:
    """Return what transformers' `sdpa` attention returns; Any: the settings of all architectures."""
    rows, heads, tokens, features = query_MHLD.shape
    if tokens > 1 or settings.get("position_bias") is not None:
        output_and_weights: tuple[Tensor, None] = sdpa_attention_forward(
            module, query_MHLD, key_MKLD, value_MKLD, attention_mask, scaling=scaling, **settings
        )
        return output_and_weights
    scaled_MHLD = query_MHLD * (features**-0.5 if scaling is None else scaling)
    key_heads = key_MKLD.shape[1]
    scores = torch.bmm(
        scaled_MHLD.reshape(rows * key_heads, heads // key_heads, features), key_MKLD.flatten(0, 1).transpose(1, 2)
    )
    if attention_mask is not None:
        scores = (scores.view(rows, heads, 1, -1) + attention_mask).view_as(scores)
    return torch.bmm(scores.softmax(-1), value_MKLD.flatten(0, 1)).view(rows, 1, heads, -1), None


def short_texts(
    module: nn.Module,
    query_MHLD: Tensor,
    key_MKLD: Tensor,
    value_MKLD: Tensor,
    attention_mask: Tensor | None,
    **settings: Any,
) -> tuple[Tensor, None]:
    """Return what transformers' `sdpa` attention returns, computed in float32 where texts are short."""
    dtype = query_MHLD.dtype
    if key_MKLD.shape[2] <= MOST_COLUMNS and settings.get("position_bias") is None:
        query_MHLD, key_MKLD, value_MKLD = query_MHLD.float(), key_MKLD.float(), value_MKLD.float()
        if attention_mask is not None and attention_mask.is_floating_point():
            attention_mask = attention_mask.float()
    output, _ = sdpa_attention_forward(module, query_MHLD, key_MKLD, value_MKLD, attention_mask, **settings)
    return output.to(dtype), None


def applies(module: nn.Module) -> bool:
    """Say whether `one_token` may stand in: on a CPU, for a model of full precision that uses torch's fused kernel."""
    return fused_on_cpu(module, torch.float32, torch.float64)


def fused_on_cpu(module: nn.Module, *dtypes: torch.dtype) -> bool:
    """Say whether a model computes in one of these precisions on a CPU, and attends by torch's fused kernel."""
    weight = next(module.parameters())
    return named(module) == "sdpa" and weight.device.type == "cpu" and weight.dtype in dtypes


def decoding(module: nn.Module) -> AbstractContextManager[None]:
    """Let a model attend by `one_token` where that applies."""
    return attending(module, ONE_TOKEN) if applies(module) else nullcontext()


def learning(module: nn.Module) -> Callable[[], AbstractContextManager[None]]:
    """Return what lets a model attend by `short_texts` for a while, where that applies: in 16 bits."""
    applied = fused_on_cpu(module, torch.bfloat16, torch.float16)
    return partial(attending, module, SHORT) if applied else nullcontext


def named(module: nn.Module) -> str:
    """Return the name of the attention a model uses."""
    config: Any = module.config.get_text_config()  # type: ignore[union-attr,operator]  # a transformers model
    return str(config._attn_implementation)


@contextmanager
def attending(module: nn.Module, name: str) -> Iterator[None]:
    """Let a model attend by what is registered under this name."""
    config: Any = module.config.get_text_config()  # type: ignore[union-attr,operator]  # a transformers model
    before, config._attn_implementation = config._attn_implementation, name  # the layers ask for it at every call
    try:
        yield
    finally:
        config._attn_implementation = before


AttentionInterface.register(ONE_TOKEN, one_token)
AttentionInterface.register(SHORT, short_texts)
AttentionMaskInterface.register(SHORT, sdpa_mask)
