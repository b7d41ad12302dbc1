"""How sure a student was of an answer."""

import numpy as np

from simulation.core.types import Ranking


def confidence(ranking: Ranking | None) -> float | None:
    """Return the normalised probability of the alternative taken, or None where the alternatives were not scored."""
    if ranking is None or ranking.taken is None or not ranking.logprobs:
        return None
    logprobs = np.asarray(ranking.logprobs)
    odds = np.exp(logprobs - logprobs.max())
    return float(odds[ranking.taken] / odds.sum())
