"""When the next attempt may be made: one pause for all when the server asks for it, and a circuit breaker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

ROW = 5
"""After this many failures in a row the breaker opens: one attempt at a time until one succeeds."""


class Pace:
    """The pause and the breaker that all calls of a batch share."""

    def __init__(self) -> None:
        self._clock = asyncio.get_running_loop().time
        self._until = 0.0
        self._failed = 0
        self._probe = asyncio.Lock()
        self._succeeded = float("-inf")
        self._stopped = asyncio.Event()

    @property
    def now(self) -> float:
        """Seconds on a clock that only goes forwards."""
        return self._clock()

    @property
    def stopped(self) -> bool:
        """Whether no more calls are to be made."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Let nobody wait any longer; what is under way may end."""
        self._stopped.set()

    def pause(self, seconds: float) -> None:
        """Let no call begin for so many seconds."""
        self._until = max(self._until, self.now + seconds)

    def succeeded(self) -> None:
        """Hear that the server answered: the breaker closes."""
        self._failed = 0
        self._succeeded = self.now

    def failed(self) -> None:
        """Hear that the server did not answer."""
        self._failed += 1

    def answered_since(self, began: float) -> bool:
        """Whether the server answered anybody since then."""
        return self._succeeded >= began

    async def sleep(self, seconds: float) -> None:
        """Wait, or stop waiting when all stop."""
        try:
            await asyncio.wait_for(self._stopped.wait(), timeout=seconds)
        except TimeoutError:
            return

    @asynccontextmanager
    async def admitted(self) -> AsyncIterator[None]:
        """Wait for the turn to make an attempt, which is made inside."""
        while True:
            await self._wait()
            if self._failed < ROW or self.stopped:
                yield
                return
            async with self._probe:
                if self._failed >= ROW:
                    await self._wait()
                    yield
                    return

    async def _wait(self) -> None:
        while not self.stopped and self._until > self.now:
            await self.sleep(self._until - self.now)
