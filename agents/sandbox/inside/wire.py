"""What candidate and tester say to each other: JSON, each message with its length before it."""

import json
import os
from typing import Any

LARGEST = 8 << 20
"""Bytes of the longest message."""

Json = Any  # what json.loads returns, before it is checked


class Unsendable(Exception):
    """A value is too large or too deep."""


class Malformed(Exception):
    """A message is not what this protocol allows."""


def write(channel: int, message: Json) -> None:
    """Send one message."""
    text = json.dumps(message).encode()
    if len(text) > LARGEST:
        raise Unsendable(f"{len(text)} bytes of value; at most {LARGEST} are carried")
    data = memoryview(len(text).to_bytes(4, "big") + text)
    while data:
        data = data[os.write(channel, data) :]


def read(channel: int) -> Json:
    """Wait for one message; None where the other side has ended."""
    header = exactly(channel, 4)
    text = exactly(channel, int.from_bytes(header, "big")) if header else b""
    return json.loads(text) if text else None


def exactly(channel: int, count: int) -> bytes:
    """Read that many bytes, or none at the end."""
    parts = []
    while count:
        part = os.read(channel, count)
        if not part:
            return b""
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
