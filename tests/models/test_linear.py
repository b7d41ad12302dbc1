"""Products for many calls without gradients, beside torch's own."""

import pytest
import torch
from torch import nn

from agents.models.linear import LEAST_PACKED, AddedChange, FastLinear, Product, packed

BF16 = pytest.param(
    torch.bfloat16,
    marks=pytest.mark.skipif(
        not torch.ops.mkldnn._is_mkldnn_bf16_supported(), reason="this processor does not multiply in bfloat16"
    ),
)
DTYPES = [torch.float32, BF16]
SIZES = [(256, 256), (300, 700), (700, 300)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("inputs", "outputs"), SIZES)
@pytest.mark.parametrize("rows", [1, 7, 64, 129])
@pytest.mark.parametrize("biased", [True, False])
def test_packed_product_is_the_product(dtype: torch.dtype, inputs: int, outputs: int, rows: int, biased: bool) -> None:
    """Whatever the rows, with and without a bias, to the rounding of the dtype."""
    torch.manual_seed(0)
    layer = nn.Linear(inputs, outputs, bias=biased, dtype=dtype)
    assert packed(layer.weight.detach()) is not None
    x_NI = torch.randn(rows, inputs, dtype=dtype)
    with torch.no_grad():
        expected = nn.functional.linear(
            x_NI.double(), layer.weight.double(), None if not biased else layer.bias.double()
        )
        found = Product(layer.weight.detach(), None if not biased else layer.bias.detach())(x_NI)
    assert found.dtype == dtype
    close = 1e-5 if dtype == torch.float32 else 2e-2
    torch.testing.assert_close(found.double(), expected, rtol=close, atol=close)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("copies", [True, False])
def test_added_change_is_the_low_rank_sum(dtype: torch.dtype, copies: bool) -> None:
    """`W x + b + B A x` in one precision, packed or not."""
    torch.manual_seed(0)
    layer = nn.Linear(300, 700, dtype=dtype)
    a_RI, b_OR = torch.randn(8, 300, dtype=dtype) / 20, torch.randn(700, 8, dtype=dtype) / 20
    x_NI = torch.randn(33, 300, dtype=dtype)
    with torch.no_grad():
        found = AddedChange(Product(layer.weight.detach(), layer.bias.detach(), copies=copies), a_RI, b_OR)(x_NI)
        whole = layer.weight.double() + b_OR.double() @ a_RI.double()
        expected = nn.functional.linear(x_NI.double(), whole, layer.bias.double())
    close = {torch.float64: 1e-12, torch.float32: 1e-5, torch.float16: 1e-2, torch.bfloat16: 4e-2}[dtype]
    torch.testing.assert_close(found.double(), expected, rtol=close, atol=close)


def test_small_weights_and_other_precisions_stay_as_they_are() -> None:
    """What gains nothing, and what the kernel does not read, is not held twice."""
    assert packed(torch.randn(LEAST_PACKED // 64 - 1, 64)) is None
    assert packed(torch.randn(512, 512, dtype=torch.float64)) is None
    assert packed(torch.randn(512, 512, dtype=torch.float16)) is None


def test_fast_linear_has_the_gradient_of_the_layer_it_stands_for() -> None:
    """A pack made while writing does not come between a layer and its gradient."""
    torch.manual_seed(0)
    layer = nn.Linear(300, 700).requires_grad_(False)
    fast_layer = FastLinear.of(layer)
    x_NI = torch.randn(5, 300)
    with torch.inference_mode():
        fast_layer(x_NI)
    ours, theirs = x_NI.clone().requires_grad_(), x_NI.clone().requires_grad_()
    fast_layer(ours).pow(2).sum().backward()
    layer(theirs).pow(2).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad)
    with torch.no_grad():
        torch.testing.assert_close(fast_layer(x_NI), layer(x_NI))
