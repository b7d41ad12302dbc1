"""What can go wrong with a call, and what is to be done about it; a failure is a value, so no exception holds a key.

busy       the server wants us to wait        all calls pause; the study stops when it would last too long
down       no answer, or none of the model    tried again; then data on the trace, or the study stops
unusable   a paid reply that is not whole     asked once more, then data on the trace
refused    this request cannot be answered    data on the trace
fatal      no request can be answered         the study stops
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal

from agents.remote.remedies import remedy

Kind = Literal["busy", "down", "unusable", "refused", "fatal"]
Billed = Literal["no", "unknown"]

LONGEST_DETAIL = 400
WITHOUT_MONEY = ("insufficient_quota", "insufficient_balance", "billing_hard_limit_reached", "billing_not_active")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A call without a usable reply."""

    kind: Kind
    reason: str
    """For the trace: the same whenever it happens, without anything that the server worded or timed."""
    detail: str = ""
    """What the server said, for people; redact before showing."""
    wait: float | None = None
    """How many seconds the server asks to wait."""
    billed: Billed = "no"
    """Whether the provider may charge for it."""


def of_status(status: int, headers: Mapping[str, str], body: bytes) -> Failure:
    """Return the failure that an HTTP status other than 2xx means."""
    code, message = error_of(body)
    detail = f"HTTP {status}: {message}"[:LONGEST_DETAIL]
    reason = f"HTTP {status}"
    wait = retry_after(headers)
    if 300 <= status < 400:
        target = headers.get("location", "elsewhere")
        return Failure(kind="fatal", reason=reason, detail=f"HTTP {status}, the server moved to {target}; name that")
    if code in WITHOUT_MONEY or status == 402:
        return Failure(kind="fatal", reason=reason, detail=f"{detail}; the account has no quota or money left")
    if status == 429:
        return Failure(kind="busy", reason=reason, detail=detail, wait=wait)
    if status in (408, 409, 425) or status >= 500:
        return Failure(kind="down", reason=reason, detail=detail, wait=wait)
    if code == "context_length_exceeded" or "context length" in message.lower():
        return Failure(kind="refused", reason="the prompt is longer than the model can read", detail=detail)
    if code in ("content_filter", "content_policy_violation"):
        return Failure(kind="refused", reason="refused by the content filter", detail=detail)
    helps = remedy(parameter_of(body), message) if status in (400, 422) else ""
    return Failure(kind="fatal", reason=reason, detail=f"{detail}; {helps}" if helps else detail)


def of_error_object(error: object) -> Failure:
    """Return the failure that an error inside a reply of status 200 means."""
    code = error.get("code") if isinstance(error, dict) else None
    status = code if isinstance(code, int) and 400 <= code < 600 else 502
    if code in ("rate_limit_exceeded", "rate_limit_error"):
        status = 429
    try:
        body = json.dumps({"error": error}).encode("ascii")
    except (ValueError, RecursionError):
        body = b""
    return of_status(status, {}, body)


def parameter_of(body: bytes) -> object:
    """Return which parameter an error is about, None where its body does not tell."""
    error = error_json(body)
    return error.get("param") if isinstance(error, dict) else None


def error_json(body: bytes) -> object:
    """Return the JSON value that tells an error; of a body that is no JSON, its text."""
    text = body.decode("utf-8", "replace")
    try:
        body_json = json.loads(text)
    except (ValueError, RecursionError):
        return " ".join(text.split()) or "no reason given"
    return body_json.get("error", body_json) if isinstance(body_json, dict) else body_json


def error_of(body: bytes) -> tuple[str, str]:
    """Return an error's code and message as far as a body tells them."""
    error = error_json(body)
    if not isinstance(error, dict):
        return "", str(error)
    code = error.get("code") if isinstance(error.get("code"), str) else error.get("type")
    return str(code or ""), str(error.get("message") or code or "no reason given")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait, given as seconds, milliseconds or a date; None without either."""
    text = headers.get("retry-after-ms")
    scale = 0.001
    if text is None:
        text, scale = headers.get("retry-after"), 1.0
    if text is None:
        return None
    try:
        seconds = float(text) * scale
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return seconds if 0 <= seconds < float("inf") else None
