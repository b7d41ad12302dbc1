"""What a test hands to a program that no value can stand for: functions, iterators, exceptions, classes.

Such a thing stays with the tests. The program gets what calls it, or asks it for its next item, by a message. What is
of the standard library is named, so that the program uses its own.
"""

import sys
from functools import cache, partial
from types import BuiltinFunctionType, FunctionType, GeneratorType, MethodType, MethodWrapperType, ModuleType
from typing import Any

from agents.sandbox.inside import mirrors, values, wire
from agents.sandbox.inside.shelf import Shelf

Json = wire.Json


CALLED = (FunctionType, MethodType, BuiltinFunctionType, MethodWrapperType, partial, type(cache(len)))
"""Types of what a program only calls; of another object it might use an attribute."""
OF_GENERATORS = {*dir(GeneratorType), "from_iterable"}


class Unsupported(BaseException):
    """A test wants what cannot be carried: an error of the task; no test may catch this."""


def place_of(value: object) -> list[str] | None:
    """Return the module and the name of what the standard library has, or None where it has not this object."""
    name = getattr(value, "__qualname__", None)
    module = getattr(value, "__module__", None) or getattr(getattr(value, "__objclass__", None), "__module__", None)
    if type(name) is not str or type(module) is not str or module.partition(".")[0] not in sys.stdlib_module_names:
        return None
    part: object = sys.modules.get(module)
    for step in name.split("."):
        part = getattr(part, step, None)
    return [module, name] if part is value else None


def builtin_line(kind: type[BaseException]) -> str:
    """Return the name of the most special builtin exception that a class is or extends."""
    return next(part.__name__ for part in kind.__mro__ if part.__module__ == "builtins")


class Lent:
    """The objects of the tests that a program may call, and the way all others are sent."""

    def __init__(self) -> None:
        self.objects: list[object] = []
        self.numbers: dict[int, int] = {}
        self.shelf: Shelf

    def number(self, value: object) -> int:
        """Return the number of an object, a new one where it has none."""
        number = self.numbers.setdefault(id(value), len(self.objects))
        if number == len(self.objects):
            self.objects.append(value)
        return number

    def refer(self, value: object, depth: int) -> Json:
        """Return what stands for an object; raises `Unsupported` where nothing can."""
        index = mirrors.index_of(value)
        if index is not None:
            return ["r", index]
        if isinstance(value, BaseException):
            return self.error(value, depth)
        if isinstance(value, ModuleType):
            return ["m", value.__name__]
        if isinstance(value, type) and issubclass(value, BaseException) and place_of(value) is None:
            return ["e", self.number(value), value.__name__, builtin_line(value)]
        place = place_of(value)
        if place is not None:
            return ["g", *place]
        base = None if isinstance(value, type) else values.base_of(type(value))
        if base is not None:
            return self.extended(value, base, depth)
        return ["lent", self.number(value), getattr(value, "__name__", ""), self.use_of(value)]

    def use_of(self, value: object) -> str:
        """Return what a program can do with an object; raises `Unsupported` where that is nothing."""
        kind = type(value)
        public = {name for name in dir(kind) if not name.startswith("_")}
        if hasattr(kind, "__next__") and public <= OF_GENERATORS:
            return "iterator"
        if isinstance(value, CALLED) or (not isinstance(value, type) and callable(value) and not public):
            return "function"
        if kind is object:
            return "object"
        what = f"the class {value.__name__}" if isinstance(value, type) else f"an object of type {type(value).__name__}"
        raise Unsupported(f"a test passes {what}, which cannot be carried over to the program")

    def extended(self, value: Any, base: type, depth: int) -> Json:
        """Return an object of a class that extends a builtin type, as what it holds of it."""
        kind = type(value)
        if base is tuple and hasattr(kind, "_fields"):
            items = [self.shelf.pack(item, depth + 1) for item in tuple.__iter__(value)]
            of_program = type(kind) is mirrors.Kind
            name = [kind.class__index] if of_program else [kind.__name__, list(kind._fields)]
            return ["N" if of_program else "T", *name, *items]
        return self.shelf.as_base(value, base, depth)

    def error(self, error: BaseException, depth: int) -> Json:
        """Return an exception of a test."""
        kind = type(error)
        place = place_of(kind)
        packed = ["g", *place] if place else ["e", self.number(kind), kind.__name__, builtin_line(kind)]
        return ["x", packed, self.shelf.pack(error.args, depth + 1), self.number(error)]
