"""Log-probabilities of continuations: one tree-masked sequence a prompt, or plain sequences where a model needs them.

Axes: S slots, B trees of a slot, R = S·B rows, L tokens of a row, C columns with logits, K branches, T branch tokens,
V vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from agents.models.forward import Abilities
from agents.models.slots import Adapters
from simulation.core.packing import Packed, Tree, pack, rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer:
    """A base with its adapters, ready to score trees."""

    module: nn.Module
    adapters: Adapters
    abilities: Abilities
    pad: int

    def logprobs(self, slots: Sequence[int], trees_SB: Sequence[Sequence[Tree]]) -> tuple[Tensor, Tensor]:
        """Return `(logprobs_SBKT, valid_SBKT)` of the branch tokens, nats; padded with zeros."""
        trees = square(trees_SB, self.pad)
        packed = pack(trees, pad=self.pad)
        device = self.adapters.values_SP.device
        valid_RKT = packed.valid_RKT.copy()
        for slot, trees_B in enumerate(trees_SB):
            first = slot * (len(trees) // len(trees_SB))
            valid_RKT[first + len(trees_B) : first + len(trees) // len(trees_SB)] = False
        if self.abilities.tree and self.fits(trees):
            logprobs_RKT = self._tree(slots, packed)
        else:
            logprobs_RKT = self._plain(slots, trees, packed)
        valid = torch.from_numpy(valid_RKT).to(device)
        shape = (len(trees_SB), -1, *valid.shape[1:])
        return logprobs_RKT.where(valid, 0.0).view(shape), valid.view(shape)

    def fits(self, trees: Sequence[Tree]) -> bool:
        """Say whether every path from a prompt to a branch's end is within the attention's reach."""
        return self.abilities.window is None or max(map(depth, trees)) <= self.abilities.window

    def _tree(self, slots: Sequence[int], packed: Packed) -> Tensor:
        device = self.adapters.values_SP.device
        seen = torch.from_numpy(packed.mask_RLL).to(device)
        dtype = next(self.module.parameters()).dtype
        mask_R1LL = torch.zeros(seen.shape, dtype=dtype, device=device)
        mask_R1LL = mask_R1LL.masked_fill_(~seen, torch.finfo(dtype).min).unsqueeze(1)
        rows, columns = packed.tokens_RL.shape
        first = columns - min(columns, rounded(columns - packed.first))
        with self.adapters.seated(slots, rows=rows, columns=columns):
            logits_RCV = self._logits(
                columns - first,
                input_ids=torch.from_numpy(packed.tokens_RL).to(device),
                attention_mask=mask_R1LL,
                position_ids=torch.from_numpy(packed.positions_RL).to(device),
            )
        return gather(logits_RCV, np.arange(rows)[:, None, None], packed.predictors_RKT - first, packed.targets_RKT)

    def _plain(self, slots: Sequence[int], trees: Sequence[Tree], packed: Packed) -> Tensor:
        """Score each branch as a sequence of its own, padded on the right where a causal model cannot see it."""
        branches, width = packed.valid_RKT.shape[1:]
        sequences = [
            (*tree.prompt, *(tree.branches[index] if index < len(tree.branches) else ()))
            for tree in trees
            for index in range(branches)
        ]
        columns = max(map(len, sequences))
        columns = min(rounded(columns), max(columns, self.abilities.longest or rounded(columns)))
        tokens_ML = np.full((len(sequences), columns), self.pad, dtype=np.int64)
        for row, sequence in enumerate(sequences):
            tokens_ML[row, : len(sequence)] = sequence
        first = min(len(tree.prompt) for tree in trees) - 1
        with self.adapters.seated(slots, rows=len(sequences), columns=columns):
            tokens = torch.from_numpy(tokens_ML).to(self.adapters.values_SP.device)
            everything = {"attention_mask": torch.ones_like(tokens)} if self.abilities.masks else {}
            logits_MCV = self._logits(columns - first, input_ids=tokens, **everything)
        starts_R = np.array([len(tree.prompt) - 1 for tree in trees])
        predictors_RKT = starts_R[:, None, None] + np.arange(width) + np.zeros((branches, 1), dtype=np.int64)
        predictors_RKT = np.minimum(predictors_RKT, columns - 1) - first
        rows_RKT = np.arange(len(sequences)).reshape(len(trees), branches, 1)
        return gather(logits_MCV, rows_RKT, predictors_RKT, packed.targets_RKT)

    def _logits(self, keep: int, **inputs: Tensor) -> Tensor:
        """Return the logits of the last `keep` columns, at least float32."""
        if self.abilities.keeps:
            logits_RCV: Tensor = self.module(**inputs, use_cache=False, logits_to_keep=keep).logits
        else:
            logits_RCV = self.module(**inputs, use_cache=False).logits[:, -keep:]
        return logits_RCV if logits_RCV.dtype == torch.float64 else logits_RCV.float()


def gather(
    logits_RCV: Tensor, rows: NDArray[np.int64], columns: NDArray[np.int64], targets: NDArray[np.int64]
) -> Tensor:
    """Return the log-probability of each target at its (row, column)."""
    device = logits_RCV.device
    at = (torch.from_numpy(rows).to(device), torch.from_numpy(columns).to(device))
    normaliser_RC = logits_RCV.logsumexp(-1)
    return logits_RCV[(*at, torch.from_numpy(targets).to(device))] - normaliser_RC[at]


def square(trees_SB: Sequence[Sequence[Tree]], pad: int) -> list[Tree]:
    """Return every slot's trees one slot after the other, each slot filled up to `enough` for the longest."""
    most = enough(max(map(len, trees_SB)))
    filler = Tree(prompt=(pad,), branches=((pad,),))
    return [tree for row in trees_SB for tree in (*row, *[filler] * (most - len(row)))]


def enough(rows: int) -> int:
    """Return the next of few row counts (1, 2, 4, 8, 12, …): with every new shape kernels would pile up in memory."""
    return rounded(rows, 4) if rows > 2 else rows


def depth(tree: Tree) -> int:
    """Return the tokens of the longest path through a tree."""
    return len(tree.prompt) + max(map(len, tree.branches), default=0)


def length(tree: Tree) -> int:
    """Return the columns of a tree packed alone."""
    return rounded(len(tree.prompt) + sum(map(len, tree.branches)))
