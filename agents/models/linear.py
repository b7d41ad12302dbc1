"""Linear maps on the fastest kernel for the same function: frozen weights, low-rank changes merged in, whole weights.

The first two cost one full product forward and one backward: the frozen weight needs no gradient, and the gradients of
the low-rank factors are thin products that never form the gradient of the whole weight.
Axes: G slots, N rows of a slot, I inputs, O outputs, R rank.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

Map = Callable[[Tensor], Tensor]
"""From `[N, I]` to `[N, O]`, without gradients."""


def on_intel() -> bool:
    """Say whether this is a processor of Intel's, as Linux tells it; not by a clock, so that it is always the same."""
    information = Path("/proc/cpuinfo")
    return information.exists() and "GenuineIntel" in information.read_text(encoding="utf-8")[:1000]


_ONE_DNN: bool = torch.backends.mkldnn.is_available() and not on_intel()  # type: ignore[no-untyped-call]

KERNEL = "oneDNN" if _ONE_DNN else "torch"
"""Whose kernel multiplies in float32 on this CPU, on which last bits rest."""
FEW_ROWS = 128
"""Below this many rows oneDNN's reordering costs more than its kernel gains (measured: d=128, ff=384, one core)."""
MANY_PRODUCTS = 2**24
"""From so many scalar products on it gains with fewer rows too: 64 of a head of 2,048 tokens of 128 features."""
SMALL_WEIGHT = 128 * 128
"""Below this many weights torch's own products take less time in training (measured: 64 × 64, 2,560 rows, one core)."""
FEW_PRODUCTS = 2**20
"""The same limit where nothing is trained, in scalar products: 64 rows of a 128 × 128 weight, 22 of 128 × 384."""
LEAST_PACKED = 2**16
"""Fewer weights are as fast as they are."""
ROWS = 64
"""What a weight is laid out for; with other numbers of rows it takes as long, within the noise."""
MOST_PACKED = 2**27
"""A second copy of more weights would not fit."""


def product(x_NI: Tensor, weight_OI: Tensor, bias_O: Tensor | None = None) -> Tensor:
    """Return `x @ weight.T + bias`, without autograd.

    In float32 on a CPU, oneDNN's kernel is called by name: `torch.nn.functional.linear` goes to MKL there, which on AMD
    processors uses half of their vector width (measured: 230 against 103 GFLOP/s a core). On Intel's MKL is the faster
    one (measured: 165 against 140 with 2,048 rows, 128 inputs and 768 outputs, 169 against 151 with 384 and 128).
    """
    rows = x_NI.shape[0]
    if (rows >= FEW_ROWS or rows * weight_OI.numel() >= MANY_PRODUCTS) and one_dnn(x_NI):
        out_NO: Tensor = torch.ops.mkldnn._linear_pointwise(x_NI, weight_OI, bias_O, "none", [], "")
        return out_NO
    return torch.nn.functional.linear(x_NI, weight_OI, bias_O)


def inferred(x_NI: Tensor, weight_OI: Tensor, bias_O: Tensor | None = None) -> Tensor:
    """Return `product` for the batches of a text being written, which are smaller than those of training."""
    if x_NI.shape[0] * weight_OI.numel() >= FEW_PRODUCTS and one_dnn(x_NI):
        out_NO: Tensor = torch.ops.mkldnn._linear_pointwise.default(x_NI, weight_OI, bias_O, "none", [], "")
        return out_NO
    return torch.nn.functional.linear(x_NI, weight_OI, bias_O)


def packed(weight_OI: Tensor) -> Tensor | None:
    """Return a weight laid out for oneDNN's kernel, None where that gains nothing or takes much memory.

    With it 8 to 400 rows take .47 to .95 of the time of torch's own product (measured: 576 × 576, 576 × 1,536 and 1,536
    × 576, in float32 and bfloat16, on an Intel Xeon with AMX).
    """
    if weight_OI.device.type != "cpu" or not LEAST_PACKED <= weight_OI.numel() <= MOST_PACKED:
        return None
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return None
    in_16_bits = weight_OI.dtype == torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    if weight_OI.dtype != torch.float32 and not in_16_bits:
        return None
    laid_out: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight_OI.contiguous(), ROWS)
    return laid_out


