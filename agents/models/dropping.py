"""Features that an adapter does not see in a step of training, drawn token by token of its own student's texts.

Dropout of what goes into A, as PEFT has it: each feature is 0 with a probability, what is left is divided by one less
it (Srivastava et al. 2014, JMLR 15). Changed: a mask is drawn by a seed of the slot's own for each step and layer, over
that slot's tokens in their own order, so that no padding, no neighbour and no way of laying texts out moves it, and a
block that is computed again meets the same. What branches share is read once, and loses the same for all of them.
Axes: S slots, B trees of a slot, T = S·B trees, M sequences, C columns, G slots at work, N rows of a slot, L layers,
K branches, I inputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from simulation.core.errors import ModelError
from simulation.core.packing import Tree, own, shared, size


@dataclass(frozen=True, slots=True, kw_only=True)
class LostFeatures:
    """What the slots at work lose of a batch."""

    share: float
    """How probably a feature is lost."""
    seeds_GL: Sequence[Sequence[int]]
    places_GN: Tensor
    """Which of its slot's own tokens stands in each row; padding has any."""
    tokens_G: Sequence[int]
    """How many tokens each slot has of its own."""

    def of(self, x_GNI: Tensor, layer: int, name: str) -> Tensor:
        """Return what is left of the inputs of a layer, not yet divided."""
        if x_GNI.shape[1] != self.places_GN.shape[1]:
            raise ModelError(
                f"layer {name!r} reads other rows than a batch has tokens, so that none can be dropped as its student "
                "would alone; leave it out of lora.targets, or set lora.dropout to 0"
            )
        return x_GNI * torch.stack([self._kept(slot, layer, x_GNI.shape[2]) for slot in range(len(x_GNI))])

    def _kept(self, slot: int, layer: int, inputs: int) -> Tensor:
        """Return `kept_NI`, True where a feature of a row stays."""
        device = self.places_GN.device
        draws = torch.Generator(device=device).manual_seed(self.seeds_GL[slot][layer])
        mask_NI = torch.empty((self.tokens_G[slot], inputs), dtype=torch.bool, device=device)
        return mask_NI.bernoulli_(1 - self.share, generator=draws).index_select(0, self.places_GN[slot])


def places(
    trees: Sequence[Tree], slots: int, is_own_T: NDArray[np.bool_], within_MC: NDArray[np.int64]
) -> tuple[NDArray[np.int64], list[int]]:
    """Return `places_GN` among each slot's own tokens and how many those are, from the places within their trees.

    A tree may be laid out in several sequences; trees that only fill a slot up have no tokens of their own.
    """
    sizes_GB = (np.array([*map(size, trees)]) * is_own_T).reshape(slots, -1)
    firsts_T = (sizes_GB.cumsum(1) - sizes_GB).flatten()
    places_MC = within_MC + firsts_T.repeat(len(within_MC) // len(trees))[:, None]
    tokens_G1 = sizes_GB.sum(1, keepdims=True)
    return np.minimum(places_MC.reshape(slots, -1), tokens_G1 - 1), tokens_G1[:, 0].tolist()


def within_packed(trees: Sequence[Tree], columns: int) -> NDArray[np.int64]:
    """Return each column's place in its tree, where a tree ends in the last column."""
    sizes_T1 = np.array([*map(size, trees)])[:, None]
    within_MC: NDArray[np.int64] = np.maximum(np.arange(columns) - (columns - sizes_T1), 0)
    return within_MC


def within_plain(trees: Sequence[Tree], branches: int, columns: int) -> NDArray[np.int64]:
    """Return each column's place in its tree, where every branch is a sequence behind the whole trunk.

    The last token of a branch, which a tree does not read, and padding are given the last place.
    """
    columns_C = np.arange(columns)
    rows = []
    for tree in trees:
        trunk, first = len(tree.prompt) + shared(tree), 0
        lengths = [*map(len, own(tree))]
        for branch in range(branches):
            rows.append(np.where(columns_C < trunk, columns_C, columns_C + first))
            first += lengths[branch] if branch < len(lengths) else 0
        rows[-branches:] = [np.minimum(row_C, size(tree) - 1) for row_C in rows[-branches:]]
    return np.stack(rows)
