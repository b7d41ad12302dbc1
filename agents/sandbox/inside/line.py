"""The tester's end of the line to a candidate: messages with patience, and what the candidate prints meanwhile."""

import json
import os
import select

from agents.sandbox.inside import wire

KEPT = 16 << 10
"""Bytes of output kept for each test."""
MOST = 8 << 20
"""Bytes a program may print in all; after that its end of the pipe is closed."""
PART = 64 << 10


class Gone(BaseException):
    """The candidate has ended or hung up; no test may catch this."""


class Line:
    """A channel of messages beside a pipe of output."""

    def __init__(self, channel: int, output: int) -> None:
        self.channel = channel
        self.output = output
        self.printed = 0
        self.recent_output = bytearray()
        self.poll = select.poll()
        self.poll.register(channel, select.POLLIN)
        self.poll.register(output, select.POLLIN)
        os.set_blocking(output, False)
        os.set_blocking(channel, False)

    def send(self, message: wire.Json) -> None:
        """Send a message, taking in output while the candidate does not read."""
        text = json.dumps(message).encode()
        if len(text) > wire.LARGEST:
            raise ValueError(f"a test passes {len(text)} bytes; at most {wire.LARGEST} are carried")
        data = memoryview(len(text).to_bytes(4, "big") + text)
        while data:
            try:
                data = data[os.write(self.channel, data) :]
            except BlockingIOError:
                self.wait(select.POLLOUT)
            except OSError:
                raise Gone from None

    def receive(self) -> wire.Json:
        """Wait for a message; what is longer than allowed is not read."""
        count = int.from_bytes(self.exactly(4), "big")
        if count > wire.LARGEST:
            return None
        text = self.exactly(count)
        self.drain()
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return None

    def exactly(self, count: int) -> bytes:
        """Read that many bytes of the channel."""
        data = bytearray()
        while len(data) < count:
            try:
                part = os.read(self.channel, min(count - len(data), PART * 4))
            except BlockingIOError:
                self.wait(select.POLLIN)
                continue
            except OSError:
                raise Gone from None
            if not part:
                raise Gone
            data += part
        return bytes(data)

    def wait(self, event: int) -> None:
        """Wait until the channel is ready, taking in output meanwhile."""
        self.poll.modify(self.channel, event)
        while True:
            ready = dict(self.poll.poll())
            if self.output in ready:
                self.drain()
            if self.channel in ready:
                return

    def drain(self) -> None:
        """Take in what has been printed so far."""
        while self.output >= 0:
            try:
                part = os.read(self.output, PART)
            except BlockingIOError:
                return
            self.printed += len(part)
            self.recent_output += part[: max(0, KEPT - len(self.recent_output))]
            if not part or self.printed > MOST:
                self.poll.unregister(self.output)
                os.close(self.output)
                self.output = -1
            if len(part) < PART:
                return

    def new_output(self) -> str:
        """Return what was printed since the last time."""
        self.drain()
        text, self.recent_output = self.recent_output.decode("utf-8", "replace"), bytearray()
        return text
