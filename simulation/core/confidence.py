"""How sure a student was of an answer."""

import numpy as np

from simulation.core.types import Answer


def confidence(answer: Answer) -> float | None:
    """Return the normalised probability of the option taken, or None where the options were not scored."""
    if answer.confidence is not None:
        return answer.confidence
    if answer.choice is None or not answer.choice_logprobs:
        return None
    logprobs = np.asarray(answer.choice_logprobs)
    odds = np.exp(logprobs - logprobs.max())
    return float(odds[answer.choice] / odds.sum())
