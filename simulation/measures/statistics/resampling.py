"""The two-level bootstrap of differences by seed and question."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.measures.statistics.estimate import Estimate, row_of


def bootstrap(
    differences: Sequence[ArrayLike],
    *,
    generator: np.random.Generator,
    shared_questions: bool,
    level: float = 0.95,
    draws: int = 2000,
) -> Estimate:
    """Return the mean over seeds of the mean over questions, with its two-level percentile bootstrap interval.

    `differences` holds a row a seed. Seeds are drawn with replacement, then questions: anew within each drawn seed, or,
    where all seeds put the same questions, once for all of them (Owen 2007, "The pigeonhole bootstrap", arXiv
    0712.1111), because the luck of a question set is then common to the seeds. One row leaves only the questions.
    """
    rows = [row_of(row) for row in differences]
    if not rows:
        raise ValueError("a bootstrap needs at least one seed, got none")
    if shared_questions and len({row.size for row in rows}) > 1:
        raise ValueError(f"shared questions need rows of one length, got {sorted({row.size for row in rows})}")
    drawn_DS = generator.integers(0, len(rows), (draws, len(rows)))
    if shared_questions:
        means = _shared(np.stack(rows), drawn_DS, generator)
    else:
        means = np.array(
            [
                np.mean([rows[seed][generator.integers(0, rows[seed].size, rows[seed].size)].mean() for seed in seeds])
                for seeds in drawn_DS
            ]
        )
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(np.mean([row.mean() for row in rows])), float(low), float(high))


def _shared(
    values_SQ: NDArray[np.float64], drawn_DS: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.float64]:
    """Return the mean of each draw of seeds and questions, a few draws at a time to bound the memory."""
    questions = values_SQ.shape[1]
    step = max(1, 2_000_000 // values_SQ.size)
    means = []
    for start in range(0, len(drawn_DS), step):
        seeds_DS = drawn_DS[start : start + step]
        questions_DQ = generator.integers(0, questions, (len(seeds_DS), questions))
        means_DS = values_SQ[:, questions_DQ].mean(axis=2).T
        means.append(np.take_along_axis(means_DS, seeds_DS, axis=1).mean(axis=1))
    return np.concatenate(means)