class Product:
    """`x @ weight.T + bias` for many calls without gradients."""

    def __init__(self, weight_OI: Tensor, bias_O: Tensor | None, *, copies: bool = True) -> None:
        self._weight_OI = weight_OI
        self._bias_O = bias_O
        self._packed = packed(weight_OI) if copies else None

    def __call__(self, x_NI: Tensor) -> Tensor:
        """Return the product, `[N, O]`."""
        if self._packed is None:
            return inferred(x_NI, self._weight_OI, self._bias_O)
        out_NO: Tensor = torch.ops.mkldnn._linear_pointwise.default(x_NI, self._packed, self._bias_O, "none", [], "")
        return out_NO


class AddedChange:
    """`frozen(x) + B A x` for many calls without gradients, all in one precision."""

    def __init__(self, frozen: Product, a_RI: Tensor, b_OR: Tensor) -> None:
        self._frozen = frozen
        self._a_RI = a_RI
        self._b_RO = b_OR.T.contiguous()

    def __call__(self, x_NI: Tensor) -> Tensor:
        """Return the sum, `[N, O]`."""
        return self._frozen(x_NI).addmm_(torch.nn.functional.linear(x_NI, self._a_RI), self._b_RO)


def one_dnn(x: Tensor) -> bool:
    """Say whether oneDNN's float32 kernel is to be called for `x`."""
    return x.dtype == torch.float32 and x.device.type == "cpu" and _ONE_DNN


def products(x_GNI: Tensor, weight_GOI: Tensor) -> Tensor:
    """Return each slot's `product`; one batched call where that is faster than a call a slot."""
    if x_GNI.device.type != "cpu" or x_GNI.shape[1] < FEW_ROWS:
        return torch.bmm(x_GNI, weight_GOI.transpose(1, 2))
    if len(x_GNI) == 1:
        return product(x_GNI[0], weight_GOI[0]).unsqueeze(0)
    return torch.stack([product(x_NI, weight_OI) for x_NI, weight_OI in zip(x_GNI, weight_GOI, strict=True)])


class MergedLinear(torch.autograd.Function):
    """`x @ (weight + scale · B A).T`, differentiable in x, A and B."""

    @staticmethod
    def forward(
        ctx: Any, x_GNI: Tensor, a_GRI: Tensor, b_GOR: Tensor, weight_OI: Tensor, scale: float, dtype: torch.dtype
    ) -> Tensor:
        ctx.save_for_backward(x_GNI, a_GRI, b_GOR, weight_OI)
        ctx.scale = scale
        return products(x_GNI, merge(a_GRI, b_GOR, weight_OI, scale).to(dtype))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient_GNO: Tensor) -> tuple[Tensor | None, ...]:
        x_GNI, a_GRI, b_GOR, weight_OI = ctx.saved_tensors
        gradient_x = gradient_a = gradient_b = None
        if ctx.needs_input_grad[0]:
            gradient_x = products(gradient_GNO, merge(a_GRI, b_GOR, weight_OI, ctx.scale).transpose(1, 2))
        if ctx.needs_input_grad[1]:
            low_GNR = products(gradient_GNO, b_GOR.transpose(1, 2)) * ctx.scale
            gradient_a = torch.stack([left(low, x) for low, x in zip(low_GNR, x_GNI, strict=True)])
        if ctx.needs_input_grad[2]:
            low_GNR = products(x_GNI, a_GRI) * ctx.scale
            gradient_b = torch.stack([left(slot, low) for slot, low in zip(gradient_GNO, low_GNR, strict=True)])
        return gradient_x, gradient_a, gradient_b, None, None, None


