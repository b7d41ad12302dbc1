"""Calls of a candidate's functions: what goes over, what comes back, and objects that stay there."""

import builtins
import sys
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any, NoReturn

from agents.sandbox.inside import wire
from agents.sandbox.inside.line import Line

Json = wire.Json
MESSAGE = 600
"""Characters of an outcome's message."""
UNCOMPARABLE = """
eq ne lt le gt ge bool len hash iter next contains getitem setitem delitem add radd sub rsub mul rmul truediv
rtruediv floordiv rfloordiv mod rmod pow rpow and rand or ror xor rxor neg pos abs invert int float index complex
round trunc str repr format bytes enter exit await reversed
"""


class BadReturn(BaseException):
    """The tests looked into something that is no builtin value; no test may catch this."""


class ProgramError(Exception):
    """The program raised something that is no builtin exception."""


class Reference:
    """An object that stays in the candidate: it can be called, asked for attributes and passed back, never compared."""

    __slots__ = ("_calls", "_index", "_kind")
    _calls: "Calls"
    _index: int
    _kind: str

    def __init__(self, calls: "Calls", index: int, kind: str) -> None:
        object.__setattr__(self, "_calls", calls)
        object.__setattr__(self, "_index", index)
        object.__setattr__(self, "_kind", kind)

    def __call__(self, *arguments: object, **named: object) -> object:
        return self._calls.call(self._index, arguments, named)

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._calls.ask({"do": "get", "of": self._index, "name": name})

    def __setattr__(self, name: str, value: object) -> None:
        packed = wire.pack(value, self._calls.refer)
        self._calls.ask({"do": "set", "of": self._index, "name": name, "value": packed})


def refuse(self: Reference, *_: object) -> NoReturn:
    """Stand for every operation a reference does not have."""
    self._calls.bad = f"the program returned an object of type {self._kind}, which is no builtin value"
    raise BadReturn(self._calls.bad)


for _name in UNCOMPARABLE.split():
    setattr(Reference, f"__{_name}__", refuse)


class Match(Reference):
    """A found pattern: it is true, which a program that wants to deceive could as well have returned."""

    def __bool__(self) -> bool:
        return True


def object_of_name(names: Mapping[str, object], name: object, kind: type) -> object:
    """Return the tester's own object of that name."""
    named_object = names.get(name) if isinstance(name, str) else None
    if not isinstance(named_object, kind):
        raise wire.Malformed("no such name")
    return named_object


class Calls:
    """Calls of the candidate's functions, and what was wrong with its answers."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.number = 0
        self.call_count = 0
        self.bad = ""
        self.last: object = None

    def refer(self, value: object) -> Json:
        """Return the reference that an argument is."""
        if isinstance(value, Reference):
            return ["r", value._index]
        name = getattr(value, "__name__", "")
        if vars(builtins).get(name) is value:
            return ["r", "builtin", name]
        raise TypeError(f"a test passes an object of type {type(value).__name__}, which cannot be carried over")

    def resolve(self, fields: Json) -> object:
        """Return a reference to an object of the candidate."""
        first, second, *truth = fields
        if first == "module":
            return object_of_name(sys.modules, second, ModuleType)
        if first == "builtin":
            return object_of_name(vars(builtins), second, type)
        if type(first) is not int:
            raise wire.Malformed("a reference without a number")
        return (Match if truth else Reference)(self, first, str(second)[:80])

    def ask(self, request: Json) -> object:
        """Send a request and return the value it is answered with."""
        return self.unpack(self.reply(request).get("value"))

    def call(self, index: int, arguments: tuple[object, ...], named: dict[str, object]) -> object:
        """Call a function of the candidate and carry changes of its arguments back."""
        arguments_before = [list(arguments), named]
        request = {"do": "call", "of": index, "arguments": wire.pack(arguments_before, self.refer)}
        self.call_count += 1
        reply = self.reply(request)
        if "arguments" in reply:
            arguments_after = self.unpack(reply["arguments"])
            if type(arguments_after) is list:
                renew(arguments_before, arguments_after)
        self.last = self.unpack(reply.get("value"))
        return self.last

    def unpack(self, message: Json) -> object:
        """Rebuild a value, or say that it is none."""
        try:
            return wire.unpack(message, self.resolve)
        except (wire.Malformed, ValueError, TypeError, RecursionError) as error:
            self.refuse(str(error))

    def reply(self, request: Json) -> dict[str, Json]:
        """Send a request and return the reply to it."""
        self.number += 1
        self.line.send({"id": self.number, **request})
        return self.checked(self.line.receive())

    def checked(self, reply: Json) -> dict[str, Json]:
        """Return a reply that is one; raise what the program raised."""
        if type(reply) is not dict or reply.get("id") != self.number:
            self.refuse("the reply is not an answer to what was asked")
        if "unsendable" in reply:
            self.refuse(str(reply["unsendable"])[:MESSAGE])
        if "raised" in reply:
            kind = getattr(builtins, str(reply["raised"]), None)
            message = f"{str(reply['raised'])[:80]}: {str(reply.get('message'))[:MESSAGE]}"
            if isinstance(kind, type) and issubclass(kind, Exception) and kind is not AssertionError:
                raise rebuilt(kind, message)
            raise ProgramError(message)
        return reply

    def refuse(self, why: str) -> NoReturn:
        """Note that the candidate's answer is none."""
        self.bad = why or "the reply is malformed"
        raise BadReturn(self.bad)


def rebuilt(kind: type[Exception], message: str) -> Exception:
    """Return a builtin exception of that kind (a few need more than a message)."""
    try:
        error = kind(message)
    except TypeError:
        error = ProgramError(message)
    error.__dict__["of_program"] = True
    return error


def renew(old: Any, new: Any) -> None:  # values of builtin types
    """Make a value equal to another of the same shape in place, so that every name for it sees the change."""
    if type(old) is not type(new):
        return
    if isinstance(old, list | tuple):
        for before, after in zip(old, new, strict=False):
            renew(before, after)
        if isinstance(old, list):
            old[:] = [before if same(before, after) else after for before, after in paired(old, new)]
    elif isinstance(old, dict):
        for key, after in new.items():
            if key in old:
                renew(old[key], after)
        renewed = {key: old[key] if key in old and same(old[key], after) else after for key, after in new.items()}
        old.clear()
        old.update(renewed)
    elif isinstance(old, set):
        old.clear()
        old.update(new)
    elif isinstance(old, bytearray):
        old[:] = new


def paired(old: list[Any], new: list[Any]) -> Iterable[tuple[Any, Any]]:
    """Pair the items of two lists; a new item without an old one is paired with itself."""
    return ((old[index] if index < len(old) else item, item) for index, item in enumerate(new))


def same(before: object, after: object) -> bool:
    """Say whether the old object now stands for the new one, and keeps its name."""
    if isinstance(before, Reference) and isinstance(after, Reference):
        return bool(before._index == after._index)
    return type(before) is type(after) and isinstance(before, list | dict | set | bytearray)
