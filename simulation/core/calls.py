"""One call to a language model, and its reply; neither is kept."""

from dataclasses import dataclass

from simulation.core.types import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Which tokens may be drawn, after the temperature: those that pass all three, of which the likeliest always does.

    Top-k of Fan et al. (2018), arXiv 1805.04833; top-p of Holtzman et al. (2020), arXiv 1904.09751; min-p of Nguyen et
    al. (2024), arXiv 2407.01082; one after the other in this order, as in transformers.
    """

    top_k: int = 0
    """The k likeliest; 0 is all."""
    top_p: float = 1.0
    """The fewest likeliest whose probabilities add up to this."""
    min_p: float = 0.0
    """Those at least this share as probable as the likeliest."""


WHOLE = Cut()
"""Every token may be drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call to a language model: score `continuations` where there are some, otherwise generate."""

    slot: str
    prompt: str
    continuations: tuple[str, ...] = ()
    max_tokens: int = 0
    temperature: float = 0.0
    """0 decodes greedily."""
    cut: Cut = WHOLE
    """Which tokens may be drawn; without a temperature it has no part in it."""
    seed: int = 0
    """Seeds the request's own stream, so that a sample does not depend on what else is in the batch."""
    beams: int = 0
    """The width of a beam search over this prompt; 0 is none. Temperature and seed have no part in it."""
    texts: int = 1
    """How many of the beam search's texts are wanted, the best first."""
    within: str = ""
    """The name of a catalogue of which every text must be an item. A beam search then finds items alone, of which a
    temperature draws `texts` without replacement; without beams, what was written freely stands for the nearest items.
    """
    question: Question | None = None
    """The question behind it; for simulated students, models never read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A language model's reply to one `Request`."""

    text: str = ""
    tokens: int = 0
    ids: tuple[int, ...] = ()
    """What was written, token by token, as far as the end of the turn; none where that is not known."""
    logprob: float | None = None
    """Sum over the generated tokens, nats."""
    stop: str = "stop"
    """"stop", "length", or "error: …"."""
    continuation_logprobs: tuple[float, ...] = ()
    """Sum over the tokens of each continuation, nats; parallel to the request's continuations."""
    beam: tuple["Completion", ...] = ()
    """All texts of a beam search that were wanted, the best first, which is also this completion's own; or the items
    nearest to what was written freely, each with minus its distance as its log-probability."""
