"""The loop around the calls of one batch: asks each distinct one until it is answered, refused or given up.

What was paid for is committed before anything else happens. When the batch has to stop, calls that are under way may
still end, so that their replies are kept too.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from agents.remote.client import Caller
from agents.remote.endpoint import Call
from agents.remote.failures import Failure
from agents.remote.ledger import Ledger, Shortage
from agents.remote.pacing import Pace
from agents.remote.replies import Reply, Unread
from agents.remote.settings import Patience
from simulation.core.calls import Completion
from simulation.core.errors import ModelError, SimulationError

UNUSABLE = 2
"""So many unusable replies are paid for before a request is given up."""
LOST_IN_A_ROW = 3
"""So many requests given up one after the other mean that the server, and not the requests, is at fault."""


class Batch:
    """The calls of one batch, asked side by side."""

    def __init__(self, caller: Caller, ledger: Ledger, patience: Patience, *, lost: Sequence[str] = ()) -> None:
        self._caller = caller
        self._ledger = ledger
        self._patience = patience
        self._pace = Pace()
        self._completions: dict[str, Completion] = {}
        self._ended: Counter[str] = Counter()
        """How often a call was answered by a generation that broke; it needs a new name to be made again."""
        self._under_way = 0
        self._settled = asyncio.Event()
        self.lost = list(lost)
        """The keys of the requests that were given up in a row."""
        self.error: SimulationError | None = None
        """Why the batch stopped before its end."""

    async def run(self, calls: Mapping[str, Call], concurrency: int) -> Mapping[str, Completion]:
        """Return the replies by the calls' keys; where `error` is set, some are missing."""
        left = iter(calls.values())
        async with asyncio.TaskGroup() as group:
            for _ in range(min(concurrency, len(calls))):
                group.create_task(self._work(left))
        return self._completions

    async def _work(self, left: Iterator[Call]) -> None:
        for call in left:
            if self._pace.stopped:
                return
            try:
                await self._ask(call)
            except SimulationError as error:
                self._halt(error)

    async def _ask(self, call: Call) -> None:
        """Try one call until it is settled, or all is stopped."""
        began, times_down, times_busy = self._pace.now, 0, 0
        while not self._pace.stopped:
            async with self._pace.admitted():
                reply = await self._attempt(call)
            if reply is None or isinstance(reply, Reply):
                return
            failure = reply.failure
            if failure.kind == "fatal":
                self._halt(ModelError(failure.detail))
            elif failure.kind == "refused":
                return
            elif failure.kind == "unusable":
                if self._ledger.unusable(call.key) >= UNUSABLE:
                    return
            elif failure.kind == "busy":
                times_busy += 1
                self._hold(failure, began, failure.wait or self._patience.jitter(times_busy))
            else:
                times_down += 1
                if failure.wait is not None:
                    self._hold(failure, began, failure.wait)
                wait = self._patience.jitter(times_down)
                late = self._pace.now - began + wait > self._patience.deadline_seconds
                if (late or times_down >= self._patience.attempts) and not self._pace.stopped:
                    await self._give_up(call, failure, began)
                    return
                await self._pace.sleep(wait)

    async def _attempt(self, call: Call) -> Reply | Unread | None:
        """Reserve, call and settle; None where the batch stops first."""
        entry = await self._reserve(call)
        if entry is None:
            return None
        self._under_way += 1
        try:
            whole_replies = self._ledger.unusable(call.key) + self._ended[call.key]
            reply = await self._caller.attempt(call, f"{call.key}-{whole_replies}" if whole_replies else call.key)
            self._ended[call.key] += isinstance(reply, Unread) and reply.ended
            self._settle(call, entry, reply)
        finally:
            self._under_way -= 1
            self._settled.set()
        return reply

    async def _reserve(self, call: Call) -> int | None:
        """Reserve a call's worst price, waiting for what other calls will leave over of theirs."""
        while not self._pace.stopped:
            self._settled.clear()
            try:
                return self._ledger.reserve(call)
            except Shortage as error:
                if not self._under_way:
                    self._halt(error)
                    return None
            await self._settled.wait()
        return None

    def _settle(self, call: Call, entry: int, reply: Reply | Unread) -> None:
        """Commit what a call cost and brought."""
        if isinstance(reply, Reply):
            self._keep(call, reply.completion)
            self._ledger.settle(entry, "answered", reply.usage, (call.key, reply.completion, reply.model))
            self._pace.succeeded()
            self.lost.clear()
            return
        failure, usage = reply.failure, reply.usage
        if failure.kind in ("down", "busy", "fatal"):
            self._ledger.settle(entry, "free" if failure.billed == "no" else "unknown", usage)
            if failure.kind == "down":
                self._pace.failed()
            return
        self._pace.succeeded()
        final = failure.kind == "refused" or self._ledger.unusable(call.key) + 1 >= UNUSABLE
        completion = Completion(stop=f"error: {failure.reason}")
        if final:
            self._keep(call, completion)
        state = "unusable" if failure.billed == "unknown" else "free"
        self._ledger.settle(entry, state, usage, (call.key, completion, "") if final else None)

    def _keep(self, call: Call, completion: Completion) -> None:
        self._completions[call.key] = completion

    def _hold(self, failure: Failure, began: float, wait: float) -> None:
        """Let everybody wait as the server asks, unless that is too long for this study to go on now."""
        if self._pace.now - began + wait > self._patience.deadline_seconds:
            detail = f"{failure.detail}; it asks to wait {wait:.0f} s, which is past deadline_seconds"
            self._halt(ModelError(detail))
        else:
            self._pace.pause(wait)

    async def _give_up(self, call: Call, failure: Failure, began: float) -> None:
        """Put a request down as failed, where the server does answer others; otherwise stop."""
        self.lost.append(call.key)
        explanation = failure.detail or failure.reason
        if len(self.lost) >= LOST_IN_A_ROW:
            hint = "" if self._pace.answered_since(0.0) else f"; {self._caller.hint}"
            self._halt(ModelError(f"{explanation}; {len(self.lost)} requests failed one after the other{hint}"))
            self._ledger.let_go(self.lost)  # the server is at fault, so they are asked again when the study goes on
        elif not self._pace.answered_since(began) and not await self._caller.alive():
            self._halt(ModelError(f"{explanation}; the server does not answer"))
            self._ledger.let_go(self.lost)
        elif not self._pace.stopped:  # or the server was seen to be at fault meanwhile
            completion = Completion(stop=f"error: {failure.reason}")
            self._ledger.give_up(call.key, completion.stop)
            self._keep(call, completion)

    def _halt(self, error: SimulationError) -> None:
        """Stop the batch; the first reason is the one told."""
        self.error = self.error or error
        self._pace.stop()
        self._settled.set()
