"""What both sides know by a number: values that change in place keep their identity, and their changes are carried.

Each message holds the new ones it speaks of and what has changed in those that were known before, so that both sides
see the same lists, dictionaries and sets, shared or within themselves, as one process would.
"""

import re
from collections.abc import Callable
from typing import Any

from agents.sandbox.inside import values, wire

Json = wire.Json
DEEPEST = 150
"""Values that never change, within each other."""
MOST_KNOWN, MOST_ITEMS = 256, 4096
"""Values that both sides remember from one call to the next, and what these hold."""
PLAIN = frozenset({type(None), bool, str, float})
PLAIN_INTEGER = 1 << 63
BAD = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, re.error, RecursionError, AssertionError)
"""What building a value of a message raises that holds none."""


class Shelf:
    """The values of one side and their numbers."""

    def __init__(self, refer: Callable[[object, int], Json], resolve: Callable[[str, list[Json]], object]) -> None:
        """Take what packs a value of no type that is carried, and what unpacks it."""
        self.refer = refer
        self.resolve = resolve
        self.busy = False
        self.types = dict(values.CHANGING_TYPES)
        self.tags = dict(values.CHANGING_TAGS)
        self.clear()

    def share(self, name: str, kind: object) -> bool:
        """Carry the objects of a class that both sides define; False of a class with more than plain attributes."""
        if not values.is_plain(kind):
            return False
        shared = values.of_class(name, kind)
        self.types[kind] = self.tags[shared.tag] = shared
        return True

    def clear(self) -> None:
        """Forget every number."""
        self.objects: list[Any] = []
        self.kinds: list[values.Changing] = []
        self.numbers: dict[int, int] = {}
        self.bodies: list[list[Json]] = []

    @property
    def full(self) -> bool:
        """Whether so much is known that looking it over for changes takes long."""
        return len(self.objects) > MOST_KNOWN or sum(map(len, self.bodies)) > MOST_ITEMS

    def number(self, value: object, kind: values.Changing) -> int:
        """Return the number of a value, a new one where it has none."""
        number = self.numbers.setdefault(id(value), len(self.objects))
        if number == len(self.objects):
            self.objects.append(value)
            self.kinds.append(kind)
        return number

    def outgoing(self, value: object) -> dict[str, Json]:
        """Return a message that carries a value, what is new in it, and what has changed of what is known."""
        earlier = len(self.bodies)
        message: dict[str, Json] = {"value": self.pack(value)}
        if not self.busy and (changed := self.changes(earlier)):
            message["changed"] = changed
        new = []
        while len(self.bodies) < len(self.objects):
            number = len(self.bodies)
            kind, held = self.kinds[number], self.objects[number]
            self.bodies.append([])
            made_with = [self.pack(part) for part in kind.made_with(held)]
            self.bodies[number] = self.packed_items(number)
            new.append([kind.tag, made_with, self.bodies[number]])
        if new:
            message["new"] = new
        return message

    def changes(self, earlier: int) -> list[Json]:
        """Return the numbers and the new items of values that have changed."""
        changed = []
        for number in range(earlier):
            body = self.packed_items(number)
            if body != self.bodies[number]:
                self.bodies[number] = body
                changed.append([number, body])
        return changed

    def packed_items(self, number: int) -> list[Json]:
        """Return what a value holds."""
        return [self.pack(item) for item in self.kinds[number].items(self.objects[number])]

    def pack(self, value: object, depth: int = 0) -> Json:
        """Return a value as JSON: itself where JSON keeps it, else a list that begins with a tag."""
        kind = type(value)
        if kind in PLAIN:
            return value
        if kind is int:
            return value if -PLAIN_INTEGER < value < PLAIN_INTEGER else ["i", hex(value)]  # type: ignore[operator, arg-type]
        changing = self.types.get(kind)
        if changing is not None:
            return ["@", self.number(value, changing)]
        if depth > DEEPEST:
            raise wire.Unsendable(f"a value nested deeper than {DEEPEST}")
        fixed = values.FIXED_TYPES.get(kind)
        if fixed is not None:
            return [fixed.tag, *[self.pack(part, depth + 1) for part in fixed.fields(value)]]
        if values.is_named(value):
            return ["named", kind.__module__, kind.__name__, str(value)]
        return self.refer(value, depth)

    def as_base(self, value: Any, base: Any, depth: int) -> Json:  # an object of a class that extends a type
        """Return what an object holds of the type that its class extends."""
        if base is int or base is bool:
            return self.pack(int.__add__(value, 0), depth)
        if base is str:
            return str.__str__(value)
        if base is float:
            return float.__pos__(value)
        if base in values.CHANGING_TYPES:
            return ["@", self.number(value, values.CHANGING_TYPES[base])]
        fixed = values.FIXED_TYPES[base]
        return [fixed.tag, *[self.pack(part, depth + 1) for part in fixed.fields(value)]]

    def incoming(self, message: dict[str, Json]) -> object:
        """Take in what is new and what has changed, and return the value; raises `Malformed`."""
        was_busy = self.busy
        self.busy = True  # filling a set may ask for the hash of an object, and nothing is whole yet
        try:
            new = message.get("new", [])
            first = len(self.objects)
            for tag, made_with, body in new:
                kind = self.tags[tag]
                self.number(kind.empty(*[self.unpack(part) for part in made_with]), kind)
                self.bodies.append(body)
            bodies = [*enumerate((body for _, _, body in new), first), *message.get("changed", [])]
            for number, body in bodies:
                if type(number) is not int or not 0 <= number < len(self.objects):
                    raise wire.Malformed("no such number")
                self.bodies[number] = body
                self.kinds[number].fill(self.objects[number], [self.unpack(part) for part in body])
            return self.unpack(message.get("value"))
        except BAD as error:
            raise wire.Malformed(f"a value that is none: {type(error).__name__}") from None
        finally:
            self.busy = was_busy

    def unpack(self, message: Json, depth: int = 0) -> object:
        """Rebuild a value of exactly the type that its tag names."""
        if type(message) is not list:
            if message is None or type(message) in (bool, int, float, str):
                return message
            raise wire.Malformed("not a value")
        if not message or type(message[0]) is not str or depth > DEEPEST + 1:
            raise wire.Malformed("not a value")
        tag, *fields = message
        if tag == "@":
            (number,) = fields
            if type(number) is not int or number < 0:
                raise wire.Malformed("no such number")
            return self.objects[number]
        if tag == "i":
            (digits,) = fields
            return int(digits, 16)
        if tag in values.FIXED_TAGS:
            return values.FIXED_TAGS[tag].build(*[self.unpack(part, depth + 1) for part in fields])
        if tag == "named":
            return values.of_name(*fields)
        return self.resolve(tag, fields)
