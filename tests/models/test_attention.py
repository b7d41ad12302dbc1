"""Attention for short texts in 16 bits, beside transformers' own in 16 bits and in double precision."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from agents.models.attention import MOST_COLUMNS, named, short_texts
from tests.support import tiny_models

ROWS, HEADS, KEY_HEADS, FEATURES = 3, 6, 2, 16
MASKS = ["none", "added", "seen"]


class Layer(nn.Module):
    """What transformers' attention asks a layer for."""

    is_causal = True
    num_key_value_groups = HEADS // KEY_HEADS


def mask(kind: str, columns: int, dtype: torch.dtype) -> Tensor | None:
    """Return a mask whose first row is padded on its left, which leaves that row's first columns nothing to see."""
    if kind == "none":
        return None
    seen = torch.ones(ROWS, 1, columns, columns, dtype=torch.bool).tril()
    seen[0, :, :, :3] = False
    return seen if kind == "seen" else torch.zeros(seen.shape, dtype=dtype).masked_fill_(~seen, torch.finfo(dtype).min)


def given(columns: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Return queries, keys and values that want gradients."""
    stream = torch.Generator().manual_seed(columns)

    def drawn(heads: int) -> Tensor:
        return torch.randn((ROWS, heads, columns, FEATURES), generator=stream).to(dtype).requires_grad_()

    return drawn(HEADS), drawn(KEY_HEADS), drawn(KEY_HEADS)


def gradients(output_MLHD: Tensor, inputs: tuple[Tensor, ...]) -> list[Tensor]:
    """Return the gradients of a weighted sum over the columns of which every mask shows something."""
    weights_D = torch.linspace(-1, 2, FEATURES).to(output_MLHD.dtype)
    return list(torch.autograd.grad((output_MLHD[:, 3:] * weights_D).sum(), inputs))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("columns", [4, 65, MOST_COLUMNS])
def test_short_texts_are_as_near_to_double_precision_as_the_kernel(dtype: torch.dtype, kind: str, columns: int) -> None:
    inputs = given(columns, dtype)
    query, key, value = doubles = tuple(tensor.detach().double().requires_grad_() for tensor in inputs)
    true, _ = sdpa_attention_forward(Layer(), query, key, value, mask(kind, columns, torch.float64))
    ours, weights = short_texts(Layer(), *inputs, mask(kind, columns, dtype))
    theirs, _ = sdpa_attention_forward(Layer(), *inputs, mask(kind, columns, dtype))
    assert weights is None and ours.dtype == dtype and ours.shape == theirs.shape

    def far(found: Tensor, expected: Tensor) -> float:
        return float(((found.double() - expected).norm() / expected.norm()).detach())

    assert far(ours[:, 3:], true[:, 3:]) <= max(1.05 * far(theirs[:, 3:], true[:, 3:]), 2e-3)
    for found, plain, expected in zip(
        gradients(ours, inputs), gradients(theirs, inputs), gradients(true, doubles), strict=True
    ):
        assert found.dtype == dtype
        assert far(found, expected) <= max(1.05 * far(plain, expected), 3e-3)


@pytest.mark.parametrize("kind", MASKS)
def test_longer_texts_are_left_to_the_kernel(kind: str) -> None:
    columns = MOST_COLUMNS + 1
    inputs, shade = given(columns, torch.bfloat16), mask(kind, columns, torch.bfloat16)
    ours, _ = short_texts(Layer(), *inputs, shade)
    theirs, _ = sdpa_attention_forward(Layer(), *inputs, shade)
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize("kind", ["llama", "bloom"])
def test_a_student_of_16_bits_learns_by_it_and_checkpointing_ends_the_same(kind: str, tmp_path: Path) -> None:
    model = tiny_models.learner(tiny_models.save(kind, tmp_path), dtype="bfloat16")
    before = named(model.module)
    trees = [[model.encode("1 + 1 =", (" 2", " 11"))]]

    def learned() -> Tensor:
        model.adapters_SP.grad = None
        model.branch_logprobs(model.slots, trees)[0].sum().backward()
        assert named(model.module) == before and model.adapters_SP.grad is not None
        return model.adapters_SP.grad.clone()

    kept = learned()
    with model.recomputing():
        assert torch.equal(learned(), kept)
    assert kept.any()
