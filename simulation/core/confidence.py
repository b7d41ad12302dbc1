"""How sure a student was of an answer."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulation.core.types import Ranking


def confidence(ranking: Ranking | None) -> float | None:
    """Return the normalised probability of the alternative taken, or None where the alternatives were not scored."""
    sure = confidences([] if ranking is None else [ranking])
    return float(sure[0]) if sure.size else None


def confidences(rankings: Sequence[Ranking]) -> NDArray[np.float64]:
    """Return the same of each ranking whose alternatives were scored and of which one was taken, in their order."""
    scored = [ranking for ranking in rankings if ranking.taken is not None and ranking.logprobs]
    sure = np.zeros(len(scored))
    widths = np.array([len(ranking.logprobs) for ranking in scored], dtype=np.int64)
    for width in np.unique(widths).tolist():
        places = np.flatnonzero(widths == width)
        rows = [scored[place] for place in places.tolist()]
        logprobs_RA = np.array([ranking.logprobs for ranking in rows])
        odds_RA = np.exp(logprobs_RA - logprobs_RA.max(axis=1, keepdims=True))
        taken = np.array([ranking.taken for ranking in rows], dtype=np.int64)
        sure[places] = odds_RA[np.arange(len(rows)), taken] / odds_RA.sum(axis=1)
    return sure
