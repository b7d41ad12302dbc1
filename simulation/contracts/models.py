"""What a language model must hold: a completion or a row of log-probabilities for every request, in their order."""

from collections.abc import Sequence
from itertools import chain
from math import inf, isfinite

from simulation.contracts.boundary import breach, calling, counted, listed
from simulation.contracts.records import fitted, fitted_numbers
from simulation.core.calls import Completion, Request
from simulation.core.roles import LanguageModel

KIND = "model"
CERTAIN = 1e-3
"""How far above 0 rounding may put the log-probability of what is certain."""


def guarded_completions(name: str, model: LanguageModel, requests: Sequence[Request]) -> list[Completion]:
    """Have a model write; return one good completion a request."""
    with calling(KIND, name):
        returned = model.generate(requests)
    completions = listed(KIND, name, returned, "Completion from generate")
    counted(KIND, name, completions, len(requests), ("completion", "request"))
    rows = [one.continuation_logprobs for one in completions if type(one) is Completion]
    if all(map(is_sound_completion, completions)) and {*map(type, rows)} <= {tuple}:
        numbers = [*chain.from_iterable(rows)]
        if not numbers or are_sound_logprobs(numbers):
            return completions
    return [good_completion(name, *pair) for pair in zip(completions, requests, strict=True)]


def is_sound_completion(completion: object) -> bool:
    """Tell by a quick look whether a completion is good, but for the log-probabilities of continuations."""
    return (
        type(completion) is Completion
        and type(completion.text) is type(completion.stop) is str
        and type(completion.tokens) is int
        and completion.tokens >= 0
        and (completion.logprob is None or (type(completion.logprob) is float and -inf < completion.logprob <= CERTAIN))
        and not completion.beam
        and completion.stop != ""
    )


def good_completion(name: str, returned: object, request: Request) -> Completion:
    """Return a completion as its types demand, with as many texts of a beam as were wanted; raises ContractError."""
    completion = fitted(KIND, name, returned, Completion)
    of = f"for the prompt {request.prompt[:40]!r}"
    for one in (completion, *completion.beam):
        if not one.stop or one.tokens < 0:
            what = f"gave a completion {of} with stop {one.stop!r} and {one.tokens} tokens"
            raise breach(KIND, name, what, 'count tokens, and say "stop", "length" or "error: …"')
        refuse_logprobs(KIND, name, (*([] if one.logprob is None else [one.logprob]), *one.continuation_logprobs), of)
    if completion.beam and len(completion.beam) != request.texts:
        what = f"gave {len(completion.beam)} texts of a beam where {request.texts} were wanted {of}"
        raise breach(KIND, name, what, "let Completion.beam hold that many, the best first")
    return completion


def guarded_scores(name: str, model: LanguageModel, requests: Sequence[Request]) -> list[tuple[float, ...]]:
    """Have a model score; return for each request a log-probability a continuation, or none where it could not."""
    with calling(KIND, name):
        returned = model.score(requests)
    rows = listed(KIND, name, returned, "tuples of log-probabilities from score")
    counted(KIND, name, rows, len(requests), ("row of log-probabilities", "request"))
    if {*map(type, rows)} <= {tuple}:
        numbers = [*chain.from_iterable(rows)]
        pairs = zip(rows, requests, strict=True)
        lengths_fit = all(not row or len(row) == len(request.continuations) for row, request in pairs)
        if lengths_fit and (not numbers or are_sound_logprobs(numbers)):
            return rows
    return [good_row(name, row, request) for row, request in zip(rows, requests, strict=True)]


def good_row(name: str, returned: object, request: Request) -> tuple[float, ...]:
    """Return the log-probabilities of a request's continuations as floats; raises ContractError."""
    of = f"for the prompt {request.prompt[:40]!r}"
    row = fitted_numbers(KIND, name, returned, f"log-probabilities {of}")
    if row and len(row) != len(request.continuations):
        what = f"gave {len(row)} log-probabilities for {len(request.continuations)} continuations {of}"
        raise breach(KIND, name, what, "give one for each, or none where the prompt cannot be read")
    refuse_logprobs(KIND, name, row, of)
    return row


def are_sound_logprobs(logprobs: Sequence[float]) -> bool:
    """Tell whether these are log-probabilities, all of type float."""
    return {*map(type, logprobs)} == {float} and max(logprobs) <= CERTAIN and isfinite(sum(logprobs))


def refuse_logprobs(kind: str, name: str, logprobs: Sequence[float], of: str) -> None:
    """Refuse what no probability has as its logarithm."""
    if logprobs and max(logprobs) > CERTAIN:
        what = f"gave the log-probability {max(logprobs)!r} {of}"
        raise breach(kind, name, what, "logarithms of probabilities are at most 0: give nats, not probabilities")
