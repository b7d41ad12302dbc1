"""The learner behind students on an API: it answers by calls, keeps what was paid for, and changes nothing."""

import asyncio
import hashlib
import json
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from agents.reading.programs import unfenced
from agents.remote.budget import FILE as BUDGET
from agents.remote.budget import raised
from agents.remote.client import Caller
from agents.remote.endpoint import Call, Endpoint
from agents.remote.ledger import FILE, Ledger, Shortage, Spent
from agents.remote.sampling import Batch
from agents.remote.settings import CallSettings
from simulation.core.calls import Completion, Request
from simulation.core.errors import ModelError, SimulationError
from simulation.core.types import Seat

T = TypeVar("T")
FRAME_BYTES = 1 << 20
TOKEN_BYTES = 1 << 10
"""A reply may hold this many bytes, and this many more a token: log-probabilities are spelled out."""


class RemoteLearner:
    """A `Learner` whose slots nothing changes, and `KeepsReplies`: all of them are one model behind an API."""

    def __init__(self, seats: Sequence[Seat], settings: CallSettings) -> None:
        self.slots = tuple(seat.name for seat in seats)
        self._settings = settings
        self._ledger: Ledger | None = None
        self._folder: Path | None = None
        self._lost: Sequence[str] = ()
        self._adapter = no_adapter(settings.endpoint)
        self._version = hashlib.sha256(self._adapter).hexdigest()

    @property
    def source(self) -> str:
        """Name the model and its server."""
        return self._settings.endpoint.name

    @property
    def spent(self) -> Spent:
        """What was spent since the study began."""
        return self._open_ledger().spent

    def keep_in(self, folder: Path) -> None:
        """Keep replies and costs in a study's folder, and take up those that are there."""
        if not self._settings.keeps_replies:
            return
        if self._ledger is not None:
            self._ledger.close()
        self._ledger = Ledger.at(folder / FILE, raised(self._settings.budget, folder), self._settings.prices)
        self._folder = folder

    def committed(self) -> None:
        """Let go of what was given up in the turn: a later one may ask the same again."""
        if self._ledger is not None:
            self._ledger.let_go()

    def _open_ledger(self) -> Ledger:
        if self._ledger is None:
            if self._settings.keeps_replies:
                raise ModelError(
                    f"{self.source} keeps paid replies in a study's folder, but plays in no study; "
                    "play it by `run`, or set cache: false"
                )
            self._ledger = Ledger.at(None, self._settings.budget, self._settings.prices)
        return self._ledger

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        """Answer each request, those paid for before from the database; raises ModelError where it has to stop."""
        if any(request.beams for request in requests):
            raise ModelError(
                f"{self.source} has no beam search: APIs offer none; set ask.beams to 0, and ask.samples and "
                "ask.temperature to draw several answers"
            )
        ledger = self._open_ledger()
        calls = [self._settings.endpoint.call(request) for request in requests]
        calls_by_key = {call.key: call for call in calls}
        completions = {key: completion for key in calls_by_key if (completion := ledger.reply(key)) is not None}
        missing = {key: call for key, call in calls_by_key.items() if key not in completions}
        if missing:
            completions |= in_new_loop(self._sample(ledger, missing))
        return [self._part_to_take(completions[call.key]) for call in calls]

    async def _sample(self, ledger: Ledger, calls: Mapping[str, Call]) -> Mapping[str, Completion]:
        """Ask the server, and let every call that was begun end before any error is raised."""
        settings = self._settings
        longest = FRAME_BYTES + TOKEN_BYTES * max(call.completion_tokens for call in calls.values())
        secret, seconds = settings.endpoint.secret(), settings.patience.timeout_seconds
        async with Caller(settings.endpoint, secret, seconds=seconds, longest=longest) as caller:
            batch = Batch(caller, ledger, settings.patience, lost=self._lost)
            completions = await batch.run(calls, settings.concurrency)
        self._lost = batch.lost
        if batch.error is not None:
            raise self._explained(batch.error)
        return completions

    def _explained(self, error: SimulationError) -> SimulationError:
        """Say of an error whose it is and how to go on."""
        if not isinstance(error, ModelError):
            return error
        if self._folder is None:
            return ModelError(f"{self.source}: {error}")
        remedy = ""
        if isinstance(error, Shortage):
            remedy = f"write a larger one, such as {json.dumps(error.larger)}, into {self._folder / BUDGET}; "
        return ModelError(f"{self.source}: {error}; {remedy}what was answered is kept: resume the study")

    def _part_to_take(self, completion: Completion) -> Completion:
        return replace(completion, text=unfenced(completion.text)) if self._settings.take == "program" else completion

    def score(self, requests: Sequence[Request]) -> list[tuple[float, ...]]:
        """Refuse, unless nothing is asked: an API tells no probability of a text that it did not write."""
        if requests:
            raise ModelError(
                f"{self.source} cannot score given options, because APIs tell the probability of their own text only; "
                "use a question policy that needs no predictions, such as random"
            )
        return []

    def version(self, slot: str) -> str:
        """Return the sha256 of what `dump` returns, which names the server and the model."""
        del slot
        return self._version

    def dump(self, slot: str) -> bytes:
        """Return a safetensors file without tensors, which says of what model it is no adapter."""
        del slot
        return self._adapter

    def restore(self, slot: str, data: bytes) -> None:
        """Accept what `dump` returned, and refuse the adapter of another model."""
        if data != self._adapter:
            raise ModelError(
                f"{slot!r} was not played by {self.source}, or was trained; resume with the model it began with"
            )

    def render(self, prompt: str) -> str:
        """Return the messages that are sent, as text; how the server lays them out nobody knows."""
        return self._settings.endpoint.render(prompt)


def no_adapter(endpoint: Endpoint) -> bytes:
    """Return the same safetensors file without tensors for the same model on the same server."""
    from safetensors.numpy import save

    endpoint_fields = {"base_url": endpoint.base_url, "model": endpoint.model}
    return save({}, metadata={"api": json.dumps(endpoint_fields, sort_keys=True)})


def in_new_loop(work: Coroutine[None, None, T]) -> T:
    """Run asynchronous work to its end, also where a notebook's loop is running in this thread."""
    if not loop_is_running():
        return asyncio.run(work)
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, work).result()


def loop_is_running() -> bool:
    """Whether this thread runs an event loop already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
