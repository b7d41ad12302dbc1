"""Reads the reply to one call, or says why it is none: nothing that a server leaves out is made up."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.remote.endpoint import Kind
from agents.remote.failures import Failure, of_error_object
from agents.remote.ledger import Usage
from agents.remote.token_texts import make, of_token
from simulation.core.calls import Completion

ROUNDING = 1e-3
"""A log-probability may lie this far above 0, which is rounding."""
LEAST = -1e6
"""No token is so unlikely; servers write -9999 for a probability of none."""
MOST = 10**12
"""No call uses so many tokens."""
FINISHED = {"stop": "stop", "length": "length", "eos": "stop"}
REFUSED = {
    "content_filter": "refused by the content filter",
    "tool_calls": "the model called a tool instead of answering",
    "function_call": "the model called a tool instead of answering",
}
OVERLOADED = frozenset(
    {"insufficient_system_resource", "abort", "error", "overloaded", "server_error", "cancelled", "unavailable"}
)
"""Ends for which the server and not the request is to blame, as for a 503 (DeepSeek, vLLM, SGLang, OpenRouter)."""
THOUGHTS = frozenset({"thinking", "reasoning", "reasoning_content"})
"""Parts of a content that are no part of the answer."""
LONGEST_NAME = 200
"""So much is kept of what a server calls its model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a server gave back for a call."""

    completion: Completion
    usage: Usage | None
    """None where the server does not tell."""
    model: str
    """The model that the server says has answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A reply that holds no usable answer, with what it cost nevertheless."""

    failure: Failure
    usage: Usage | None = None
    ended: bool = False
    """Whether it is a whole reply of a generation that broke, of which to ask the same again gives the same."""


def read(body: bytes, kind: Kind, logprobs: bool, stops: Sequence[str] = ()) -> Reply | Unread:
    """Return what the body of a 200 holds (every reply answers one choice); nothing in it raises."""
    try:
        reply_json = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        reply_json = None
    if not isinstance(reply_json, dict):
        start = body[:200].decode("utf-8", "replace")
        return Unread(failure=Failure(kind="down", reason="a reply that is not JSON", detail=start, billed="unknown"))
    usage = _usage(reply_json.get("usage"))
    if reply_json.get("error"):
        failure = of_error_object(reply_json["error"])
        return Unread(failure=replace(failure, billed="unknown") if usage else failure, usage=usage, ended=bool(usage))
    try:
        completion = _completion(reply_json, kind, stops if logprobs else None, usage)
    except _Unusable as error:
        return Unread(failure=error.failure, usage=usage, ended=error.failure.kind == "down")
    model = str(reply_json.get("model") or "")[:LONGEST_NAME]
    return Reply(completion=completion, usage=usage, model=whole_characters(model))


class _Unusable(Exception):
    """Carries the failure of a reply from where it is found to `read`."""

    def __init__(self, reason: str, kind: Any = "unusable", detail: str = "") -> None:
        super().__init__(reason)
        self.failure = Failure(kind=kind, reason=reason, detail=detail or reason, billed="unknown")


def whole_characters(text: str) -> str:
    """Return a text in which half a surrogate pair, which is no character, is replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _completion(reply_json: dict[str, Any], kind: Kind, stops: Sequence[str] | None, usage: Usage | None) -> Completion:
    """Return the one choice of a reply, with log-probabilities unless `stops` is None (Any: JSON values)."""
    choices = reply_json.get("choices")
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], dict):
        count = len(choices) if isinstance(choices, list) else 0
        raise _Unusable(f"a reply of {count} choices, 1 was asked for")
    choice = choices[0]
    stop = _stop(choice.get("finish_reason"))
    text = _text(choice, kind, stop)
    tokens = usage.completion_tokens if usage else 0
    if stops is None:
        return Completion(text=text, tokens=tokens, stop=stop)
    if not text and not _listed(choice.get("logprobs"), kind):
        return Completion(tokens=tokens, stop=stop)
    token_logprobs = _logprobs(choice.get("logprobs"), kind)
    if not make([piece for piece, _ in token_logprobs], text, stops):
        raise _Unusable("a reply whose log-probabilities are not those of its text")
    logprob = math.fsum(logprob for _, logprob in token_logprobs)
    return Completion(text=text, tokens=len(token_logprobs), logprob=logprob, stop=stop)


