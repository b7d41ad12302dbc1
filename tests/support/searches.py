"""Catalogues of letters that a tiny model searches, requests within them, and what their items score."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from agents.models.causal import CausalLearner
from simulation.core.calls import Completion, Request
from simulation.core.catalogue import Catalogue
from tests.support.learners import PROMPTS


def shop(texts: Sequence[str]) -> Catalogue:
    """Return a catalogue of items written so."""
    names = tuple(f"item-{number}" for number in range(len(texts)))
    return Catalogue(items=names, codes=tuple(tuple(text) for text in texts), titles=names)


def titled(titles: Sequence[str]) -> Catalogue:
    """Return a catalogue of items written by their titles."""
    names = tuple(f"item-{number}" for number in range(len(titles)))
    return Catalogue(items=names, codes=tuple((title,) for title in titles), titles=tuple(titles))


def identifiers(seed: int, count: int, depth: int = 3, letters: str = "abcdef") -> list[str]:
    """Return random identifiers, some of which may be equal."""
    stream = np.random.default_rng(seed)
    return ["".join(stream.choice(list(letters), size=depth)) for _ in range(count)]


def titles_of(seed: int, count: int) -> list[str]:
    """Return random titles of 1 to 6 letters, of which some begin with others."""
    stream = np.random.default_rng(seed)
    return ["".join(stream.choice(list("abc"), size=stream.integers(1, 7))) for _ in range(count)]


def asked(model: CausalLearner, within: Catalogue, **fields: Any) -> list[Request]:
    """Return a request for each prompt and slot."""
    return [
        Request(slot=slot, prompt=prompt, within=within.name, **{"beams": 5, "texts": 5, **fields})
        for slot in model.slots
        for prompt in PROMPTS
    ]


def listed(completion: Completion) -> list[str]:
    return [text.text for text in completion.beam]


def assert_same(one: Completion, other: Completion) -> None:
    assert listed(one) == listed(other)
    assert [text.logprob for text in one.beam] == pytest.approx([text.logprob for text in other.beam], abs=1e-5)
    assert one.stop == other.stop


def without_ends(model: CausalLearner, request: Request, texts: Sequence[str]) -> tuple[float, ...]:
    """Return the log-probabilities of texts of one length, less those of their ends."""
    logprobs, _ = model.branch_logprobs([request.slot], [[model.encode(request.prompt, texts)]])
    return tuple(logprobs[0, 0, :, :-1].sum(-1).tolist())
