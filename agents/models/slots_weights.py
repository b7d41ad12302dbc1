"""Slots that hold every weight of the model: what full fine-tuning trains, for small students.

Each layer computes with the seated slots' weights instead of its own; a head that is the embedding stays it, slot by
slot. Axes: S slots, G the slots at work, N rows of a slot, R sequences, L tokens, V vocabulary, D features,
I inputs, O outputs.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from transformers.pytorch_utils import Conv1D

from agents.models.linear import inferred, whole
from agents.models.slots import Adapters, HeldTensor, Seating, check_rows
from simulation.core.errors import ModelError
from simulation.core.machine import memory
from simulation.core.seeding import generator
from simulation.core.types import Seat

COPIES = 5
"""What is held of every weight of a student: itself, its gradient, AdamW's two moments, and how it began."""


class WholeLayer(nn.Module):
    """A layer that computes with the seated slots' weights; without a seating it is the layer alone."""

    def __init__(self, base: nn.Module, name: str, numbers: dict[str, int], adapters: Adapters) -> None:
        super().__init__()
        self.base = base
        self.name = name
        self._numbers = numbers
        self._adapters = adapters
        self._broadcasts = not isinstance(base, nn.Linear | Conv1D | nn.Embedding) and broadcasts(base)

    @property
    def weight(self) -> Tensor:
        """The base's weight; some models read its dtype."""
        weight: Tensor = self.base.weight  # type: ignore[assignment]  # nn.Module types attributes as Tensor | Module
        return weight

    def own(self, seating: Seating, dtype: torch.dtype | None = None) -> dict[str, Tensor]:
        """Return the weights of the seated slots by their names in the layer."""
        return {leaf: seating.pieces[number].to(dtype or self.weight.dtype) for leaf, number in self._numbers.items()}

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer of `x`, as a norm is."""
        seating = self._adapters.seating
        if seating is None:
            return called_with(self.base, {}, x)
        weights = self.own(seating)
        if seating.slots == 1:
            return called_with(self.base, first(weights), x)
        check_rows(x, seating, self.name)
        x_GND = x.reshape(seating.slots, -1, x.shape[-1])
        if self._broadcasts:
            return called_with(self.base, {leaf: own.unsqueeze(1) for leaf, own in weights.items()}, x_GND).view_as(x)
        outputs = [
            called_with(self.base, {leaf: own[slot] for leaf, own in weights.items()}, x_ND)
            for slot, x_ND in enumerate(x_GND)
        ]
        return torch.stack(outputs).view_as(x)


class WholeLinear(WholeLayer):
    """A linear layer of the seated slots, the head among them."""

    @property
    def bias(self) -> Tensor | None:
        """The base's bias."""
        bias: Tensor | None = self.base.bias  # type: ignore[assignment]  # nn.Module types attributes so
        return bias

    def forward(self, x: Tensor) -> Tensor:
        """Return `x @ weight.T + bias`."""
        seating = self._adapters.seating
        if seating is None:
            return called_with(self.base, {}, x)
        weights = self.own(seating, x.dtype)
        weight_GOI, bias_GO = weights["weight"], weights.get("bias")
        if isinstance(self.base, Conv1D):
            weight_GOI = weight_GOI.transpose(1, 2)
        if seating.slots == 1 and not torch.is_grad_enabled():
            bias_O = None if bias_GO is None else bias_GO[0]
            return inferred(x.reshape(-1, x.shape[-1]), weight_GOI[0], bias_O).view(*x.shape[:-1], -1)
        if seating.slots > 1:
            check_rows(x, seating, self.name)
        return whole(x.reshape(seating.slots, -1, x.shape[-1]), weight_GOI, bias_GO).view(*x.shape[:-1], -1)

    def rows_of(self, slots: Sequence[int], tokens_N: Tensor) -> Tensor:
        """Return the weights `weight_GNI` of some outputs, as the head has for some tokens."""
        pieces = self._adapters.views(self._adapters.of(slots))[1]
        return pieces[self._numbers["weight"]][:, tokens_N]


