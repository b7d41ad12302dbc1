"""The candidate: it loads an untrusted program and answers calls; it holds no test, no expected value, no verdict."""

import builtins
import os
import random
import re
import sys
from types import ModuleType
from typing import Any

from agents.sandbox.inside import wire

Json = wire.Json
LONGEST_MESSAGE = 400


class Answering:
    """The objects of a program that the tester may refer to."""

    def __init__(self, channel: int, program: ModuleType) -> None:
        self.channel = channel
        self.program = program
        self.objects: list[object] = []

    def refer(self, value: object) -> Json:
        """Keep an object here and return what the tester may know of it."""
        if isinstance(value, ModuleType):
            return ["r", "module", value.__name__]
        name = getattr(value, "__name__", "")
        if isinstance(value, type) and vars(builtins).get(name) is value:
            return ["r", "builtin", name]
        self.objects.append(value)
        truth = [True] if isinstance(value, re.Match) else []
        return ["r", len(self.objects) - 1, type(value).__name__[:80], *truth]

    def resolve(self, fields: Json) -> object:
        """Return the object a reference stands for."""
        return getattr(builtins, fields[1]) if fields[0] == "builtin" else self.objects[fields[0]]

    def answer(self, request: Json) -> Json:
        """Do what the tester asks and return the reply."""
        order = request["do"]
        if order == "name":
            missing = request["name"] not in vars(self.program)
            return {"missing": True} if missing else self.value(vars(self.program)[request["name"]])
        target: Any = self.objects[request["of"]]
        if order == "get":
            return self.value(getattr(target, request["name"]))
        if order == "set":
            setattr(target, request["name"], wire.unpack(request["value"], self.resolve))
            return self.value(None)
        arguments: Any = wire.unpack(request["arguments"], self.resolve)
        reply = self.value(target(*arguments[0], **arguments[1]))
        after = wire.pack(arguments, self.refer)
        return reply if after == request["arguments"] else {**reply, "arguments": after}

    def value(self, value: object) -> Json:
        """Return the reply that carries a value."""
        return {"value": wire.pack(value, self.refer)}

    def serve(self) -> None:
        """Answer until the tester has ended."""
        while (request := wire.read(self.channel)) is not None:
            number = request["id"]
            try:
                reply = self.answer(request)
            except BaseException as error:  # noqa: BLE001 - a call may raise anything, and the tester is told
                reply = raised(error)
            flush()
            try:
                wire.write(self.channel, {"id": number, **reply})
            except wire.Unsendable as error:
                wire.write(self.channel, {"id": number, "unsendable": str(error)})


def raised(error: BaseException) -> Json:
    """Return an exception as a reply."""
    if isinstance(error, wire.Unsendable):
        return {"unsendable": str(error)}
    if isinstance(error, SystemExit | KeyboardInterrupt | GeneratorExit):
        os._exit(1)
    try:
        message = str(error)[:LONGEST_MESSAGE]
    except Exception:  # noqa: BLE001 - its __str__ is the program's
        message = ""
    return {"raised": type(error).__name__[:80], "message": message}


def flush() -> None:
    """Hand over what was printed; a full or closed pipe is the program's affair."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # noqa: BLE001 - the stream may have been replaced by anything
            continue


def run(channel: int, source: bytes, seed: int) -> None:
    """Load a program, say so, and answer calls until the tester ends."""
    random.seed(seed)
    program = ModuleType("program")
    sys.modules["program"] = program
    answering = Answering(channel, program)
    try:
        text = source.decode("utf-8", "surrogatepass")
        exec(compile(text, "program.py", "exec", dont_inherit=True), vars(program))
        reply: Json = {}
    except BaseException as error:  # noqa: BLE001 - loading may raise anything
        reply = raised(error)
    flush()
    wire.write(channel, {"id": 0, **reply})
    answering.serve()
