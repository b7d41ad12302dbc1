"""How like the texts of a catalogue are by the words of their titles and by their tags.

The cosine of vectors with a component for each word and tag of a text's items, weighed by how rare it is, log(V / n)
for one that n of V texts have (Spärck Jones 1972, "A statistical interpretation of term specificity", J. Documentation
28:11).
"""

import re
from functools import lru_cache
from typing import Any

import numpy as np

from agents.counting.answering import CELLS
from agents.counting.windows import texts_of
from simulation.core.catalogue import Catalogue, catalogue

_WORD = re.compile(r"\w+")


@lru_cache(maxsize=8)
def nearest(name: str, neighbours: int) -> Any:
    """Return the cosine of every text with the others likest it, 0 elsewhere, as a CSR matrix (Any: SciPy is untyped).

    All of them are above 0. Of equals the earlier in the catalogue is the liker.
    """
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

    features_VF = features(catalogue(name))
    size = features_VF.shape[0]
    width = min(neighbours, size - 1)
    rows, columns, cosines = [], [], []
    for first in range(0, size if width else 0, step := max(1, CELLS // size)):
        block_RV = (features_VF[first : first + step] @ features_VF.T).toarray()
        own_R = np.arange(len(block_RV))
        block_RV[own_R, first + own_R] = 0.0
        order_RN = np.argsort(-block_RV, axis=1, kind="stable")[:, :width]
        rows.append(np.repeat(first + own_R, width))
        columns.append(order_RN.ravel())
        cosines.append(np.take_along_axis(block_RV, order_RN, axis=1).ravel())
    if not rows:
        return csr_matrix((size, size))
    near = csr_matrix((np.concatenate(cosines), (np.concatenate(rows), np.concatenate(columns))), shape=(size, size))
    near.eliminate_zeros()
    return near


def features(items: Catalogue) -> Any:
    """Return a vector of length 1 for each text, of 0 where nothing is known of it (Any: SciPy is untyped)."""
    from scipy.sparse import csr_matrix, diags

    place_of_item = texts_of(items.name).place_of_item
    tags = items.tags or ((),) * len(items.items)
    features_of_texts = {
        (place_of_item[item], feature): None
        for item, title, own_tags in zip(items.items, items.titles, tags, strict=True)
        for feature in (*_WORD.findall(title.casefold()), *(f"tag {tag.casefold()}" for tag in own_tags))
    }
    columns: dict[str, int] = {}
    pairs = [(place, columns.setdefault(feature, len(columns))) for place, feature in features_of_texts]
    rows_E, columns_E = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    size = len(items.sharing)
    often_F = np.bincount(columns_E, minlength=len(columns))
    weights_E = np.log(size / often_F)[columns_E]
    matrix_VF = csr_matrix((weights_E, (rows_E, columns_E)), shape=(size, max(1, len(columns))))
    length_V = np.sqrt(np.asarray(matrix_VF.multiply(matrix_VF).sum(axis=1)).ravel())
    return (diags(1.0 / np.where(length_V > 0, length_V, 1.0)) @ matrix_VF).tocsr()
