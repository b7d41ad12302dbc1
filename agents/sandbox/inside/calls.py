"""The tester's way to the candidate: what it asks of the program's functions and objects, and what it is asked for."""

import sys
from collections.abc import Mapping
from types import GeneratorType
from typing import Any, NoReturn

from agents.sandbox.inside import mirrors, wire
from agents.sandbox.inside.lending import Lent, Unsupported
from agents.sandbox.inside.line import Gone, Line
from agents.sandbox.inside.rebuilding import Rebuilt, Stopped
from agents.sandbox.inside.shelf import Shelf

Json = wire.Json
MESSAGE = 600
"""Characters of an outcome's message."""
DEEPEST_CALLS = 200
"""Calls of the program within calls of a test's function within calls of the program, and so on."""
STOPPING = frozenset({"__next__", "send", "throw"})
"""What may end an iteration: StopIteration from anything else would end a loop of the test unseen."""


class BadReturn(BaseException):
    """The tests looked into something that is no value; no test may catch this."""


class Calls:
    """What a program is asked, and what was wrong with its answers."""

    def __init__(self, line: Line, classes: frozenset[str] = frozenset()) -> None:
        self.line = line
        self.classes = classes
        """Names of classes that the task asks for: what a test makes by calling one is not what a program returned."""
        self.lent = Lent()
        self.rebuilt = Rebuilt(self, self.lent)
        self.shelf = Shelf(self.lent.refer, self.rebuilt.resolve)
        self.lent.shelf, self.rebuilt.unpack = self.shelf, self.shelf.unpack
        self.output = sys.stdout
        self.number = self.call_count = self.depth = 0
        self.tested: set[int] = set()
        self.lost = False
        mirrors.Kind.class__calls = self
        self.begin()

    def begin(self) -> None:
        """Begin another test."""
        self.bad = self.noted = self.failure = self.unsupported = ""
        self.suppressed: list[int] = []
        self.last: object = None
        self.forgotten = True

    def bind(self, names: list[str], namespace: dict[str, object]) -> None:
        """Bind the names that the program has."""
        for name in names:
            reply = self.exchange({"do": "name", "name": name})
            if "missing" in reply:
                continue
            namespace[name] = value = self.taken(reply)
            if type(value) is mirrors.Kind and name in self.classes:
                self.tested.add(value.class__index)

    def share(self, names: list[str], namespace: dict[str, object]) -> None:
        """Carry the objects of classes that a prompt defines; others are the program's alone."""
        for name in names:
            if not self.shelf.share(name, namespace[name]):
                del namespace[name]
        self.exchange({"do": "share", "names": [name for name in names if name in namespace]})

    def ask(self, request: dict[str, Json], payload: object = ()) -> Any:
        """Have something done in the candidate and return the value that comes of it."""
        self.call_count += 1
        return self.taken(self.exchange({**request, **self.packed(payload)}))

    def taken(self, reply: dict[str, Json]) -> Any:
        """Return the value that a reply carries."""
        try:
            return self.shelf.incoming(reply)
        except wire.Malformed as error:
            self.refuse(str(error))

    def packed(self, payload: object) -> dict[str, Json]:
        """Return what carries a value; what was known before is forgotten where it has become much."""
        forget = self.forgotten or (self.depth == 0 and not self.shelf.busy and self.shelf.full)
        if forget:
            self.shelf.clear()
        self.forgotten = True  # until it is packed as a whole
        try:
            message = self.shelf.outgoing(payload)
        except Unsupported as error:
            self.unsupported = str(error)
            raise
        self.forgotten = False
        return {**message, "forget": True} if forget else message

    def operate(self, index: int, name: str, arguments: tuple[object, ...], named: Mapping[str, object]) -> Any:
        """Use a special method of an object; what `__call__` returns a failing test shows."""
        payload = (arguments, tuple(named.items()))
        result = self.ask({"do": "operate", "of": index, "name": name}, payload)
        if name == "__call__":
            self.last = result
        return result

    def construct(self, kind: mirrors.Kind, arguments: tuple[object, ...], named: dict[str, object]) -> object:
        """Call a class."""
        before = len(self.rebuilt.known)
        instance = self.operate(kind.class__index, "__call__", arguments, named)
        is_new = len(self.rebuilt.known) > before and type(instance) is kind and issubclass(kind, mirrors.Reference)
        if is_new and kind.class__index in self.tested:
            object.__setattr__(instance, "object__returned", False)
        return instance

    def get(self, index: int, name: str) -> object:
        """Return an attribute; that of a generator which goes on with it may end the iteration."""
        value = self.ask({"do": "get", "of": index, "name": name})
        if name in STOPPING and isinstance(self.rebuilt.known.get(index), GeneratorType):
            return lambda *arguments: self.operate(index, name, arguments, {})
        return value

    def change(self, index: int, name: str, *value: object) -> None:
        """Set an attribute, or delete it where no value is given."""
        self.ask({"do": "set" if value else "delete", "of": index, "name": name}, value)

    def held(self, index: int) -> Any:
        """Return what an object holds of the builtin type that its class extends."""
        return self.ask({"do": "held", "of": index})

    def copied(self, index: int, deep: bool) -> object:
        """Return a copy of an object."""
        return self.ask({"do": "copy", "of": index, "name": "deepcopy" if deep else "copy"})

    def awaited(self, index: int) -> Any:
        """Return a coroutine of this process, which has the candidate run its own to the end."""

        async def coroutine() -> object:
            return self.ask({"do": "await", "of": index})

        return coroutine()

    def leave(self, index: int, error: BaseException | None) -> bool:
        """End a `with`; what a test asserts in it no program may keep to itself."""
        if isinstance(error, BadReturn | Gone | Unsupported):
            return False
        payload = (None, None, None) if error is None else (type(error), error, None)
        keeps = bool(self.operate(index, "__exit__", payload, {}))
        if not keeps or error is None or hasattr(error, "of_program"):
            return keeps
        if error.__traceback__ is not None:
            self.suppressed.append(error.__traceback__.tb_lineno)
        return not isinstance(error, AssertionError)

    def exchange(self, request: dict[str, Json]) -> dict[str, Json]:
        """Send a request and return the reply to it; meanwhile do what the candidate asks for."""
        self.number += 1
        number = self.number
        printing = sys.stdout is not self.output
        if printing:
            self.line.new_output()
        try:
            self.line.send({"id": number, **request})
            while type(message := self.line.receive()) is dict and "lent" in message:
                self.line.send(self.lend(message))
        except Gone:
            self.lost = True
            raise
        if printing:
            sys.stdout.write(self.line.new_output())
        return self.checked(message, number, request["do"] == "operate" and request["name"] in STOPPING)

    def checked(self, reply: Json, number: int, may_stop: bool = False) -> dict[str, Json]:
        """Return a reply that is one; raise what the program raised."""
        if type(reply) is not dict or reply.get("id") != number:
            self.refuse("the reply is not an answer to what was asked")
        if reply.get("forget"):
            self.forgotten = True
        try:
            self.rebuilt.learn(reply.get("classes", []))
            if "unsendable" in reply:
                self.refuse(str(reply["unsendable"])[:MESSAGE])
            if not reply.get("raised"):
                return reply
            raised = self.shelf.incoming(reply)
        except wire.Malformed as error:
            self.refuse(str(error))
        if not isinstance(raised, BaseException):
            self.refuse("it raised what is no exception")
        if isinstance(raised, StopIteration | StopAsyncIteration) and not may_stop:
            raise Stopped(*raised.args) from raised
        raise raised

    def lend(self, message: dict[str, Json]) -> dict[str, Json]:
        """Do with an object of the tests what the candidate asks, and return the answer."""
        self.depth += 1
        try:
            self.rebuilt.learn(message.get("classes", []))
            number, payload = message["lent"], self.shelf.incoming(message)
            if type(number) is not int or not 0 <= number < len(self.lent.objects):
                raise wire.Malformed("no such object")
            if self.depth > DEEPEST_CALLS:
                raise RecursionError("maximum recursion depth exceeded")
            return {"answer": True, **self.packed(used(self.lent.objects[number], payload))}
        except wire.Malformed as error:
            self.refuse(str(error))
        except Exception as error:  # noqa: BLE001 - a function of a test may raise anything, and the program is told
            if isinstance(error, AssertionError) and not hasattr(error, "of_program"):
                self.failure = self.failure or f"AssertionError in a function of the test: {error}"[:MESSAGE]
            return {"answer": True, "raised": True, **self.packed(error)}
        finally:
            self.depth -= 1

    def note(self, kind: str) -> None:
        """Remember that a test has looked at an object that can be equal to no value."""
        self.noted = f"the program returned an object of type {kind}, which is no builtin value"

    def refuse(self, why: str) -> NoReturn:
        """Note that the candidate's answer is none."""
        self.bad = why or "the reply is malformed"
        self.forgotten = True
        raise BadReturn(self.bad)


def used(lent: Any, payload: Any) -> object:  # a function or an iterator, and what it is called with
    """Call a function of the tests, or return the next item of an iterator; raises `Malformed`."""
    if payload is None:
        return next(lent)
    try:
        arguments, named = payload
        named = dict(named)
    except (TypeError, ValueError):
        raise wire.Malformed("no arguments") from None
    if isinstance(lent, type | BaseException) or not callable(lent):
        raise wire.Malformed("no function")
    return lent(*arguments, **named)