def _stop(finish: Any) -> str:
    """Return why a proper answer ended; every other end is raised (Any: a JSON value)."""
    end = finish if isinstance(finish, str) else ""
    if end in REFUSED:
        raise _Unusable(REFUSED[end], "refused")
    if end in OVERLOADED:
        raise _Unusable("the server broke off", "down", f"finish_reason is {end!r}")
    if end not in FINISHED:
        raise _Unusable("a reply without a known end", detail=f"finish_reason is {str(finish)[:40]!r}")
    return FINISHED[end]


def _text(choice: dict[str, Any], kind: Kind, stop: str) -> str:
    """Return what the model wrote; nothing at all is an answer only where the tokens ran out (a model that reasons)."""
    message = choice.get("message") if kind == "chat" else choice
    if not isinstance(message, dict):
        raise _Unusable("a reply without a message")
    if isinstance(message.get("refusal"), str) and message["refusal"]:
        raise _Unusable("refused by the model", "refused")
    text = message.get("content" if kind == "chat" else "text")
    if isinstance(text, list):
        text = "".join(_part(part) for part in text) if text else None
    if text is None and stop == "length":
        text = ""
    if not isinstance(text, str):
        raise _Unusable("a reply without text")
    return whole_characters(text)


def _part(part: Any) -> str:
    """Return the text of one part of a content, which is nothing of a thought (Any: a JSON value)."""
    if isinstance(part, str):
        return part
    kind = part.get("type") if isinstance(part, dict) else None
    if kind in ("text", "output_text") and isinstance(part.get("text"), str):
        return str(part["text"])
    if kind == "refusal":
        raise _Unusable("refused by the model", "refused")
    if isinstance(kind, str) and kind in THOUGHTS:
        return ""
    raise _Unusable("a reply with a part that is no text")


def _listed(logprobs_json: Any, kind: Kind) -> Any:
    """Return the part of a choice's log-probabilities that lists tokens (Any: JSON values)."""
    return (
        logprobs_json.get("content" if kind == "chat" else "token_logprobs")
        if isinstance(logprobs_json, dict)
        else None
    )


def _logprobs(logprobs_json: Any, kind: Kind) -> list[tuple[bytes, float]]:
    """Return each token's bytes and log-probability (Any: a JSON value)."""
    token_list = _listed(logprobs_json, kind)
    if not isinstance(token_list, list):
        detail = (
            "the server sent no log-probabilities, though it was asked to; set logprobs: false or use another model"
        )
        raise _Unusable("no log-probabilities", "fatal", detail)
    if kind == "chat":
        entries = [entry if isinstance(entry, dict) else {} for entry in token_list]
        values = [entry.get("logprob") for entry in entries]
    else:
        texts = logprobs_json.get("tokens")
        entries = [{"token": text} for text in texts] if isinstance(texts, list) else []
        values = token_list
    pieces = [of_token(entry) for entry in entries] if len(entries) == len(values) else [b""] * len(values)
    return [(piece, _logprob(value)) for piece, value in zip(pieces, values, strict=True)]


def _logprob(value: Any) -> float:
    """Return a token's log-probability (Any: a JSON value)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not LEAST <= value <= ROUNDING:
        raise _Unusable("a reply with a token without log-probability")
    return min(0.0, float(value))


def _usage(usage_json: Any) -> Usage | None:
    """Return what a reply says it used, if it says it properly (Any: a JSON value)."""
    if not isinstance(usage_json, dict):
        return None
    prompt_tokens, completion_tokens = usage_json.get("prompt_tokens"), usage_json.get("completion_tokens")
    if (
        type(prompt_tokens) is not int
        or type(completion_tokens) is not int
        or not (0 <= prompt_tokens < MOST and 0 <= completion_tokens < MOST)
    ):
        return None
    return Usage(prompt_tokens, completion_tokens)
