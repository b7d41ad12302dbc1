"""Log-probabilities of continuations: one tree-masked sequence a prompt, or plain sequences where a model needs them.

Axes: S slots, B trees of a slot, R = S·B rows, L tokens of a row, M = R·L, C columns with logits, K branches,
T branch tokens, N tokens asked for, D features, V vocabulary.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from agents.models.dropping import LostFeatures, places, within_packed, within_plain
from agents.models.forward import Abilities
from agents.models.objectives import (
    Asked,
    OutputHead,
    at_once,
    exact,
    frozen_logprobs,
    target_logprobs,
    trained_logprobs,
    vocabulary,
)
from agents.models.slots import Adapters
from simulation.core.objectives import CROSS_ENTROPY, Objective
from simulation.core.packing import Packed, Tree, pack, rounded, size


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer:
    """A base with its adapters, ready to score trees."""

    module: nn.Module
    adapters: Adapters
    abilities: Abilities
    pad: int

    def logprobs(
        self, slots: Sequence[int], trees_SB: Sequence[Sequence[Tree]], objective: Objective = CROSS_ENTROPY
    ) -> tuple[Tensor, Tensor]:
        """Return `(logprobs_SBKT, valid_SBKT)` of the branch tokens, nats; padded with zeros.

        Their gradient is that of the objective.
        """
        trees = square(trees_SB, self.pad)
        packed = pack(trees, pad=self.pad)
        device = self.adapters.values_SP.device
        valid_RKT = packed.valid_RKT.copy()
        for slot, trees_B in enumerate(trees_SB):
            first = slot * (len(trees) // len(trees_SB))
            valid_RKT[first + len(trees_B) : first + len(trees) // len(trees_SB)] = False
        way = self._tree if self.abilities.tree and self.fits(trees) else self._plain
        logprobs_RKT = way(slots, trees, replace(packed, valid_RKT=valid_RKT), objective)
        shape = (len(trees_SB), -1, *valid_RKT.shape[1:])
        return logprobs_RKT.view(shape), torch.from_numpy(valid_RKT).to(device).view(shape)

    def fits(self, trees: Sequence[Tree]) -> bool:
        """Say whether every path from a prompt to a branch's end is within the attention's reach."""
        return self.abilities.window is None or max(map(depth, trees)) <= self.abilities.window

    def _tree(self, slots: Sequence[int], trees: Sequence[Tree], packed: Packed, objective: Objective) -> Tensor:
        device = self.adapters.values_SP.device
        seen = torch.from_numpy(packed.mask_RLL).to(device)
        dtype = next(self.module.parameters()).dtype
        mask_R1LL = torch.zeros(seen.shape, dtype=dtype, device=device)
        mask_R1LL = mask_R1LL.masked_fill_(~seen, torch.finfo(dtype).min).unsqueeze(1)
        rows, columns = packed.tokens_RL.shape
        inputs = {
            "input_ids": torch.from_numpy(packed.tokens_RL).to(device),
            "attention_mask": mask_R1LL,
            "position_ids": torch.from_numpy(packed.positions_RL).to(device),
        }
        keep = min(columns, rounded(columns - packed.first))
        rows_RKT = np.broadcast_to(np.arange(rows)[:, None, None], packed.valid_RKT.shape)
        dropout = self._dropout(slots, trees, packed, partial(within_packed, trees, columns))
        with self.adapters.seated(slots, rows=rows, columns=columns, dropout=dropout):
            return self._targets(inputs, keep, (rows_RKT, packed.predictors_RKT), packed, objective)

    def _plain(self, slots: Sequence[int], trees: Sequence[Tree], packed: Packed, objective: Objective) -> Tensor:
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
        tokens = torch.from_numpy(tokens_ML).to(self.adapters.values_SP.device)
        everything = {"attention_mask": torch.ones_like(tokens)} if self.abilities.masks else {}
        keep = columns - min(len(tree.prompt) for tree in trees) + 1
        starts_R = np.array([len(tree.prompt) - 1 for tree in trees])
        predictors_RKT = starts_R[:, None, None] + np.arange(width) + np.zeros((branches, 1), dtype=np.int64)
        rows_RK1 = np.arange(len(sequences)).reshape(len(trees), branches, 1)
        rows_RKT = np.broadcast_to(rows_RK1, packed.valid_RKT.shape)
        dropout = self._dropout(slots, trees, packed, partial(within_plain, trees, branches, columns))
        with self.adapters.seated(slots, rows=len(sequences), columns=columns, dropout=dropout):
            return self._targets(
                {"input_ids": tokens, **everything}, keep, (rows_RKT, predictors_RKT), packed, objective
            )

    def _dropout(
        self, slots: Sequence[int], trees: Sequence[Tree], packed: Packed, within: Callable[[], NDArray[np.int64]]
    ) -> LostFeatures | None:
        """Return what the slots lose, from each column's place in its tree; None where no step is taken."""
        if not self.adapters.dropping:
            return None
        is_own_R: NDArray[np.bool_] = packed.valid_RKT.reshape(len(trees), -1).max(axis=1)
        places_GN, tokens_G = places(trees, len(slots), is_own_R, within())
        return LostFeatures(
            share=self.adapters.dropout,
            seeds_GL=[self.adapters.dropping[slot] for slot in slots],
            places_GN=torch.from_numpy(places_GN).to(self.adapters.values_SP.device),
            tokens_G=tokens_G,
        )

    def _targets(
        self,
        inputs: dict[str, Tensor],
        keep: int,
        places: tuple[NDArray[np.int64], NDArray[np.int64]],
        packed: Packed,
        objective: Objective,
    ) -> Tensor:
        """Return the log-probability of each target after its place, a row and a column; 0 where it is not valid.

        Nothing before the last `keep` columns is asked for.
        """
        valid_RKT = packed.valid_RKT
        rows_N, columns_N = (places_RKT[valid_RKT] for places_RKT in places)
        device = self.adapters.values_SP.device
        targets_N = torch.from_numpy(packed.targets_RKT[valid_RKT]).to(device)
        if self.abilities.head is None:
            first = inputs["input_ids"].shape[1] - keep
            at = (torch.from_numpy(rows_N).to(device), torch.from_numpy(columns_N - first).to(device))
            logprob_N = target_logprobs(self._logits(keep, **inputs)[at], targets_N, objective)
        else:
            head = OutputHead(self.module)
            features_RLD = head.features(**inputs)
            places_N = torch.from_numpy(rows_N * features_RLD.shape[1] + columns_N).to(device)
            asked = Asked(features_MD=features_RLD.flatten(0, 1), places_N=places_N, targets_N=targets_N)
            size = at_once(vocabulary(self.module))
            if self.abilities.head == "frozen":
                logprob_N = frozen_logprobs(head, asked, objective, size)
            else:
                logprob_N = trained_logprobs(head, asked, rows_N, self.adapters, objective, size)
        logprobs_RKT = logprob_N.new_zeros(valid_RKT.shape)
        return logprobs_RKT.masked_scatter(torch.from_numpy(valid_RKT).to(device), logprob_N)

    def _logits(self, keep: int, **inputs: Tensor) -> Tensor:
        """Return the logits of the last `keep` columns, at least float32."""
        if self.abilities.keeps:
            return exact(self.module(**inputs, use_cache=False, logits_to_keep=keep).logits)
        return exact(self.module(**inputs, use_cache=False).logits[:, -keep:])


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
    return rounded(size(tree))
