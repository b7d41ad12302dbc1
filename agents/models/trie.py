"""The texts of a catalogue as a trie in flat arrays: which token may follow which, for many beams at once.

A node's children stand side by side among the nodes of the next depth, so that a child's place is also its node
(compressed sparse rows); small levels have a table of all children besides, as in STATIC (Su et al. 2026,
arXiv 2602.22647, section 4), from which this differs in that a level counts its own tokens only, not the vocabulary.
Axes: R searches, W beams, A tokens that occur at a depth, N nodes, B the most children of a node, L texts, T tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

TABLE = 2**17
"""The most entries of a level's table of children."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What may follow the nodes of one depth."""

    alphabet_A: Tensor
    """The tokens that occur here, ascending."""
    starts_N: Tensor
    """Each node's first child among the nodes of the next depth, and at the end their number."""
    codes_C: Tensor
    """The place of each child's token in the alphabet, followed by as many zeros as a node may have children."""
    leaves_C: Tensor | None
    """The first text below each child in the order of the trie, and at the end their number; None where each is one."""
    widest: int
    """The most children of a node."""
    end: int | None
    """The place in the alphabet of the token that ends a text, where one ends here."""
    full: bool
    """Whether every token of the alphabet may follow every node."""
    table_NA: Tensor | None = None
    """The child for each node and token, -1 where there is none; only of a small level that is not full."""

    @property
    def children(self) -> int:
        """The nodes of the next depth."""
        return len(self.codes_C) - self.widest

    @property
    def nbytes(self) -> int:
        """The memory that the arrays take."""
        arrays = (self.alphabet_A, self.starts_N, self.codes_C, self.leaves_C, self.table_NA)
        return sum(array.nbytes for array in arrays if array is not None)

    def allowed(self, nodes_RW: Tensor, scores_RWA: Tensor) -> Tensor:
        """Return the score of each child, `(R, W, A or B)`, minus infinity where there is none."""
        if self.full:
            return scores_RWA
        if self.table_NA is not None:
            return scores_RWA.masked_fill(self.table_NA[nodes_RW] < 0, -torch.inf)
        starts_RW1 = self.starts_N[nodes_RW].unsqueeze(-1)
        counts_RW1 = self.starts_N[nodes_RW + 1].unsqueeze(-1) - starts_RW1
        offsets_B = torch.arange(self.widest, dtype=starts_RW1.dtype, device=starts_RW1.device)
        scores_RWB = scores_RWA.gather(-1, self.codes_C[starts_RW1 + offsets_B].long())
        return scores_RWB.masked_fill_(offsets_B >= counts_RW1, -torch.inf)

    def ending(self, nodes_RW: Tensor) -> Tensor:
        """Say which of `allowed` end a text, for a level that has no table."""
        starts_RW1 = self.starts_N[nodes_RW].unsqueeze(-1)
        offsets_B = torch.arange(self.widest, dtype=starts_RW1.dtype, device=starts_RW1.device)
        return self.codes_C[starts_RW1 + offsets_B].eq(self.end or 0)

    def child(self, nodes_RK: Tensor, places_RK: Tensor) -> Tensor:
        """Return the nodes of the next depth that stand in these places of `allowed`."""
        if self.table_NA is not None:
            return self.table_NA[nodes_RK, places_RK].long()
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
    starts_N = np.concatenate([[0], np.cumsum(counts_N)]).astype(np.int32)
    widest, nodes, size = int(counts_N.max()), len(counts_N), len(alphabet)
    full = bool((counts_N == size).all())
    table_NA = None
    if not full and end is None and nodes * size <= TABLE:
        table = np.full((nodes, size), -1, dtype=np.int32)
        table[np.repeat(np.arange(nodes), counts_N), codes_C] = np.arange(len(codes_C), dtype=np.int32)
        table_NA = torch.from_numpy(table).to(device)
    kind = np.uint8 if size <= 256 else np.int16 if size <= 2**15 else np.int32
    return Level(
        alphabet_A=torch.from_numpy(alphabet).to(device),
        starts_N=torch.from_numpy(starts_N).to(device),
        codes_C=torch.from_numpy(np.append(codes_C.astype(kind), np.zeros(widest, dtype=kind))).to(device),
        leaves_C=None if leaves_C is None else torch.from_numpy(leaves_C).to(device),
        widest=widest,
        end=end,
        full=full,
        table_NA=table_NA,
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