class WholeEmbedding(WholeLayer):
    """An embedding of the seated slots."""

    def forward(self, tokens_RL: Tensor) -> Tensor:
        """Return the features of tokens, or of positions, which all rows may share."""
        seating = self._adapters.seating
        if seating is None:
            return called_with(self.base, {}, tokens_RL)
        weights = self.own(seating)
        if seating.slots == 1:
            return called_with(self.base, first(weights), tokens_RL)
        if tokens_RL.dim() == 1 or len(tokens_RL) == 1:
            tokens_RL = tokens_RL.view(1, -1).expand(seating.rows, -1)
        check_rows(tokens_RL.unsqueeze(-1), seating, self.name)
        outputs = [
            called_with(self.base, {leaf: own[slot] for leaf, own in weights.items()}, tokens_NL)
            for slot, tokens_NL in enumerate(tokens_RL.reshape(seating.slots, -1, tokens_RL.shape[-1]))
        ]
        return torch.cat(outputs)


def first(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of a single slot."""
    return {leaf: own.squeeze(0) for leaf, own in weights.items()}


def called_with(layer: nn.Module, weights: dict[str, Tensor], x: Tensor) -> Tensor:
    """Return a layer of `x` with other weights; the layer itself keeps its own."""
    out: Tensor = functional_call(layer, weights, (x,)) if weights else layer(x)
    return out


@torch.no_grad()
def broadcasts(layer: nn.Module) -> bool:
    """Tell whether a layer takes the weights of two slots at once, side by side along a first axis of its input."""
    weights = {name: torch.stack([weight, weight / 2 + 1]).unsqueeze(1) for name, weight in layer.named_parameters()}
    (size,) = {weight.shape[-1] for weight in weights.values()}
    x = next(layer.parameters())
    x_GND = torch.linspace(-1, 2, 6 * size, dtype=x.dtype, device=x.device).view(2, 3, size)
    try:
        together = called_with(layer, weights, x_GND)
    except (RuntimeError, TypeError, ValueError):
        return False  # a fused kernel takes one weight alone
    apart = [
        called_with(layer, {name: own[slot, 0] for name, own in weights.items()}, x_ND)
        for slot, x_ND in enumerate(x_GND)
    ]
    return torch.allclose(together, torch.stack(apart))


def attach(module: nn.Module, seats: Sequence[Seat], *, drawn: bool, dtype: torch.dtype) -> Adapters:
    """Freeze `module`, give each seat a slot of all its weights as they are, and return the slots.

    `drawn` says that `draw` will follow, once it was seen on the base's weights what the model can do.
    """
    module.requires_grad_(False)
    check_room(module, len(seats), dtype)
    layers = owners(module)
    check_called(module, layers)
    pieces = tuple(
        HeldTensor(name=name, shape=tuple(parameter.shape), base=parameter.detach())
        for name, parameter in module.named_parameters()
    )
    adapters = Adapters(values_SP=torch.empty(0), pieces=pieces, drawn=drawn)
    base_P = torch.cat([piece.base.reshape(-1) for piece in pieces]).to(dtype)
    adapters.values_SP = base_P.repeat(len(seats), 1).requires_grad_()
    wrap(module, adapters)
    return adapters


def check_room(module: nn.Module, students: int, dtype: torch.dtype) -> None:
    """Refuse more weights than the device has memory for, before it is filled."""
    device = next(module.parameters()).device
    count = sum(parameter.numel() for parameter in module.parameters())
    needed, present = students * count * COPIES * dtype.itemsize, room(device)
    if needed > present:
        raise ModelError(
            f"{type(module).__name__} has {count:,} weights; as slots of every_weight, {students} take "
            f"{needed / 1e9:,.1f} GB with gradients and AdamW's moments, and {device} has {present / 1e9:,.1f}: write "
            "slot: lora_and_rows, seat fewer students, or name a smaller model"
        )


def room(device: torch.device) -> int:
    """Return the bytes of memory that a device has."""
    return torch.cuda.mem_get_info(device)[1] if device.type == "cuda" else memory()


@torch.no_grad()
def draw(module: nn.Module, adapters: Adapters, seats: Sequence[Seat]) -> None:
    """Give every slot weights from its seat's seed."""
    layers = owners(module)
    for row, seat in enumerate(seats):
        adapters.values_SP[row] = drawn_row(module, layers, seat).to(adapters.values_SP)


def owners(module: nn.Module) -> dict[str, nn.Module]:
    """Return the layers that have weights of their own, by name."""
    return {
        name: layer
        for name, layer in module.named_modules()
        if any(True for _ in layer.named_parameters(recurse=False))
    }


@torch.no_grad()
def check_called(module: nn.Module, layers: dict[str, nn.Module]) -> None:
    """Refuse a layer whose weights could not be replaced: one that is not called with a single tensor."""
    calls: dict[str, bool] = {}

    def note(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
        calls[name] = len(args) == 1 and isinstance(args[0], Tensor) and not kwargs and isinstance(out, Tensor)

    hooks = [
        layer.register_forward_hook(
            lambda _, args, kwargs, out, name=name: note(name, args, kwargs, out), with_kwargs=True
        )
        for name, layer in layers.items()
    ]
    module(input_ids=torch.ones((1, 4), dtype=torch.int64, device=next(module.parameters()).device), use_cache=False)
    for hook in hooks:
        hook.remove()
    for name, layer in layers.items():
        if not calls.get(name) or any(True for _ in layer.children()):
            raise ModelError(
                f"{type(module).__name__} uses the weights of {name} ({type(layer).__name__}) otherwise than by "
                "calling it with one tensor: students cannot hold weights of their own there; write slot: lora"
            )


def wrap(module: nn.Module, adapters: Adapters) -> None:
    """Let every layer of `module` compute with the seated slots' weights."""
    numbers = {piece.name: number for number, piece in enumerate(adapters.pieces)}
    names = {id(parameter): name for name, parameter in module.named_parameters()}  # a tied weight has one name
    for name, layer in owners(module).items():
        kind = {nn.Linear: WholeLinear, Conv1D: WholeLinear}.get(type(layer), WholeLayer)
        kind = WholeEmbedding if isinstance(layer, nn.Embedding) else kind
        own = {leaf: numbers[names[id(weight)]] for leaf, weight in layer.named_parameters(recurse=False)}
        parent, _, leaf = name.rpartition(".")
        setattr(module.get_submodule(parent), leaf, kind(layer, name, own, adapters))


def drawn_row(module: nn.Module, layers: dict[str, nn.Module], seat: Seat) -> Tensor:
    """Return weights from a seat's seed, as transformers starts a Llama.

    Linear maps and embeddings are normal with the deviation `initializer_range`, a padding token's features and all
    biases 0; a norm changes nothing.
    """
    stream = generator(seat.seed, 0, seat.number, "adapter")
    deviation = float(getattr(module.config.get_text_config(), "initializer_range", 0.02))  # type: ignore[union-attr,operator]
    values: dict[int, np.ndarray] = {}
    for layer in layers.values():
        for leaf, parameter in layer.named_parameters(recurse=False):
            if id(parameter) not in values:
                values[id(parameter)] = start(layer, leaf, parameter, deviation, stream)
    return torch.from_numpy(np.concatenate([values[id(parameter)].reshape(-1) for parameter in module.parameters()]))


def start(layer: nn.Module, leaf: str, parameter: Tensor, deviation: float, stream: np.random.Generator) -> np.ndarray:
    """Return the first values of one weight of a layer."""
    if leaf != "weight":
        return np.zeros(parameter.shape)
    if not isinstance(layer, nn.Linear | Conv1D | nn.Embedding):
        return np.full(parameter.shape, neutral(layer))
    values = stream.normal(0.0, deviation, size=parameter.shape)
    if isinstance(layer, nn.Embedding) and layer.padding_idx is not None:
        values[layer.padding_idx] = 0.0
    return values


@torch.no_grad()
def neutral(norm: nn.Module) -> float:
    """Return the weight with which a norm scales by 1: 0 where it multiplies by 1 + weight, as Gemma's."""
    weights = {name: torch.zeros_like(weight) for name, weight in norm.named_parameters()}
    weight = next(norm.parameters())
    x = torch.linspace(-1, 2, weight.shape[-1], dtype=weight.dtype, device=weight.device).unsqueeze(0)
    return 0.0 if called_with(norm, weights, x).any() else 1.0
