"""The texts of a catalogue as a trie in flat arrays: which token may follow which, for many beams at once.

A node's children stand side by side among the nodes of the next depth, so that a child's place is also its node, as
the compressed sparse rows of STATIC do (Su et al. 2026, arXiv 2602.22647, section 4). Other than there, a level counts
its own tokens, not the vocabulary's, names no next nodes, and is laid out in rows where it is small, not where it is
early; where any token may follow any node, nothing is looked up.
Axes: R searches, W beams, A tokens that occur at a depth, N nodes, B the most children of a node, L texts, T tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

TABLE = 2**16
"""The most places of a level for which what may follow each node is laid out in rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What may follow the nodes of one depth."""

    alphabet_A: Tensor
    """The tokens that occur here, ascending."""
    starts_N: Tensor
    """Each node's first child among the nodes of the next depth."""
    counts_N: Tensor
    """How many children each node has."""
    offsets_B: Tensor
    """The numbers from 0 to the most children of a node."""
    codes_C: Tensor
    """The place of each child's token in the alphabet, followed by as many zeros as a node may have children."""
    leaves_C: Tensor | None
    """The first text below each child in the order of the trie, and at the end their number; None where each is one."""
    end: int | None
    """The place in the alphabet of the token that ends a text, where one ends here."""
    full: bool
    """Whether every token of the alphabet may follow every node."""
    rows_NB: tuple[Tensor, Tensor] | None
    """What `codes` returns for every node, of a small level."""
    tokens_C: Tensor | None
    """What `tokens` returns for every child, of a small level."""

    @property
    def children(self) -> int:
        """The nodes of the next depth."""
        return self.codes_C.shape[0] - self.offsets_B.shape[0]

    @property
    def nbytes(self) -> int:
        """The memory that the arrays take."""
        arrays = (self.alphabet_A, self.starts_N, self.counts_N, self.offsets_B, self.codes_C)
        arrays = (*arrays, self.leaves_C, *(self.rows_NB or ()), self.tokens_C)
        return sum(array.nbytes for array in arrays if array is not None)

    def allowed(self, nodes_RW: Tensor, scores_RWA: Tensor) -> Tensor:
        """Return the score of each child, `(R, W, A or B)`, minus infinity where there is none."""
        if self.full:
            return scores_RWA
        codes_RWB, missing_RWB = self.codes(nodes_RW)
        return scores_RWA.gather(-1, codes_RWB).masked_fill_(missing_RWB, -torch.inf)

    def ending(self, nodes_RW: Tensor) -> Tensor:
        """Say which of `allowed` end a text."""
        return self.codes(nodes_RW)[0] == (-1 if self.end is None else self.end)

    def codes(self, nodes_RW: Tensor) -> tuple[Tensor, Tensor]:
        """Return the places of the tokens that follow each node, and which of them stand for none."""
        if self.rows_NB is not None:
            codes_NB, missing_NB = self.rows_NB
            return codes_NB[nodes_RW], missing_NB[nodes_RW]
        places_RWB = self.starts_N[nodes_RW].unsqueeze(-1) + self.offsets_B
        codes_RWB = self.codes_C.index_select(0, places_RWB.flatten()).view(places_RWB.shape)
        return codes_RWB.long(), self.offsets_B >= self.counts_N[nodes_RW].unsqueeze(-1)

    def child(self, nodes_RK: Tensor, places_RK: Tensor) -> Tensor:
        """Return the nodes of the next depth that stand in these places of `allowed`."""
        if self.full:
            return torch.add(places_RK, nodes_RK, alpha=self.alphabet_A.shape[0])
        return self.starts_N[nodes_RK] + places_RK

    def texts(self, children_RK: Tensor) -> Tensor:
        """Return the first text below each node of the next depth."""
        return children_RK if self.leaves_C is None else self.leaves_C[children_RK].long()

    def settled(self, children_RK: Tensor) -> Tensor:
        """Say below which nodes of the next depth there is one text alone."""
        if self.leaves_C is None:
            return torch.ones_like(children_RK, dtype=torch.bool)
        return (self.leaves_C[children_RK + 1] - self.leaves_C[children_RK]).eq(1)

    def tokens(self, children_RK: Tensor) -> Tensor:
        """Return the token that leads to each node of the next depth."""
        if self.tokens_C is not None:
            return self.tokens_C[children_RK]
        return self.alphabet_A[self.codes_C[children_RK].long()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trie:
    """The token sequences of different texts; `size` of them, in ascending order."""

    levels: tuple[Level, ...]
    size: int

    @property
    def ends(self) -> bool:
        """Whether texts are ended by a token of their own."""
        return any(level.end is not None for level in self.levels)

    @property
    def depth(self) -> int:
        """The tokens of the longest text."""
        return len(self.levels)

    @property
    def nbytes(self) -> int:
        """The memory that the arrays take."""
        return sum(level.nbytes for level in self.levels)


def padded(rows: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Return token sequences as the rows of an array, filled up with -1."""
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    tokens_LT = np.full((len(rows), int(lengths.max())), -1, dtype=np.int64)
    filled = np.arange(tokens_LT.shape[1]) < lengths[:, None]
    tokens_LT[filled] = np.fromiter((token for row in rows for token in row), dtype=np.int64, count=int(lengths.sum()))
    return tokens_LT


def build(
    tokens_LT: NDArray[np.int64], *, end: int | None = None, device: torch.device | str = "cpu"
) -> tuple[Trie, NDArray[np.int64]]:
    """Return the trie of sequences filled up with -1, and which row each of its texts was; equal rows are one text.

    `end` is the token that ends a text, where texts may go on behind others and so need one.
    """
    alphabets, codes = zip(*map(coded, tokens_LT.T), strict=True)
    order = ascending(codes, [len(alphabet) for alphabet in alphabets])
    new_T = changes([column[order] for column in codes])
    distinct = new_T[-1]
    levels = []
    nodes_L = np.zeros(len(order), dtype=np.int32)
    leaves_L = np.cumsum(distinct, dtype=np.int32) - 1
    nodes = 1
    for alphabet, column, new_L in zip(alphabets, codes, new_T, strict=True):
        sorted_codes_L = column[order]
        begins_L = new_L & (sorted_codes_L > 0)
        rows_C = np.flatnonzero(begins_L)
        counts_N = np.bincount(nodes_L[rows_C], minlength=nodes)
        place = int(np.searchsorted(alphabet, end)) if end is not None and end in alphabet else None
        nodes = len(rows_C)
        leaves_C = None if nodes == leaves_L[-1] + 1 else np.append(leaves_L[rows_C], leaves_L[-1] + 1)
        levels.append(level(alphabet, counts_N, sorted_codes_L[rows_C] - 1, leaves_C, place, device))
        nodes_L = np.cumsum(begins_L, dtype=np.int32) - 1
    return Trie(levels=tuple(levels), size=int(distinct.sum())), order[distinct]


def level(
    alphabet: NDArray[np.int64],
    counts_N: NDArray[np.int64],
    codes_C: NDArray[np.int64],
    leaves_C: NDArray[np.int32] | None,
    end: int | None,
    device: torch.device | str,
) -> Level:
    """Return one level of a trie whose nodes have these many children with these tokens."""
    starts_N = np.cumsum(counts_N) - counts_N
    widest, size = int(counts_N.max()), len(alphabet)
    kind = np.uint8 if size <= 256 else np.int16 if size <= 2**15 else np.int32
    bare = Level(
        alphabet_A=torch.from_numpy(alphabet).to(device),
        starts_N=torch.from_numpy(starts_N.astype(np.int32)).to(device),
        counts_N=torch.from_numpy(counts_N.astype(np.int32)).to(device),
        offsets_B=torch.arange(widest, dtype=torch.int32, device=device),
        codes_C=torch.from_numpy(np.append(codes_C.astype(kind), np.zeros(widest, dtype=kind))).to(device),
        leaves_C=None if leaves_C is None else torch.from_numpy(leaves_C).to(device),
        end=end,
        full=bool((counts_N == size).all()),
        rows_NB=None,
        tokens_C=None,
    )
    nodes_N, children_C = (torch.arange(size, device=device) for size in (len(counts_N), len(codes_C)))
    laid_out = not bare.full and len(counts_N) * widest <= TABLE
    return replace(
        bare,
        rows_NB=bare.codes(nodes_N) if laid_out else None,
        tokens_C=bare.tokens(children_C) if len(codes_C) <= TABLE else None,
    )


def coded(tokens_L: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the tokens of a column in ascending order, and for each row its token's place from 1 on, 0 for none."""
    present = np.bincount(tokens_L + 1, minlength=1) > 0
    present[0] = False
    places = np.cumsum(present, dtype=np.int32)
    places[0] = 0
    return np.flatnonzero(present) - 1, places[tokens_L + 1]


def ascending(codes: Sequence[NDArray[np.int32]], sizes: Sequence[int]) -> NDArray[np.int64]:
    """Return the order of the rows, packed into single numbers where these are small enough to be sorted as such."""
    bits = [size.bit_length() for size in sizes]
    count = len(codes[0])
    if sum(bits) + count.bit_length() > 63:
        return np.lexsort(codes[::-1])
    keys_L = np.zeros(count, dtype=np.int64)
    for column, width in zip(codes, bits, strict=True):
        keys_L <<= width
        keys_L |= column
    keys_L <<= count.bit_length()
    keys_L |= np.arange(count)
    keys_L.sort()
    keys_L &= (1 << count.bit_length()) - 1
    return keys_L


def changes(columns: Sequence[NDArray[np.int32]]) -> list[NDArray[np.bool_]]:
    """Say for each depth which rows, in order, differ from the row before in this column or an earlier one."""
    new_L = np.zeros(len(columns[0]), dtype=np.bool_)
    new_L[0] = True
    levels = []
    for column in columns:
        new_L = new_L.copy()
        new_L[1:] |= column[1:] != column[:-1]
        levels.append(new_L)
    return levels
