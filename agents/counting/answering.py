"""Requests for lists, answered in groups of one slot and one catalogue, whatever gives the log-probabilities."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from agents.counting.lists import lists
from agents.counting.windows import form_of, history_of, texts_of
from simulation.core.calls import Completion, Request

CELLS = 1 << 22
"""Scores that are held at once."""
History = tuple[int, ...]
"""Places among a catalogue's texts, oldest first."""
Logprobs = Callable[[str, str, Sequence[History]], NDArray[np.float64]]
"""Gives a slot's `logprobs_QV` of every text of a catalogue after each history."""


def listed(requests: Sequence[Request], source: str, logprobs: Logprobs) -> list[Completion]:
    """Return a list for each request: the likeliest texts first, or drawn where it has a temperature."""
    completions: list[Completion] = [Completion()] * len(requests)
    for slot, name, places in chunks(requests, source):
        group = [requests[place] for place in places]
        logprobs_QV = logprobs(slot, name, histories(group, source, name))
        for place, completion in zip(places, lists(group, logprobs_QV, texts_of(name)), strict=True):
            completions[place] = completion
    return completions


def scored(requests: Sequence[Request], source: str, logprobs: Logprobs) -> list[tuple[float, ...]]:
    """Return the log-probability, nats, of each continuation, which must be a text of the catalogue."""
    rows: list[tuple[float, ...]] = [()] * len(requests)
    for slot, name, places in chunks(requests, source):
        group, texts = [requests[place] for place in places], texts_of(name)
        logprobs_QV = logprobs(slot, name, histories(group, source, name))
        for place, request, logprobs_V in zip(places, group, logprobs_QV, strict=True):
            rows[place] = tuple(float(logprobs_V[texts.place_of(text)]) for text in request.continuations)
    return rows


def chunks(requests: Sequence[Request], source: str) -> list[tuple[str, str, list[int]]]:
    """Return slot, catalogue and places of requests, of so many at once that their scores fit into memory."""
    groups: dict[tuple[str, str], list[int]] = {}
    for place, request in enumerate(requests):
        name = form_of(request.question, source).catalogue
        groups.setdefault((request.slot, name), []).append(place)
    parts = []
    for (slot, name), places in groups.items():
        step = max(1, CELLS // len(texts_of(name).texts))
        parts += [(slot, name, places[first : first + step]) for first in range(0, len(places), step)]
    return parts


def histories(requests: Sequence[Request], source: str, name: str) -> list[History]:
    """Return the history of each request's question."""
    return [history_of(form_of(request.question, source), texts_of(name)) for request in requests]
