"""What the slots of many students hold on one frozen base, and which of them are at work.

All slots are rows of one tensor, so that a trainer can step them together and what one student may change is one slice.
A row is a list of pieces: the low-rank factors of linear layers (see `lora.py`), trainable rows of the embedding and
the head (`slots_rows.py`), or every weight of the model (`slots_weights.py`).
Axes: S slots, P parameters of a slot, G the slots at work, R rank, I inputs, O outputs of a layer.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from agents.models.dropping import LostFeatures
from agents.models.linear import Map
from simulation.core.errors import ModelError


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A layer that carries low-rank factors, by its dotted name in the base."""

    name: str
    inputs: int
    outputs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTensor:
    """A tensor that a slot holds in place of the base's, or of some rows of it."""

    name: str
    """The dotted name of the base's tensor."""
    shape: tuple[int, ...]
    base: Tensor
    """What the base holds there, of the piece's shape."""


@dataclass(slots=True)
class Seating:
    """The slots at work, for a batch of `rows` sequences of `columns` tokens."""

    factors: list[tuple[Tensor, Tensor]]
    """A pair a layer that carries low-rank factors."""
    pieces: list[Tensor]
    """One a piece, the slots at work first."""
    slots: int
    rows: int
    columns: int
    maps: Sequence[Map | None] = ()
    """Of a single slot, what each layer computes with its change, or None; () where none are held."""
    dropout: LostFeatures | None = None
    """What they lose of their inputs, in a step of training."""


@dataclass(slots=True, kw_only=True)
class Adapters:
    """What all slots hold, and which of them are at work."""

    shapes: tuple[Shape, ...] = ()
    rank: int = 1
    alpha: float = 1.0
    dropout: float = 0.0
    """How probably, in a step of training, a low-rank change does not see a feature of its input."""
    dropping: Mapping[int, Sequence[int]] = field(default_factory=dict)
    """Of the slots in such a step, the seed of each layer's mask."""
    values_SP: Tensor
    """A leaf: row s holds A and B of every layer of slot s, in the order of `shapes`, then its pieces; flattened."""
    pieces: tuple[HeldTensor, ...] = ()
    tokens: tuple[int, ...] = ()
    """The ids of the tokens whose rows of the embedding and the head are pieces."""
    tied: bool = True
    """Whether the head is the embedding."""
    drawn: bool = False
    """Whether a slot starts from weights of its own, not from the base's."""
    by_leaf: bool = True
    """Whether the last parts of the names tell these layers from all others, as short PEFT targets need."""
    transposed: bool = False
    """Whether the base keeps its weights as (inputs, outputs), as GPT-2 does."""
    merging: str = "auto"
    """"auto", or "always" / "never" to force one of the two ways to compute."""
    seating: Seating | None = field(default=None)

    @property
    def scale(self) -> float:
        """What the product of the factors is multiplied by."""
        return self.alpha / self.rank

    @property
    def whole(self) -> bool:
        """Whether a slot holds every weight of the model."""
        return bool(self.pieces) and not self.shapes

    @property
    def sizes(self) -> list[int]:
        """The lengths of A and B of every layer, and of every piece, in a row of `values_SP`."""
        factors = [size for shape in self.shapes for size in (self.rank * shape.inputs, self.rank * shape.outputs)]
        return factors + [math.prod(piece.shape) for piece in self.pieces]

    def factors(self, values_GP: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Return `(A_GRI, B_GOR)` of every layer as views of `values_GP`."""
        return self.views(values_GP)[0]

    def views(self, values_GP: Tensor) -> tuple[list[tuple[Tensor, Tensor]], list[Tensor]]:
        """Return the factors and the pieces of these slots as views of `values_GP`."""
        parts = values_GP.split(self.sizes, dim=1)  # type: ignore[no-untyped-call]
        count = 2 * len(self.shapes)
        factors = [
            (a.view(-1, self.rank, shape.inputs), b.view(-1, shape.outputs, self.rank))
            for a, b, shape in zip(parts[:count:2], parts[1:count:2], self.shapes, strict=True)
        ]
        pieces = [part.view(-1, *piece.shape) for part, piece in zip(parts[count:], self.pieces, strict=True)]
        return factors, pieces

    @torch.no_grad()
    def untrained(self, row: int) -> bool:
        """Tell whether a slot still answers as the base does: every B is 0, every piece the base's, as at the start."""
        if self.drawn:
            return False
        factors, pieces = self.views(self.values_SP[row : row + 1])
        changed = any(b_GOR.any() for _, b_GOR in factors)
        return not changed and all(
            torch.equal(own[0], piece.base.to(own)) for own, piece in zip(pieces, self.pieces, strict=True)
        )

    def of(self, slots: Sequence[int]) -> Tensor:
        """Return the rows of these slots, without a copy where they are all."""
        everyone = list(slots) == list(range(len(self.values_SP)))
        return self.values_SP if everyone else self.values_SP[list(slots)]

    @contextmanager
    def seated(
        self,
        slots: Sequence[int],
        *,
        rows: int,
        columns: int,
        maps: Sequence[Map | None] = (),
        dropout: LostFeatures | None = None,
    ) -> Iterator[None]:
        """Put these slots to work: each takes `rows / len(slots)` consecutive rows of the batch.

        `maps` are a single slot's as `settled` returns them, without which it is merged or not as is cheaper.
        """
        before = self.seating
        complete = bool(maps) and None not in maps and not self.pieces
        factors, pieces = ([], []) if complete else self.views(self.of(slots))
        self.seating = Seating(factors, pieces, len(slots), rows, columns, maps, dropout)
        try:
            yield
        finally:
            self.seating = before

    @contextmanager
    def again(self, seating: Seating, *, rows: int, columns: int) -> Iterator[None]:
        """Put the slots of a seating to work once more, for a batch of another shape; gradients reach what it holds."""
        before = self.seating
        self.seating = replace(seating, rows=rows, columns=columns)
        try:
            yield
        finally:
            self.seating = before


def check_rows(x: Tensor, seating: Seating, name: str) -> None:
    """Refuse a layer whose rows are no longer those of the batch in order, as an expert's are."""
    in_order = x.shape[0] == (seating.rows if x.dim() >= 3 else seating.rows * seating.columns)
    if not in_order:
        raise ModelError(
            f"layer {name!r} received a tensor of shape {tuple(x.shape)} in a batch of {seating.rows} rows of "
            f"{seating.columns} tokens: its rows cannot be told apart by student; leave it out of lora.targets"
        )
