"""One call to a language model, and its reply; neither is kept."""

from dataclasses import dataclass

from simulation.core.types import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call to a language model: score `continuations` where there are some, otherwise generate."""

    slot: str
    prompt: str
    continuations: tuple[str, ...] = ()
    max_tokens: int = 0
    temperature: float = 0.0
    """0 decodes greedily."""
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
    logprob: float | None = None
    """Sum over the generated tokens, nats."""
    stop: str = "stop"
    """"stop", "length", or "error: …"."""
    continuation_logprobs: tuple[float, ...] = ()
    """Sum over the tokens of each continuation, nats; parallel to the request's continuations."""
    beam: tuple["Completion", ...] = ()
    """All texts of a beam search that were wanted, the best first, which is also this completion's own; or the items
    nearest to what was written freely, each with minus its distance as its log-probability."""
