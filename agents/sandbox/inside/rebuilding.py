"""What a program has given, rebuilt in the tester: its classes and objects by what stands for them, its exceptions."""

import builtins
import sys
from types import ModuleType
from typing import Any

from agents.sandbox.inside import mirrors, protocols, values, wire
from agents.sandbox.inside.asking import Asking
from agents.sandbox.inside.lending import Lent

Json = wire.Json
HELD = {base.__name__: base for base in values.BASES}
RETURNED: tuple[Any, ...] = (
    *values.FIXED_TYPES,
    *values.CHANGING_TYPES,
    bool,
    int,
    float,
    str,
    type(None),
    object,
    BaseException,
)
"""Classes that a program may return as themselves."""


class ProgramError(Exception):
    """The program raised an exception that could not be rebuilt."""


class Stopped(RuntimeError):
    """The program raised StopIteration where that would end a loop of the test before its time."""


class Rebuilt:
    """The program's classes and objects by their numbers."""

    def __init__(self, calls: Asking, lent: Lent) -> None:
        self.calls = calls
        self.lent = lent
        self.known: dict[int, object] = {}
        self.unpack: Any  # the shelf's own

    def learn(self, rows: Json) -> None:
        """Take in the classes that a message describes; raises `Malformed`."""
        if type(rows) is not list:
            raise wire.Malformed("no list of classes")
        for row in rows:
            try:
                index, name, packed_bases, methods, held, like, fields = row
                bases = [self.unpack(base) for base in packed_bases]
                nature = (HELD.get(held), protocols.LIKE.get(like), fields)
                methods = [method for method in methods if method.lstrip("!") in protocols.PROTOCOLS]
                if type(index) is not int or type(name) is not str or not all(isinstance(b, type) for b in bases):
                    raise wire.Malformed("no class")
                self.known.setdefault(index, mirrors.class_for(index, name[:80], bases, methods, nature))
            except (TypeError, ValueError, AttributeError, LookupError) as error:
                raise wire.Malformed(f"a class that is none: {type(error).__name__}") from None

    def resolve(self, tag: str, fields: list[Json]) -> object:
        """Return what a tag of no plain value stands for."""
        if tag == "r":
            return self.reference(*fields)
        if tag == "function":
            return self.instance(fields[0], mirrors.FUNCTION)
        if tag == "k":
            return self.kind(*fields)
        if tag == "N":
            kind = self.kind(fields[0])
            items = [self.unpack(item, 1) for item in fields[1:]]
            if not issubclass(kind, tuple) or len(items) != len(vars(kind)["_fields"]):
                raise wire.Malformed("no named tuple")
            return tuple.__new__(kind, items)
        if tag == "lent":
            number = fields[0]
            return self.lent.objects[number if number >= 0 else len(self.lent.objects)]
        if tag == "x":
            return self.error(*fields)
        if tag == "await":
            return self.calls.awaited(int(fields[0]))
        if tag == "g":
            return named(*fields)
        if tag == "m" and isinstance(module := sys.modules.get(fields[0]), ModuleType):
            return module
        raise wire.Malformed(f"no tag {tag[:20]!r}")

    def kind(self, index: Json) -> Any:  # a mirror of a class
        """Return what stands for a class."""
        kind = self.known.get(index) if type(index) is int else None
        if type(kind) is not mirrors.Kind:
            raise wire.Malformed("no such class")
        return kind

    def reference(self, index: Json, of: Json) -> object:
        """Return what stands for an object: the same for the same object."""
        return self.instance(index, self.kind(of))

    def instance(self, index: Json, kind: Any) -> object:  # a mirror of a class
        """Return what stands for an object of a class."""
        if type(index) is not int or not issubclass(kind, mirrors.Reference):
            raise wire.Malformed("an object without a number")
        reference: Any = self.known.get(index)
        if reference is None:
            reference = self.known[index] = object.__new__(kind)
            object.__setattr__(reference, "object__index", index)
        if type(reference) is not kind:
            raise wire.Malformed("an object of another class")
        object.__setattr__(reference, "object__returned", True)
        return reference

    def error(self, kind: Json, arguments: Json, extras: Json, text: Json, cause: Json, index: Json) -> object:
        """Return an exception of the program, with its arguments and attributes."""
        if type(index) is int and isinstance(earlier := self.known.get(index), BaseException):
            return earlier
        error = raisable(self.unpack(kind), self.unpack(arguments), str(text))
        error.__dict__.update({str(name): value for name, value in self.unpack(extras)}, of_program=True)
        if cause is not None and isinstance(source := self.unpack(cause), BaseException):
            error.__cause__ = source
        if type(index) is int:
            error.__dict__.update(object__index=index, object__text=str(text))
            self.known[index] = error
        return error


def raisable(kind: Any, arguments: Any, text: str) -> BaseException:  # a class and a tuple, if all is well
    """Return an exception of a class; no constructor runs but those of builtin exceptions."""
    if not isinstance(kind, type) or not issubclass(kind, BaseException) or type(arguments) is not tuple:
        raise wire.Malformed("no exception")
    try:
        error = kind.__new__(kind, *arguments)
        builtin: Any = next(part for part in kind.__mro__ if part.__module__ == "builtins")
        builtin.__init__(error, *arguments)
        error.args = arguments
    except TypeError:
        return ProgramError(text)
    return error


def named(module: Json, name: Json, builtin: Json = "") -> object:
    """Return a class that both sides have: a type of values, or an exception of a module that the tests have loaded.

    An exception of another module is taken for the builtin one that it extends.
    """
    of_module = vars(sys.modules[module]).get(name) if module in sys.modules else None
    for candidate in (of_module, vars(builtins).get(builtin)):
        if isinstance(candidate, type) and (candidate in RETURNED or issubclass(candidate, Exception)):
            return candidate
    raise wire.Malformed("no such class")
