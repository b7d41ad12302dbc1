"""Several continuations of one prompt packed into one sequence, so that the prompt is computed once.

A branch sees the prompt and itself, never its siblings, and its positions continue the prompt's: a model that takes
this mask gives each branch exactly the log-probability that it has alone (tree attention; Miao et al. 2023,
"SpecInfer", arXiv 2305.09781, section 4.2, use the same mask to verify speculated tokens).
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

    A row is padded on its left alone: its prompt is followed by its branches, and all rows end in the last column.
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


def size(tree: Tree) -> int:
    """Return how many tokens a tree holds."""
    return len(tree.prompt) + sum(map(len, tree.branches))


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
        prompt = len(tree.prompt)
        begin = length - size(tree)
        column = begin + prompt
        tokens[row, begin:column] = tree.prompt
        positions[row, begin:column] = np.arange(prompt)
        mask[row, begin:column, begin:column] = _triangle(prompt)
        for index, branch in enumerate(tree.branches):
            width = len(branch)
            tokens[row, column : column + width] = branch
            positions[row, column : column + width] = np.arange(prompt, prompt + width)
            mask[row, column : column + width, begin : begin + prompt] = True
            mask[row, column : column + width, column : column + width] = _triangle(width)
            predictors[row, index, :width] = [begin + prompt - 1, *range(column, column + width - 1)][:width]
            targets[row, index, :width] = branch
            valid[row, index, :width] = True
            column += width
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
