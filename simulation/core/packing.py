"""Several continuations of one prompt packed into one sequence, so that what they share is computed once.

The trunk is the prompt with the tokens that all branches begin with. A branch sees the trunk and itself, never its
siblings, and its positions continue the trunk's: a model that takes this mask gives each branch exactly the
log-probability that it has alone (tree attention; Miao et al. 2023, "SpecInfer", arXiv 2305.09781, section 4.2, use the
same mask to verify speculated tokens). The last token of a branch is predicted and predicts nothing, so it is no input.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Token ids of a prompt (at least one) and of the branches that continue it (each at least one)."""

    prompt: tuple[int, ...]
    branches: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A batch of trees as arrays: R rows, L packed tokens, K branches a row, T tokens a branch.

    A row is padded on its left alone: its trunk is followed by what its branches have of their own, and all rows end in
    the last column.
    """

    tokens_RL: NDArray[np.int64]
    positions_RL: NDArray[np.int64]
    mask_RLL: NDArray[np.bool_]
    """True where a query (second axis) may see a key (last axis); padding sees only itself."""
    first: int
    """The first column whose logits predict a branch token."""
    predictors_RKT: NDArray[np.int64]
    """The column whose logits predict each branch token."""
    targets_RKT: NDArray[np.int64]
    valid_RKT: NDArray[np.bool_]


COLUMNS = 8
"""Lengths are rounded up to multiples of this: libraries keep a kernel for every shape they meet, so few shapes keep
memory flat and save the time to make kernels."""


def rounded(size: int, multiple: int = COLUMNS) -> int:
    """Return `size`, rounded up to a multiple."""
    return -(-size // multiple) * multiple


@lru_cache(maxsize=256)
def _triangle(width: int) -> NDArray[np.bool_]:
    """Return what causal attention sees; few widths are met, again and again."""
    mask_WW: NDArray[np.bool_] = np.tri(width, dtype=np.bool_)
    mask_WW.setflags(write=False)
    return mask_WW


def shared(tree: Tree) -> int:
    """Return how many tokens behind the prompt all branches begin with, of which each is followed by another."""
    if not tree.branches:
        return 0
    first, last = min(tree.branches), max(tree.branches)  # what these have in common, all have
    same = [one == other for one, other in zip(first, last, strict=False)]
    count = same.index(False) if False in same else len(same)
    return min(count, max(map(len, tree.branches)) - 1)


def own(tree: Tree) -> list[tuple[int, ...]]:
    """Return what is read of each branch behind the trunk: not the last token, which predicts nothing."""
    first = shared(tree)
    return [branch[first:-1] for branch in tree.branches]


def size(tree: Tree) -> int:
    """Return how many tokens of a tree are read."""
    first = shared(tree)
    return len(tree.prompt) + first + sum(max(0, len(branch) - first - 1) for branch in tree.branches)


def pack(trees: Sequence[Tree], *, pad: int) -> Packed:
    """Pack one tree a row; `pad` is the token id that fills what is left."""
    rows = len(trees)
    length = rounded(max(map(size, trees)))
    branches = max(len(tree.branches) for tree in trees)
    longest = max((len(branch) for tree in trees for branch in tree.branches), default=0)
    tokens = np.full((rows, length), pad, dtype=np.int64)
    positions = np.zeros((rows, length), dtype=np.int64)
    mask = np.zeros((rows, length, length), dtype=np.bool_)
    mask[:, np.arange(length), np.arange(length)] = True
    predictors = np.full((rows, branches, longest), length - 1, dtype=np.int64)
    targets = np.full((rows, branches, longest), pad, dtype=np.int64)
    valid = np.zeros((rows, branches, longest), dtype=np.bool_)
    for row, tree in enumerate(trees):
        trunk = (*tree.prompt, *tree.branches[0][: shared(tree)]) if tree.branches else tree.prompt
        begin = length - size(tree)
        column = begin + len(trunk)
        tokens[row, begin:column] = trunk
        positions[row, begin:column] = np.arange(len(trunk))
        mask[row, begin:column, begin:column] = _triangle(len(trunk))
        on_trunk = [*range(begin + len(tree.prompt) - 1, column)]
        for index, (branch, behind) in enumerate(zip(tree.branches, own(tree), strict=True)):
            end = column + len(behind)
            tokens[row, column:end] = behind
            positions[row, column:end] = np.arange(len(trunk), len(trunk) + len(behind))
            mask[row, column:end, begin : begin + len(trunk)] = True
            mask[row, column:end, column:end] = _triangle(len(behind))
            predictors[row, index, : len(branch)] = [*on_trunk, *range(column, end)][: len(branch)]
            targets[row, index, : len(branch)] = branch
            valid[row, index, : len(branch)] = True
            column = end
    return Packed(
        tokens_RL=tokens,
        positions_RL=positions,
        mask_RLL=mask,
        first=int(predictors[valid].min()) if valid.any() else length - 1,
        predictors_RKT=predictors,
        targets_RKT=targets,
        valid_RKT=valid,
    )


def unpack(trees: Sequence[Tree]) -> list[Tree]:
    """Return one tree a branch, for a model that cannot take the mask: plain sequences, the prompt repeated."""
    return [Tree(prompt=tree.prompt, branches=(branch,)) for tree in trees for branch in tree.branches]
