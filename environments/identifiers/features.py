"""Features of items from their texts and from what is taken together, made offline and equal when repeated.

Texts: TF-IDF of words and tags, then a truncated singular value decomposition (Deerwester et al., JASIS 1990).
Behaviour: positive pointwise mutual information of the items that follow one another in training histories, then the
same decomposition (Levy & Goldberg, NeurIPS 2014, eq. 8 with one negative sample; singular vectors weighted by the
root of their values, their section 3.2). Whether behaviour beside text makes better identifiers is for a trial to say.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from environments.identifiers.clusters import Floats, Places
from simulation.core.errors import DataError

if TYPE_CHECKING:
    from scipy.sparse import csr_array  # type: ignore[import-untyped]

WORDS = re.compile(r"[^\W_]+")
DIMENSIONS = 64
BEHAVIOUR_WEIGHT = 0.7
"""Of behaviour beside text."""
REACH = 3
"""How far apart in a history two items still count as taken together; a pair d apart weighs 1/d."""
_DENSE = 1500
"""Rows up to which a matrix is decomposed whole, which is exact."""


def text_features(texts: Sequence[str], tags: Sequence[Sequence[str]] = (), *, dimensions: int = DIMENSIONS) -> Floats:
    """Return at most `dimensions` features of unit length an item, from its words and its tags (each one term).

    An item without any word has features of 0.
    """
    if tags and len(tags) != len(texts):
        raise DataError(f"{len(texts)} texts have {len(tags)} lists of tags; give one list a text")
    terms = [
        Counter([*WORDS.findall(text.lower()), *(f"tag {tag}" for tag in (tags[place] if tags else ()))])
        for place, text in enumerate(texts)
    ]
    vocabulary = {term: column for column, term in enumerate(sorted({term for counts in terms for term in counts}))}
    if not vocabulary:
        raise DataError(f"none of {len(texts)} texts has a word; give items titles")
    rows = np.repeat(np.arange(len(texts)), [len(counts) for counts in terms])
    columns = np.array([vocabulary[term] for counts in terms for term in counts])
    counts_P = np.array([count for counts in terms for count in counts.values()], dtype=np.float64)
    idf_V = np.log((1 + len(texts)) / (1 + np.bincount(columns, minlength=len(vocabulary)))) + 1.0
    weights_P = (1.0 + np.log(counts_P)) * idf_V[columns]
    norms_N = np.sqrt(np.bincount(rows, weights_P**2, minlength=len(texts)))
    matrix_NV = _sparse(weights_P / norms_N[rows], rows, columns, (len(texts), len(vocabulary)))
    return unit_rows(_decomposed(matrix_NV, dimensions, power=1.0))


def windowed_pairs(histories: Sequence[Sequence[int]], *, reach: int = REACH) -> tuple[Places, Floats]:
    """Return pairs [P, 2] of places at most `reach` apart in a history, the earlier item first, and weights 1/d."""
    pairs: list[npt.NDArray[np.int64]] = [np.zeros((0, 2), dtype=np.int64)]
    weights: list[npt.NDArray[np.float64]] = [np.zeros(0)]
    for history in histories:
        items = np.asarray(history, dtype=np.int64)
        for distance in range(1, min(reach, len(items) - 1) + 1):
            pairs.append(np.stack([items[:-distance], items[distance:]], axis=1))
            weights.append(np.full(len(items) - distance, 1.0 / distance))
    return np.concatenate(pairs), np.concatenate(weights)


def target_pairs(windows: Iterable[tuple[Sequence[int], int]], *, reach: int = REACH) -> tuple[Places, Floats]:
    """Return pairs [P, 2] of a window's last items, each with its target, and weights 1/d.

    Where every prefix of a history is a window, each pair occurs once: these are the pairs of `windowed_pairs`.
    """
    pairs, weights = [], []
    for history, target in windows:
        for distance, item in enumerate(reversed(history[-reach:]), start=1):
            pairs.append((item, target))
            weights.append(1.0 / distance)
    return np.array(pairs, dtype=np.int64).reshape(-1, 2), np.array(weights, dtype=np.float64)


def weighted_pairs(
    pairs_P2: npt.ArrayLike, count: int, weights_P: npt.ArrayLike | None = None
) -> tuple[Places, Floats]:
    """Return pairs of places of `count` items and what each weighs (1 where nothing says); refuses others."""
    pairs = np.asarray(pairs_P2, dtype=np.int64).reshape(-1, 2)
    weights = np.ones(len(pairs)) if weights_P is None else np.asarray(weights_P, dtype=np.float64)
    outside = pairs[(pairs < 0) | (pairs >= count)]
    if len(outside):
        raise DataError(f"a pair names item {int(outside[0])} of {count}; give places from 0 to {count - 1}")
    if weights.shape != (len(pairs),) or not (np.isfinite(weights) & (weights >= 0.0)).all():
        raise DataError(f"{len(pairs)} pairs have {weights.size} weights; give each one that is not negative")
    return pairs, weights


def behaviour_features(
    pairs_P2: npt.ArrayLike, count: int, weights_P: npt.ArrayLike | None = None, *, dimensions: int = DIMENSIONS
) -> Floats:
    """Return at most `dimensions` features of unit length for each of `count` items, from pairs taken together.

    Either order of a pair counts alike, an item with itself nothing. An item in no pair has features of 0.
    """
    pairs, weights = weighted_pairs(pairs_P2, count, weights_P)
    apart = pairs[:, 0] != pairs[:, 1]
    pairs, weights = pairs[apart], weights[apart]
    if not len(pairs):
        raise DataError("no two different items were taken together; give longer training histories")
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    together = _sparse(np.concatenate([weights, weights]), rows, columns, (count, count)).tocoo()
    margins_N = np.asarray(together.sum(axis=1)).reshape(-1)
    expected = margins_N[together.row] * margins_N[together.col] / margins_N.sum()
    information = np.maximum(np.log(together.data / expected), 0.0)
    return unit_rows(
        _decomposed(_sparse(information, together.row, together.col, (count, count)), dimensions, power=0.5)
    )


def item_features(text_NF: Floats, behaviour_NF: Floats, *, weight: float = BEHAVIOUR_WEIGHT) -> Floats:
    """Return text and behaviour side by side, behaviour shrunk by `weight`."""
    return np.concatenate([text_NF, weight * behaviour_NF], axis=1)


def unit_rows(rows_NF: Floats) -> Floats:
    """Scale rows to length 1; rows of 0 stay."""
    norms_N = np.linalg.norm(rows_NF, axis=1, keepdims=True)
    return rows_NF / np.where(norms_N > 1e-12, norms_N, 1.0)


def _sparse(values: Floats, rows: Places, columns: Places, shape: tuple[int, int]) -> "csr_array":
    """Return a matrix of these cells; repeated cells are summed."""
    from scipy.sparse import csr_array

    matrix = csr_array((values, (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    return matrix


def _decomposed(matrix: "csr_array", dimensions: int, power: float) -> Floats:
    """Return left singular vectors times their values to a power, the greatest first.

    Each vector's sign is that which makes its largest entry positive, so that equal matrices give equal features.
    """
    if min(matrix.shape) <= _DENSE:
        left, values, _ = np.linalg.svd(matrix.toarray(), full_matrices=False)
    else:
        left, values = _largest(matrix, dimensions)
    left, values = left[:, :dimensions], values[:dimensions]
    rank = max(1, int((values > 1e-10 * values[0]).sum()))
    left, values = left[:, :rank], values[:rank]
    peaks = left[np.abs(left).argmax(axis=0), np.arange(left.shape[1])]
    vectors: Floats = left * np.where(peaks < 0, -1.0, 1.0) * values**power
    return vectors


def _largest(matrix: Any, dimensions: int) -> tuple[Floats, Floats]:
    """Return the largest singular values and their left vectors, by Lanczos from a start that is always the same."""
    from scipy.sparse.linalg import svds  # type: ignore[import-untyped]

    start = np.ones(min(matrix.shape)) / np.sqrt(min(matrix.shape))
    left, values, _ = svds(matrix, k=min(dimensions, min(matrix.shape) - 1), v0=start, return_singular_vectors="u")
    order = np.argsort(-values, kind="stable")
    return left[:, order], values[order]
