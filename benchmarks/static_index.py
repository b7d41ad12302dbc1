"""STATIC's constrained decoding in torch, written by us after its published algorithm, as something to compare with.

Su et al. 2026, "Vectorizing the Trie" (arXiv 2602.22647, sections 3 and 4): states are numbered over the whole trie,
two dense tables over pairs of the vocabulary hold the first two levels, and the rest are compressed sparse rows of
pairs (token, next state), of which as many as a level's widest node has are read for each beam.
Axes: M beams, V vocabulary, B children, L texts, E edges, S states.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True, slots=True)
class StaticIndex:
    """The texts of three tokens each."""

    start_V: Tensor
    dense_VV: Tensor
    states_VV: Tensor
    edges_E2: Tensor
    pointers_S: Tensor
    widest: int

    @classmethod
    def of(cls, tokens_LT: NDArray[np.int64], vocabulary: int) -> "StaticIndex":
        """Build the tables of different texts in ascending order."""
        first, second, third = tokens_LT.T
        pairs, state_L = np.unique(first * vocabulary + second, return_inverse=True)
        start_V = np.zeros(vocabulary, dtype=np.bool_)
        start_V[first] = True
        states_VV = np.zeros(vocabulary * vocabulary, dtype=np.int32)
        states_VV[pairs] = np.arange(len(pairs), dtype=np.int32)
        dense_VV = np.zeros(vocabulary * vocabulary, dtype=np.bool_)
        dense_VV[pairs] = True
        counts_S = np.bincount(state_L, minlength=len(pairs))
        padding = np.full((vocabulary, 2), (vocabulary, 0), dtype=np.int32)
        edges_E2 = np.stack([third.astype(np.int32), np.zeros(len(third), dtype=np.int32)], axis=1)
        return cls(
            torch.from_numpy(start_V),
            torch.from_numpy(dense_VV.reshape(vocabulary, vocabulary)),
            torch.from_numpy(states_VV.reshape(vocabulary, vocabulary)),
            torch.from_numpy(np.concatenate([edges_E2, padding])),
            torch.from_numpy(np.concatenate([[0], np.cumsum(counts_S)]).astype(np.int32)),
            int(counts_S.max()),
        )

    @property
    def nbytes(self) -> int:
        """The memory that the tables take."""
        tables = (self.start_V, self.dense_VV, self.states_VV, self.edges_E2, self.pointers_S)
        return sum(table.nbytes for table in tables)

    def first(self, logprobs_MV: Tensor) -> Tensor:
        """Mask what no text begins with."""
        return torch.where(self.start_V, logprobs_MV, torch.tensor(-torch.inf))

    def second(self, logprobs_MV: Tensor, parents_M: Tensor) -> Tensor:
        """Mask what does not follow a first token."""
        return torch.where(self.dense_VV[parents_M], logprobs_MV, torch.tensor(-torch.inf))

    def state(self, parents_K: Tensor, tokens_K: Tensor) -> Tensor:
        """Return the states behind two tokens."""
        return self.states_VV[parents_K, tokens_K]

    def third(self, logprobs_MV: Tensor, states_M: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the log-probabilities of what follows each state, its tokens and the next states."""
        starts_M = self.pointers_S[states_M.long()]
        counts_M = self.pointers_S[states_M.long() + 1] - starts_M
        offsets_B = torch.arange(self.widest)
        places_MB = (starts_M.unsqueeze(1) + offsets_B).clamp(max=len(self.edges_E2) - 1)
        edges_MB2 = self.edges_E2[places_MB]
        tokens_MB, next_MB = edges_MB2[..., 0], edges_MB2[..., 1]
        logprobs_MB = logprobs_MV.gather(1, tokens_MB.long().clamp(max=logprobs_MV.shape[1] - 1))
        valid_MB = offsets_B < counts_M.unsqueeze(1)
        return torch.where(valid_MB, logprobs_MB, torch.tensor(-torch.inf)), tokens_MB, next_MB