class WholeProduct(torch.autograd.Function):
    """`x @ weight.T`, a weight a slot, differentiable in both."""

    @staticmethod
    def forward(ctx: Any, x_GNI: Tensor, weight_GOI: Tensor) -> Tensor:
        ctx.save_for_backward(x_GNI, weight_GOI)
        return products(x_GNI, weight_GOI)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient_GNO: Tensor) -> tuple[Tensor | None, ...]:
        x_GNI, weight_GOI = ctx.saved_tensors
        gradient_x = gradient_weight = None
        if ctx.needs_input_grad[0]:
            gradient_x = products(gradient_GNO, weight_GOI.transpose(1, 2))
        if ctx.needs_input_grad[1]:
            pairs = zip(gradient_GNO, x_GNI, strict=True)
            gradient_weight = torch.stack([left(gradient_NO, x_NI) for gradient_NO, x_NI in pairs])
        return gradient_x, gradient_weight


class FrozenLinear(torch.autograd.Function):
    """`x @ weight.T + bias`, differentiable in x alone."""

    @staticmethod
    def forward(ctx: Any, x_NI: Tensor, weight_OI: Tensor, bias_O: Tensor | None) -> Tensor:
        ctx.save_for_backward(weight_OI)
        return product(x_NI, weight_OI, bias_O)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient_NO: Tensor) -> tuple[Tensor | None, ...]:
        (weight_OI,) = ctx.saved_tensors
        return product(gradient_NO, weight_OI.t()), None, None


class FastLinear(nn.Linear):
    """A frozen `nn.Linear` on the fast kernel; it shares the weights of the one it stands for."""

    _settled: Product | None = None

    @classmethod
    def of(cls, layer: nn.Linear) -> "FastLinear":
        """Return the fast form of `layer`."""
        fast_layer = cls(layer.in_features, layer.out_features, bias=layer.bias is not None, device="meta")
        fast_layer.weight, fast_layer.bias = layer.weight, layer.bias
        return fast_layer

    def settled(self) -> Product:
        """Return the layer for many calls without gradients; its weight never changes."""
        if self._settled is None:
            self._settled = Product(self.weight.detach(), self.bias)
        return self._settled

    def forward(self, x: Tensor) -> Tensor:
        """Return `x @ weight.T + bias`."""
        rows_NI = x.reshape(-1, x.shape[-1])
        if not torch.is_grad_enabled():
            return self.settled()(rows_NI).view(*x.shape[:-1], -1)
        out: Tensor = FrozenLinear.apply(rows_NI, self.weight, self.bias)  # type: ignore[no-untyped-call]
        return out.view(*x.shape[:-1], -1)


def whole(x_GNI: Tensor, weight_GOI: Tensor, bias_GO: Tensor | None) -> Tensor:
    """Return `x @ weight.T + bias` of each slot, differentiable in all three."""
    if weight_GOI[0].numel() >= SMALL_WEIGHT and one_dnn(x_GNI):
        out_GNO: Tensor = WholeProduct.apply(x_GNI, weight_GOI)  # type: ignore[no-untyped-call]
        return out_GNO if bias_GO is None else out_GNO + bias_GO.unsqueeze(1)
    if len(x_GNI) == 1:
        bias_O = None if bias_GO is None else bias_GO.squeeze(0)
        return torch.nn.functional.linear(x_GNI.squeeze(0), weight_GOI.squeeze(0), bias_O).unsqueeze(0)
    out_GNO = torch.bmm(x_GNI, weight_GOI.transpose(1, 2))
    return out_GNO if bias_GO is None else out_GNO + bias_GO.unsqueeze(1)


def merge(a_GRI: Tensor, b_GOR: Tensor, weight_OI: Tensor, scale: float) -> Tensor:
    """Return `weight + scale · B A`, one a slot."""
    weight_GOI = weight_OI.unsqueeze(0).expand(len(a_GRI), -1, -1)
    return torch.baddbmm(weight_GOI, b_GOR, a_GRI, alpha=scale)


def left(x_NO: Tensor, y_NI: Tensor) -> Tensor:
    """Return `x.T @ y`, the sum over rows of outer products."""
    if x_NO.shape[0] >= FEW_ROWS and one_dnn(x_NO):
        out_OI: Tensor = torch.ops.mkldnn._linear_pointwise(x_NO.t(), y_NI.t(), None, "none", [], "")
        return out_OI
    return x_NO.t() @ y_NI
