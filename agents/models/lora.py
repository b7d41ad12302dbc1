"""LoRA adapters of many students on one frozen base (Hu et al. 2021, arXiv 2106.09685, eq. 3), started as PEFT does.

Axes: S slots, P parameters of a slot, G the slots at work, R rank, I inputs, O outputs of a layer.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from agents.models.linear import AddedChange, FastLinear, Map, MergedLinear, Product
from agents.models.slots import Adapters, Shape, check_rows
from simulation.core.errors import ModelError, nearest
from simulation.core.seeding import generator
from simulation.core.types import Seat

MOST_HELD_TWICE = 2**27
"""The most weights of which a second copy is held while a slot writes: one of a larger model would not fit."""


class SlotLinear(nn.Module):
    """A frozen linear layer plus the seated slots' low-rank changes; without a seating it is the layer alone."""

    def __init__(self, base: nn.Module, number: int, adapters: Adapters, master_OI: Tensor | None) -> None:
        super().__init__()
        self.base = base
        self.number = number
        self._adapters = adapters
        self._master_OI = master_OI
        shape = adapters.shapes[number]
        self._frozen: Product | None = None
        self._few = shape.inputs * shape.outputs / (shape.inputs + shape.outputs)

    @property
    def weight(self) -> Tensor:
        """The base's weight; some models read its dtype."""
        weight: Tensor = self.base.weight  # type: ignore[assignment]  # nn.Module types attributes as Tensor | Module
        return weight

    @property
    def bias(self) -> Tensor | None:
        """The base's bias."""
        bias: Tensor | None = self.base.bias  # type: ignore[assignment]  # nn.Module types attributes so
        return bias

    def forward(self, x: Tensor) -> Tensor:
        """Return `base(x) + scale · B A x`, merged into one product where that is cheaper."""
        seating = self._adapters.seating
        if seating is None:
            out: Tensor = self.base(x)
            return out
        settled = seating.maps[self.number] if seating.maps else None
        if settled is not None:  # of a single slot, whose rows may come in any order
            return settled(x.reshape(-1, x.shape[-1])).view(*x.shape[:-1], -1)
        check_rows(x, seating, self._adapters.shapes[self.number].name)
        a_GRI, b_GOR = seating.factors[self.number]
        x_GNI = x.reshape(seating.slots, -1, x.shape[-1])
        dropout, scale = seating.dropout, self._adapters.scale
        if dropout is None and self._merges(x_GNI.shape[1]):
            return self._merged(x_GNI, a_GRI, b_GOR).view(*x.shape[:-1], -1)
        base: Tensor = self.base(x)
        if dropout is not None:
            x_GNI = dropout.of(x_GNI, self.number, self._adapters.shapes[self.number].name)
            scale /= 1 - dropout.share
        low_GNR = torch.bmm(x_GNI.to(base.dtype), a_GRI.to(base.dtype).mT)
        scaled_GOR = (b_GOR * scale).to(base.dtype)
        base_GNO = base.view(*x_GNI.shape[:2], -1)
        add = base_GNO.baddbmm if torch.is_grad_enabled() else base_GNO.baddbmm_
        return add(low_GNR, scaled_GOR.mT).view(base.shape)

    def settled(self, a_RI: Tensor, b_OR: Tensor, *, copies: bool) -> Map | None:
        """Return the layer under a slot's factors for many calls without gradients, None where nothing is gained.

        A change is merged into a weight of full precision. Beside one of 16 bits it is computed in that precision, so
        that nothing is converted: its rounding is to the change what the product's is to the product.
        """
        if self._adapters.merging == "never":
            return None
        if self._master_OI is None:
            return self._added(a_RI, b_OR * self._adapters.scale, copies=copies)
        if not copies:
            return None
        changed = bool(b_OR.any())
        weight_OI = torch.addmm(self._master_OI, b_OR, a_RI, alpha=self._adapters.scale) if changed else self._master_OI
        return Product(weight_OI, self.bias)

    def factors(self, row: int) -> list[tuple[Tensor, Tensor]]:
        """Return a slot's factors in all layers, `(A_1RI, B_1OR)` each."""
        return self._adapters.factors(self._adapters.values_SP[row : row + 1])

    def _added(self, a_RI: Tensor, b_OR: Tensor, *, copies: bool) -> Map | None:
        if type(self.base) is not nn.Linear:
            return None
        if self._frozen is None:
            self._frozen = Product(self.weight.detach(), self.bias, copies=copies)
        return AddedChange(self._frozen, a_RI.to(self.weight.dtype), b_OR.to(self.weight.dtype))

    def _merges(self, rows: int) -> bool:
        if self._master_OI is None or self._adapters.merging == "never":
            return False
        return self._adapters.merging == "always" or rows > self._few

    def _merged(self, x_GNI: Tensor, a_GRI: Tensor, b_GOR: Tensor) -> Tensor:
        out: Tensor = MergedLinear.apply(  # type: ignore[no-untyped-call]
            x_GNI, a_GRI, b_GOR, self._master_OI, self._adapters.scale, x_GNI.dtype
        )
        return out if self.bias is None else out + self.bias


