"""What a small model's blocks compute with, read off its layers under a slot, one slot or several side by side.

Axes: G slots, M rows of all, N rows of a slot, I inputs, O outputs, E features, V vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

from agents.models.linear import FEW_PRODUCTS, inferred

FEW_FEATURES = 2**13
"""Below this many numbers it is faster to read a row's gates in one product than to keep them apart."""


class Affine:
    """Linear layers that read the same input, side by side: one weight for each slot."""

    def __init__(self, weight_GOI: Tensor, bias_GO: Tensor | None) -> None:
        self.weight_GOI, self.bias_GO = weight_GOI, bias_GO
        slots, outputs, inputs = weight_GOI.shape
        # of a single slot, views that are needed again and again
        self._alone = slots == 1
        self._weight_OI, self._weight_IO = weight_GOI[0], weight_GOI[0].t()
        self._bias_O = None if bias_GO is None else bias_GO[0]
        self._few = FEW_PRODUCTS / (outputs * inputs) if slots == 1 else 0.0

    @classmethod
    def of(cls, layers: Sequence[nn.Module], scale_I: Tensor) -> "Affine":
        """Read layers off under the one slot that is seated: a weight's columns are what unit vectors become.

        `scale_I` is what their input is to be multiplied by.
        """
        units_1II = torch.eye(len(scale_I), dtype=scale_I.dtype, device=scale_I.device).unsqueeze(0)
        columns_1IO = torch.cat([layer(units_1II) for layer in layers], dim=-1)
        bias_1O = torch.cat([layer(torch.zeros_like(units_1II[:, :1]))[:, 0] for layer in layers], dim=-1)
        if not bias_1O.any():
            return cls((columns_1IO.mT * scale_I).contiguous(), None)
        return cls(((columns_1IO - bias_1O.unsqueeze(1)).mT * scale_I).contiguous(), bias_1O)

    @classmethod
    def side_by_side(cls, slots: Sequence["Affine"]) -> "Affine":
        """Return the layers of several slots as one."""
        weight_GOI = torch.cat([slot.weight_GOI for slot in slots])
        if all(slot.bias_GO is None for slot in slots):
            return cls(weight_GOI, None)
        none_1O = weight_GOI.new_zeros((1, weight_GOI.shape[1]))
        return cls(weight_GOI, torch.cat([none_1O if slot.bias_GO is None else slot.bias_GO for slot in slots]))

    def chosen(self, outputs_N: Tensor) -> "Affine":
        """Return some outputs of the layers alone."""
        bias_GN = None if self.bias_GO is None else self.bias_GO.index_select(1, outputs_N)
        return Affine(self.weight_GOI.index_select(1, outputs_N), bias_GN)

    def __call__(self, x_MI: Tensor) -> Tensor:
        """Return what the layers make of the rows, of which each slot has as many, one slot's after the other's."""
        if self._alone:
            if x_MI.shape[0] >= self._few:
                return inferred(x_MI, self._weight_OI, self._bias_O)
            return x_MI @ self._weight_IO if self._bias_O is None else x_MI @ self._weight_IO + self._bias_O
        out_GNO = torch.bmm(x_MI.view(len(self.weight_GOI), -1, x_MI.shape[1]), self.weight_GOI.mT)
        return (out_GNO if self.bias_GO is None else out_GNO + self.bias_GO.unsqueeze(1)).flatten(0, 1)

    def added(self, x_MI: Tensor, sum_MO: Tensor) -> Tensor:
        """Return what the layers make of the rows, plus a sum."""
        if self._bias_O is None and x_MI.shape[0] < self._few:
            return torch.addmm(sum_MO, x_MI, self._weight_IO)
        return self(x_MI).add_(sum_MO)


@dataclass(frozen=True, slots=True)
class Gates:
    """What opens each hidden feature, and what it holds; together for few rows, for many each by itself in memory."""

    both: Affine
    gate: Affine
    held: Affine

    @classmethod
    def of(cls, both: Affine) -> "Gates":
        """Return the halves of layers, which are views of them."""
        weights = both.weight_GOI.chunk(2, dim=1)
        biases = (None, None) if both.bias_GO is None else both.bias_GO.chunk(2, dim=1)
        return cls(both, Affine(weights[0], biases[0]), Affine(weights[1], biases[1]))

    def __call__(self, x_ME: Tensor) -> Tensor:
        """Return the hidden features."""
        if x_ME.numel() < FEW_FEATURES:
            gate_MI, held_MI = self.both(x_ME).chunk(2, dim=1)
        else:
            gate_MI, held_MI = self.gate(x_ME), self.held(x_ME)
        return functional.silu(gate_MI, inplace=True).mul_(held_MI)


@dataclass(frozen=True, slots=True)
class LeanBlock:
    """One layer of the model."""

    projection: Affine
    """Queries, keys and values."""
    output: Affine
    gates: Gates
    down: Affine


@dataclass(frozen=True, slots=True)
class Weights:
    """All that slots compute with."""

    embedding_GVE: Tensor
    blocks: tuple[LeanBlock, ...]
    head: Affine
    heads: dict[int, tuple[Tensor, Affine]] = field(default_factory=dict)
    """The parts of the head that were asked for, by the identity of their tokens, which stand beside them."""

    def head_of(self, tokens_A: Tensor) -> Affine:
        """Return the head for some tokens alone."""
        if id(tokens_A) not in self.heads:
            self.heads[id(tokens_A)] = (tokens_A, self.head.chosen(tokens_A))
        return self.heads[id(tokens_A)][1]

    @classmethod
    def side_by_side(cls, slots: Sequence["Weights"]) -> "Weights":
        """Return the weights of several slots as one."""
        blocks = tuple(
            LeanBlock(
                projection=Affine.side_by_side([block.projection for block in number]),
                output=Affine.side_by_side([block.output for block in number]),
                gates=Gates.of(Affine.side_by_side([block.gates.both for block in number])),
                down=Affine.side_by_side([block.down for block in number]),
            )
            for number in zip(*(slot.blocks for slot in slots), strict=True)
        )
        embedding_GVE = torch.cat([slot.embedding_GVE for slot in slots])
        return cls(embedding_GVE, blocks, Affine.side_by_side([slot.head for slot in slots]))
