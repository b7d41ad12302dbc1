"""The candidate: it loads an untrusted program and answers calls; it holds no test, no expected value, no verdict."""

import builtins
import copy
import operator
import os
import random
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

from agents.sandbox.inside import wire
from agents.sandbox.inside.scripts import Script
from agents.sandbox.inside.sharing import LONGEST_TEXT, Held, Named, ProgramObjects

Json = wire.Json
NATURAL: dict[str, Callable[..., Any]] = {
    "__getitem__": operator.getitem, "__contains__": operator.contains, "__iter__": iter, "__len__": len,
    "__bool__": bool, "__str__": str, "__repr__": repr, "__format__": format,
}  # fmt: skip
"""Special methods that Python finds a way to use where a class has none, as iterating by index."""


class Answering:
    """The objects of a program that the tester may refer to."""

    def __init__(self, channel: int, program: ModuleType) -> None:
        self.channel = channel
        self.line = threading.RLock()
        self.program = program
        self.shared = ProgramObjects(self.ask)
        self.loop: Any = None  # an event loop, where coroutines are run
        self.script: Script | None = None

    def answer(self, request: Json) -> Json:
        """Do what the tester asks and return the reply."""
        order = request["do"]
        if order == "name":
            missing = request["name"] not in vars(self.program)
            return {"missing": True} if missing else self.carry(Named(vars(self.program)[request["name"]]))
        if order == "share":
            for name in request["names"]:
                self.shared.shelf.share(name, vars(self.program).get(name))
            return {}
        if request.get("forget"):
            self.shared.shelf.clear()
        payload: Any = self.shared.shelf.incoming(request)
        if order == "print" and self.script is not None:
            return self.carry(self.script.printed(payload))
        target: Any = self.shared.objects[request["of"]]
        return self.carry(getattr(self, f"do_{order}")(target, request.get("name"), payload))

    def do_operate(self, target: Any, name: str, payload: Any) -> object:
        """Use a special method of an object, as Python does: its class has it."""
        arguments, named = payload
        if name == "__call__":
            return target(*arguments, **dict(named))
        if name in NATURAL:
            return NATURAL[name](target, *arguments)
        return getattr(type(target), name)(target, *arguments)

    def do_get(self, target: Any, name: str, _: object) -> object:
        """Return an attribute."""
        value = getattr(target, name)
        return dict(value) if name == "__dict__" else value

    def do_set(self, target: Any, name: str, payload: Any) -> None:
        """Set an attribute."""
        setattr(target, name, *payload)

    def do_delete(self, target: Any, name: str, _: object) -> None:
        """Delete an attribute."""
        delattr(target, name)

    def do_held(self, target: Any, *_: object) -> object:
        """Return what an object holds of the builtin type that its class extends."""
        return Held(target)

    def do_copy(self, target: Any, name: str, _: object) -> object:
        """Return a copy of an object."""
        return getattr(copy, name)(target)

    def do_await(self, target: Any, *_: object) -> object:
        """Run a coroutine to its end."""
        import asyncio

        self.loop = self.loop or asyncio.new_event_loop()
        return self.loop.run_until_complete(target)

    def carry(self, value: object) -> Json:
        """Return the reply that carries a value."""
        message = self.shared.shelf.outgoing(value)
        return {**self.shared.new_rows(), **message}

    def raised(self, error: BaseException) -> Json:
        """Return an exception as a reply."""
        if isinstance(error, wire.Unsendable):
            return {"unsendable": str(error), "forget": True}
        if isinstance(error, SystemExit | KeyboardInterrupt | GeneratorExit):
            os._exit(1)
        try:
            return {"raised": True, **self.carry(error)}
        except Exception:  # noqa: BLE001 - what it holds may be anything
            try:
                text = str(error)[:LONGEST_TEXT]
            except Exception:  # noqa: BLE001 - its __str__ is the program's
                text = ""
            kind = self.shared.class_of(type(error))
            plain = ["x", kind, ["t", text], ["t"], text, None, self.shared.index(error) if kind[0] == "k" else None]
            return {"raised": True, "forget": True, **self.shared.new_rows(), "value": plain}

    def ask(self, number: int, payload: object) -> Any:
        """Have the tester call one of its functions; meanwhile answer what that asks for, one thread at a time."""
        with self.line:
            return self.asked(number, payload)

    def asked(self, number: int, payload: object) -> Any:
        """Ask, and wait for the answer."""
        flush()
        message = self.shared.shelf.outgoing(payload)
        wire.write(self.channel, {"lent": number, **self.shared.new_rows(), **message})
        while (message := wire.read(self.channel)) is not None and "answer" not in message:
            self.reply(message)
        if message is None:
            os._exit(1)
        if message.get("forget"):
            self.shared.shelf.clear()
        value: Any = self.shared.shelf.incoming(message)
        if "raised" in message:
            raise value
        return value

    def reply(self, request: Json) -> None:
        """Answer one request."""
        number = request["id"]
        try:
            reply = self.answer(request)
        except BaseException as error:  # noqa: BLE001 - a call may raise anything, and the tester is told
            reply = self.raised(error)
        flush()
        with self.line:
            try:
                wire.write(self.channel, {"id": number, **reply})
            except wire.Unsendable as error:
                classes = reply.get("classes", [])
                wire.write(self.channel, {"id": number, "classes": classes, "unsendable": str(error), "forget": True})

    def serve(self) -> None:
        """Answer until the tester has ended."""
        while (request := wire.read(self.channel)) is not None:
            self.reply(request)


def flush() -> None:
    """Hand over what was printed; a full or closed pipe is the program's affair."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # noqa: BLE001 - the stream may have been replaced by anything
            continue


def run(channel: int, source: bytes, seed: int, script: bool = False) -> None:
    """Load a program, say so, and answer calls until the tester ends; a script is run when it is given an input."""
    random.seed(seed)
    vars(builtins).update(exit=sys.exit, quit=sys.exit)  # which the interpreter otherwise has of its site packages
    program = ModuleType("program")
    sys.modules["program"] = program
    answering = Answering(channel, program)
    try:
        text = source.decode("utf-8", "surrogatepass")
        code = compile(text, "program.py", "exec", dont_inherit=True)
        if script:
            answering.script = Script(code, seed)
        else:
            exec(code, vars(program))
        reply: Json = {}
    except BaseException as error:  # noqa: BLE001 - loading may raise anything
        reply = answering.raised(error)
    flush()
    wire.write(channel, {"id": 0, **reply})
    answering.serve()