@torch.no_grad()
def settled(module: nn.Module, slots: Sequence[int]) -> list[Map | None]:
    """Return what `seated` takes as `maps`, for a text of many steps; [] for several slots.

    Of a large model no weights are held twice, so that changes are merged into none.
    """
    layers = [layer for layer in module.modules() if isinstance(layer, SlotLinear)]
    if len(slots) != 1 or not layers:
        return []
    copies = sum(layer.weight.numel() for layer in layers) <= MOST_HELD_TWICE
    factors = layers[0].factors(slots[0])
    layers.sort(key=lambda layer: layer.number)
    return [layer.settled(a[0], b[0], copies=copies) for layer, (a, b) in zip(layers, factors, strict=True)]


def targeted(module: nn.Module, targets: Sequence[str]) -> dict[str, nn.Module]:
    """Return the layers to adapt by name: those of `targets`, or every linear layer but the output head.

    A layer whose weight is used without calling the layer (Mamba's `dt_proj`) cannot carry an adapter.
    """
    head = module.get_output_embeddings()  # type: ignore[operator]  # a transformers model, typed as nn.Module
    linear: dict[str, nn.Module] = {
        name: layer
        for name, layer in module.named_modules()
        if isinstance(layer, nn.Linear | Conv1D) and layer is not head
    }
    linear = called(module, linear)
    if not targets:
        return linear
    leaves = {name.rsplit(".", 1)[-1] for name in linear}
    for target in targets:
        if target not in leaves:
            raise ModelError(f"lora.targets names {target!r}, which is no linear layer here; {nearest(target, leaves)}")
    return {name: layer for name, layer in linear.items() if name.rsplit(".", 1)[-1] in targets}


@torch.no_grad()
def called(module: nn.Module, layers: dict[str, nn.Module]) -> dict[str, nn.Module]:
    """Return the layers whose forward runs when the model's does, and gives a tensor and nothing else.

    A router may be a linear layer that also gives what it chose, as that of Llama 4 does.
    """
    names: set[str] = set()

    def hear(name: str, output: object) -> None:
        if isinstance(output, Tensor):
            names.add(name)

    hooks = [layer.register_forward_hook(lambda *heard, n=name: hear(n, heard[-1])) for name, layer in layers.items()]
    module(input_ids=torch.ones((1, 4), dtype=torch.int64, device=next(module.parameters()).device), use_cache=False)
    for hook in hooks:
        hook.remove()
    return {name: layer for name, layer in layers.items() if name in names}


def left_out(module: nn.Module, adapters: Adapters) -> str:
    """Say which weights of experts, which are stacked, and which linear layers but the head have no adapter, or ""."""
    parts = [stacked_experts(module), *([f"its layers {names}"] if (names := bare_layers(module, adapters)) else [])]
    named = " and ".join(filter(None, parts))
    return f"{named} have no adapter and stay as they are" if named else ""


def stacked_experts(module: nn.Module) -> str:
    """Name the experts of a model with their share of its weights, "" where it has none of one tensor for all."""
    stacked = {name: weights.numel() for name, weights in module.named_parameters() if weights.dim() == 3}
    of_experts = sum(size for name, size in stacked.items() if "expert" in name)
    share = of_experts / sum(weights.numel() for weights in module.parameters())
    return f"its experts, {share:.0%} of its weights," if of_experts else ""


