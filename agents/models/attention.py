"""Attention of one new token a row as two batched products, for decoding on a CPU.

torch's fused kernel is made for many queries: with one a row it takes 1.4 times as long there, and the products take
half their time again where the keys of a feature lie side by side, not the features of a key (measured: 64 and 96 rows
of 41 keys, 4 heads of 32 features). In 16 bits the fused kernel is the faster one, three times (64 rows of 80 keys, 9
heads of 64 features, on a processor with AMX). Axes: M rows, H heads, K heads of keys, L keys, D features.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

_NAME = "one_token"


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


def applies(module: nn.Module) -> bool:
    """Say whether `one_token` may stand in: on a CPU, for a model of full precision that uses torch's fused kernel."""
    config: Any = module.config.get_text_config()  # type: ignore[union-attr,operator]  # a transformers model
    weight = next(module.parameters())
    full = weight.dtype in (torch.float32, torch.float64)
    return config._attn_implementation == "sdpa" and weight.device.type == "cpu" and full


@contextmanager
def attending(module: nn.Module) -> Iterator[None]:
    """Let a model attend by `one_token` where that applies."""
    if not applies(module):
        yield
        return
    config: Any = module.config.get_text_config()  # type: ignore[union-attr,operator]  # a transformers model
    config._attn_implementation = _NAME  # the layers ask for it at every call
    try:
        yield
    finally:
        config._attn_implementation = "sdpa"


AttentionInterface.register(_NAME, one_token)
