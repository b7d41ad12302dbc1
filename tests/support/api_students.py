"""Learners on a fault server, with short pauses, and what may be asked of them."""

import dataclasses
from pathlib import Path
from typing import Any

from agents.remote.learner import RemoteLearner
from agents.students.api import ApiStudents
from simulation.core.calls import Completion, Request
from simulation.core.types import Seat
from tests.support.fault_server import FaultServer, Heard, sample

SEATS = (Seat(name="ada", number=0, seed=0), Seat(name="bob", number=1, seed=0))
VARIABLE = "CANARY_KEY"
QUICK: dict[str, Any] = {"timeout_seconds": 5.0, "deadline_seconds": 5.0, "attempts": 4}


def students(url: str, **changes: Any) -> ApiStudents:
    """The component for a server at this address (Any: its fields)."""
    fields = {"provider": "custom", "base_url": url, "model": "small", "key_variable": VARIABLE, "logprobs": True}
    return ApiStudents(**{**fields, **QUICK, **changes})


def learner(server: FaultServer | str, folder: Path | None = None, **changes: Any) -> RemoteLearner:
    """A learner that hardly pauses, with its replies in a folder or in memory (Any: the component's fields)."""
    url = server if isinstance(server, str) else server.url
    made = students(url, **{"cache": folder is not None, **changes})
    made.check()
    quick = dataclasses.replace(made.settings.patience, first_pause_seconds=0.01, longest_pause_seconds=0.05)
    found = RemoteLearner(SEATS, dataclasses.replace(made.settings, patience=quick))
    if folder is not None:
        found.keep_in(folder)
    return found


def asked(count: int = 1, *, temperature: float = 1.0, first: int = 0) -> list[Request]:
    """Requests with prompts and seeds of their own."""
    return [
        Request(slot="ada", prompt=f"question {number}", max_tokens=16, temperature=temperature, seed=number)
        for number in range(first, first + count)
    ]


def proper(request: Request) -> Completion:
    """What the fault server's model answers to a request."""
    body = {"messages": [{"content": request.prompt}], "seed": request.seed % 2**31}
    text = sample(Heard(path="", headers={}, body=body, at=0.0))
    pieces = -(-len(text) // 4)
    return Completion(text=text, tokens=pieces, logprob=-0.25 * pieces, stop="stop")
