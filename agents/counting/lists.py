"""Lists of texts by their log-probability: the likeliest first, or drawn without replacement."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agents.counting.windows import Texts
from simulation.core.calls import Completion, Request


def lists(requests: Sequence[Request], logprobs_QV: NDArray[np.float64], texts: Texts) -> list[Completion]:
    """Return the lists that requests want, a row of log-probabilities each."""
    widths = [max(1, request.beams, request.texts) for request in requests]
    best_QB = best_first(logprobs_QV, max(widths, default=1))
    return [
        completion(texts, places := drawn(request, logprobs_V, best_B[:width]), logprobs_V[places])
        for request, logprobs_V, best_B, width in zip(requests, logprobs_QV, best_QB, widths, strict=True)
    ]


def best_first(logprobs_QV: NDArray[np.float64], width: int) -> NDArray[np.int64]:
    """Return the places of the `width` likeliest of each row, the likeliest first."""
    width = min(width, logprobs_QV.shape[1])
    if width < logprobs_QV.shape[1]:
        unordered_QB = np.argpartition(-logprobs_QV, width - 1, axis=1)[:, :width]
    else:
        unordered_QB = np.broadcast_to(np.arange(width), logprobs_QV.shape)
    order_QB = np.argsort(-np.take_along_axis(logprobs_QV, unordered_QB, axis=1), axis=1, kind="stable")
    return np.take_along_axis(unordered_QB, order_QB, axis=1)


def drawn(request: Request, logprobs_V: NDArray[np.float64], best_B: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of the texts that a request wants, of the likeliest; with a temperature they are drawn.

    Without replacement, by adding Gumbel noise and taking the greatest: Kool, van Hoof & Welling (2019), "Stochastic
    Beams and Where to Find Them", arXiv 1903.06059, equation 4. The noise is the request's own, by its seed.
    """
    if request.temperature == 0:
        return best_B[: request.texts]
    noise_B = np.random.default_rng(request.seed).gumbel(size=len(best_B))
    order_B = np.argsort(-(logprobs_V[best_B] / request.temperature + noise_B), kind="stable")
    return best_B[order_B[: request.texts]]


def completion(texts: Texts, places: NDArray[np.int64], logprobs: NDArray[np.float64]) -> Completion:
    """Return a list as the completion of a search, whose own text is its first."""
    beam = tuple(
        Completion(text=texts.texts[place], tokens=1, logprob=logprob)
        for place, logprob in zip(places.tolist(), logprobs.tolist(), strict=True)
    )
    return Completion(text=beam[0].text, tokens=1, logprob=beam[0].logprob, beam=beam)
