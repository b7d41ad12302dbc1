"""Reads the reply to one call, or says why it is none: nothing that a server leaves out is made up."""

import json
import math
from dataclasses import dataclass
from typing import Any

from agents.remote.endpoint import Kind
from agents.remote.failures import Failure, of_error_object
from agents.remote.ledger import Usage
from simulation.core.calls import Completion

ROUNDING = 1e-3
"""A log-probability may lie this far above 0, which is rounding."""
MOST = 10**12
"""No call uses so many tokens."""
FINISHED = {"stop": "stop", "length": "length", "eos": "stop"}
REFUSED = {
    "content_filter": "refused by the content filter",
    "tool_calls": "the model called a tool instead of answering",
    "function_call": "the model called a tool instead of answering",
}


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


def read(body: bytes, kind: Kind, logprobs: bool) -> Reply | Unread:
    """Return what the body of a 200 holds (every reply answers one choice)."""
    try:
        reply_json = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        reply_json = None
    if not isinstance(reply_json, dict):
        start = body[:200].decode("utf-8", "replace")
        return Unread(failure=Failure(kind="down", reason="a reply that is not JSON", detail=start, billed="unknown"))
    if reply_json.get("error"):
        return Unread(failure=of_error_object(reply_json["error"]))
    usage = _usage(reply_json.get("usage"))
    try:
        completion = _completion(reply_json, kind, logprobs, usage)
    except _Unusable as error:
        return Unread(failure=error.failure, usage=usage)
    return Reply(completion=completion, usage=usage, model=str(reply_json.get("model") or ""))


class _Unusable(Exception):
    """Carries the failure of a reply from where it is found to `read`."""

    def __init__(self, reason: str, kind: Any = "unusable", detail: str = "") -> None:
        super().__init__(reason)
        self.failure = Failure(kind=kind, reason=reason, detail=detail or reason, billed="unknown")


def _completion(reply_json: dict[str, Any], kind: Kind, logprobs: bool, usage: Usage | None) -> Completion:
    """Return the one choice of a reply (Any: JSON values)."""
    choices = reply_json.get("choices")
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], dict):
        count = len(choices) if isinstance(choices, list) else 0
        raise _Unusable(f"a reply of {count} choices, 1 was asked for")
    choice = choices[0]
    finish = choice.get("finish_reason")
    if finish in REFUSED:
        raise _Unusable(REFUSED[finish], "refused")
    if finish not in FINISHED:
        raise _Unusable("a reply without a known end", detail=f"finish_reason is {str(finish)[:40]!r}")
    text = _text(choice, kind, FINISHED[finish])
    tokens = usage.completion_tokens if usage else 0
    if not logprobs:
        return Completion(text=text, tokens=tokens, stop=FINISHED[finish])
    if not text and not _listed(choice.get("logprobs"), kind):
        return Completion(tokens=tokens, stop=FINISHED[finish])
    token_logprobs = _logprobs(choice.get("logprobs"), kind)
    if not _cover(token_logprobs, text, usage):
        raise _Unusable("a reply whose log-probabilities do not cover its text")
    return Completion(
        text=text,
        tokens=len(token_logprobs),
        logprob=math.fsum(logprob for _, logprob in token_logprobs),
        stop=FINISHED[finish],
    )


def _text(choice: dict[str, Any], kind: Kind, stop: str) -> str:
    """Return what the model wrote; nothing at all is an answer only where the tokens ran out (a model that reasons)."""
    message = choice.get("message") if kind == "chat" else choice
    if not isinstance(message, dict):
        raise _Unusable("a reply without a message")
    if isinstance(message.get("refusal"), str) and message["refusal"]:
        raise _Unusable("refused by the model", "refused")
    text = message.get("content" if kind == "chat" else "text")
    if text is None and stop == "length":
        text = ""
    if not isinstance(text, str):
        raise _Unusable("a reply without text")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # half a character is none


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
    pieces = [_bytes(entry) for entry in entries] if len(entries) == len(values) else [b""] * len(values)
    return [(piece, _logprob(value)) for piece, value in zip(pieces, values, strict=True)]


def _logprob(value: Any) -> float:
    """Return a token's log-probability (Any: a JSON value)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -math.inf < value <= ROUNDING:
        raise _Unusable("a reply with a token without log-probability")
    return min(0.0, float(value))


def _bytes(entry: dict[str, Any]) -> bytes:
    """Return the bytes of a token, which may be a part of a character (Any: JSON values)."""
    byte_values = entry.get("bytes")
    if isinstance(byte_values, list) and all(type(byte) is int and 0 <= byte < 256 for byte in byte_values):
        return bytes(byte_values)
    token = entry.get("token")
    return token.encode("utf-8", "replace") if isinstance(token, str) else b""


def _cover(token_logprobs: list[tuple[bytes, float]], text: str, usage: Usage | None) -> bool:
    """Whether there is a log-probability for each token: by the text, or by the server's own count.

    Servers differ in whether the end token is among the tokens, and in how they spell parts of characters.
    """
    if text.encode("utf-8", "replace") in b"".join(piece for piece, _ in token_logprobs):
        return bool(token_logprobs)
    return usage is not None and usage.completion_tokens == len(token_logprobs)


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