def bare_layers(module: nn.Module, adapters: Adapters) -> str:
    """Name the linear layers but the head that have no adapter, by the last parts of their names."""
    head = module.get_output_embeddings()  # type: ignore[operator]  # a transformers model, typed as nn.Module
    within = {f"{shape.name}.base" for shape in adapters.shapes}
    leaves = [
        name.rsplit(".", 1)[-1]
        for name, layer in module.named_modules()
        if isinstance(layer, nn.Linear | Conv1D) and name not in within and layer is not head
    ]
    return ", ".join(dict.fromkeys(leaves))


def attach(
    module: nn.Module,
    seats: Sequence[Seat],
    *,
    rank: int,
    alpha: float,
    targets: Sequence[str],
    dtype: torch.dtype,
    dropout: float = 0.0,
) -> Adapters:
    """Freeze `module`, give each seat a slot in all targeted layers, and return the adapters."""
    module.requires_grad_(False)
    layers = targeted(module, targets)
    if not layers:
        raise ModelError(f"{type(module).__name__} has no linear layer that could carry a LoRA adapter")
    shapes = tuple(Shape(name=name, **dimensions(layer)) for name, layer in layers.items())
    leaves = {shape.name.rsplit(".", 1)[-1] for shape in shapes}
    adapters = Adapters(
        shapes=shapes,
        rank=rank,
        alpha=alpha,
        dropout=dropout,
        values_SP=torch.empty(0),
        by_leaf=sum(name.rsplit(".", 1)[-1] in leaves for name, _ in module.named_modules()) == len(shapes),
        transposed=any(isinstance(layer, Conv1D) for layer in layers.values()),
    )
    device = next(module.parameters()).device
    starts = np.stack([start(adapters, seat) for seat in seats])
    adapters.values_SP = torch.tensor(starts, dtype=dtype, device=device).requires_grad_()
    wrap(module, adapters, {name: master(layer) for name, layer in layers.items()})
    head = module.get_output_embeddings()  # type: ignore[operator]  # a transformers model, typed as nn.Module
    if type(head) is nn.Linear:
        module.set_output_embeddings(FastLinear.of(head))  # type: ignore[operator]
    return adapters


def wrap(module: nn.Module, adapters: Adapters, masters: dict[str, Tensor | None]) -> None:
    """Replace the adapted layers of `module`; `masters` holds the weights to merge into, None where they cannot be."""
    for number, shape in enumerate(adapters.shapes):
        parent, _, leaf = shape.name.rpartition(".")
        layer = module.get_submodule(shape.name)
        setattr(module.get_submodule(parent), leaf, SlotLinear(layer, number, adapters, masters[shape.name]))


def master(layer: nn.Module) -> Tensor | None:
    """Return the weight as (outputs, inputs) if a change can be merged into it, else None.

    Quantized weights cannot take one, and a 16-bit weight would round it away.
    """
    weight = layer.weight
    if not isinstance(weight, Tensor) or weight.dtype not in (torch.float32, torch.float64):
        return None
    return weight.detach().t() if isinstance(layer, Conv1D) else weight.detach()


def dimensions(layer: nn.Module) -> dict[str, int]:
    """Return the inputs and outputs of a linear layer; quantized ones keep them as attributes."""
    if isinstance(layer, Conv1D):
        inputs, outputs = layer.weight.shape
        return {"inputs": inputs, "outputs": outputs}
    assert isinstance(layer, nn.Linear)
    return {"inputs": layer.in_features, "outputs": layer.out_features}


def start(adapters: Adapters, seat: Seat) -> np.ndarray:
    """Return a seat's first row: A uniform in ±1/√inputs (PEFT's Kaiming start with a=√5), B zero."""
    stream = generator(seat.seed, 0, seat.number, "adapter")
    pieces = []
    for shape in adapters.shapes:
        bound = 1 / math.sqrt(shape.inputs)
        pieces.append(stream.uniform(-bound, bound, size=adapters.rank * shape.inputs))
        pieces.append(np.zeros(adapters.rank * shape.outputs))
    return np.concatenate(pieces)
