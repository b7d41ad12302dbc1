"""What candidate and tester say to each other: length-framed JSON whose tags name exact builtin types.

A value is sent as itself if JSON keeps it (None, bool, str, finite small int, float), else as a tagged list. What has
no exact builtin type stays where it is and is sent as a reference to it.
"""

import json
import os
from collections.abc import Callable
from typing import Any

LARGEST = 8 << 20
"""Bytes of the longest message."""
DEEPEST = 150
"""Containers within containers."""
PLAIN_INTEGER = 1 << 63

SEQUENCES: dict[str, Any] = {"l": list, "t": tuple, "s": set, "f": frozenset}  # types, called and asked for __iter__

Json = Any  # what json.loads returns, before it is checked


class Unsendable(Exception):
    """A value is too large, too deep or in itself."""


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


def pack(value: object, refer: Callable[[object], Json], depth: int = 0) -> Json:
    """Return a value as JSON; an object of a subclass of a builtin type is sent as what it holds of that type."""
    if value is None or type(value) in (bool, str, float):
        return value
    if isinstance(value, int):
        number = int.__add__(value, 0)
        return number if -PLAIN_INTEGER < number < PLAIN_INTEGER else ["i", hex(number)]
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, float):
        return float.__pos__(value)
    if isinstance(value, complex):
        return ["c", value.real, value.imag]
    if isinstance(value, bytes | bytearray):
        return ["y" if isinstance(value, bytes) else "a", bytes(value).hex()]
    if isinstance(value, list | tuple | dict | set | frozenset):
        return packed_container(value, refer, depth + 1)
    return refer(value)


def packed_container(value: object, refer: Callable[[object], Json], depth: int) -> Json:
    """Return a container's tag and its packed items."""
    if depth > DEEPEST:
        raise Unsendable(f"a value nested deeper than {DEEPEST}")
    if isinstance(value, dict):
        items = dict.items(value)
        return ["d", [[pack(key, refer, depth), pack(item, refer, depth)] for key, item in items]]
    for tag, kind in SEQUENCES.items():
        if isinstance(value, kind):
            items = kind.__iter__(value)
            return [tag, [pack(item, refer, depth) for item in items]]
    raise AssertionError(f"not a container: {type(value)}")


def unpack(message: Json, resolve: Callable[[Json], object], depth: int = 0) -> object:
    """Rebuild a value of exact builtin types; `resolve` turns a reference's fields into an object."""
    if message is None or type(message) in (bool, int, float, str):
        return message
    if type(message) is not list or not message or type(message[0]) is not str or depth > DEEPEST:
        raise Malformed("not a value")
    tag, fields = message[0], message[1:]
    try:
        if tag == "r":
            return resolve(fields)
        if tag == "c":
            return complex(*fields)
        (body,) = fields
        return unpacked(tag, body, resolve, depth + 1)
    except (TypeError, ValueError) as error:
        raise Malformed(f"a bad {tag!r}: {type(error).__name__}") from None


def unpacked(tag: str, body: Json, resolve: Callable[[Json], object], depth: int) -> object:
    """Rebuild what a tag with one field stands for."""
    if tag == "i":
        return int(body, 16)
    if tag in ("y", "a"):
        return bytes.fromhex(body) if tag == "y" else bytearray.fromhex(body)
    if type(body) is not list:
        raise Malformed("a container without items")
    if tag == "d":
        return {unpack(key, resolve, depth): unpack(item, resolve, depth) for key, item in body}
    if tag not in SEQUENCES:
        raise Malformed(f"no tag {tag[:20]!r}")
    container: object = SEQUENCES[tag](unpack(item, resolve, depth) for item in body)
    return container
