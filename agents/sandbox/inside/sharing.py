"""What the candidate lets the tester know of a program's objects: numbers, classes, exceptions.

This runs beside the program, which may change anything here: the tester takes what comes for what it may be.
"""

import builtins
import importlib
import re
import sys
from collections import namedtuple
from collections.abc import Callable
from types import CoroutineType, FunctionType, ModuleType
from typing import Any

from agents.sandbox.inside import protocols, values, wire
from agents.sandbox.inside.shelf import DEEPEST, Shelf

Json = wire.Json
LONGEST_TEXT = 400
"""Characters of an exception's text, where its arguments cannot be carried."""
TUPLES = frozenset(
    ["__new__", "_make", "_replace", "_asdict", "__repr__", "__getnewargs__", "_fields", "_field_defaults"]
)
Asking = Callable[[int, object], Any]
"""Has the tester call one of its functions, or give the next item of an iterator where there are no arguments."""


def is_own(kind: type) -> bool:
    """Say whether a class is the program's own, and not one of the standard library."""
    module = sys.modules.get(str(type.__getattribute__(kind, "__module__")))
    name = str(type.__getattribute__(kind, "__name__"))
    of_library = module is not None and module.__name__.partition(".")[0] in sys.stdlib_module_names
    return not (of_library and vars(module).get(name) is kind)


def tuple_fields(kind: type) -> list[str] | None:
    """Return the fields of a named tuple that is no more than that; None of other classes."""
    fields = type.__dict__["__dict__"].__get__(kind).get("_fields")
    if protocols.line_of(kind)[1:-1] != (tuple,) or type(fields) is not tuple:
        return None
    own = set(type.__dict__["__dict__"].__get__(kind))
    return list(fields) if own <= values.UNTOLD | TUPLES | set(fields) else None


class Held:
    """What an object holds of the builtin type that its class extends."""

    def __init__(self, of: object) -> None:
        self.of = of


class Named(Held):
    """What a name of the program stands for: a class of the library is then called here, as one of its own is."""


class ProgramObjects:
    """The objects of a program that the tester may refer to, and those of the tests that the program has been lent."""

    def __init__(self, ask: Asking) -> None:
        self.ask = ask
        self.shelf = Shelf(self.refer, self.resolve)
        self.objects: list[Any] = []
        self.indexes: dict[int, int] = {}
        self.rows: list[Json] = []
        self.lent: dict[int, Any] = {}
        self.lent_numbers: dict[int, int] = {}

    def index(self, value: object) -> int:
        """Return an object's number, a new one where it has none."""
        index = self.indexes.setdefault(id(value), len(self.objects))
        if index == len(self.objects):
            self.objects.append(value)
        return index

    def new_rows(self) -> dict[str, Json]:
        """Return, for a message, the classes that the tester does not know yet."""
        rows, self.rows = self.rows, []
        return {"classes": rows} if rows else {}

    def refer(self, value: object, depth: int) -> Json:
        """Return what the tester may know of an object."""
        if id(value) in self.lent_numbers:
            return ["lent", self.lent_numbers[id(value)]]
        kind = type(value)
        if kind is FunctionType:
            return ["function", self.index(value)]
        if kind is Named:
            return self.named(value.of, depth)  # type: ignore[attr-defined]
        if kind is Held:
            return self.shelf.as_base(value.of, values.base_of(type(value.of)), depth)  # type: ignore[attr-defined]
        if issubclass(kind, ModuleType):
            return ["m", value.__name__]  # type: ignore[attr-defined]
        if issubclass(kind, type):
            return self.class_of(value)  # type: ignore[arg-type]
        if issubclass(kind, BaseException):
            return self.error(value, depth)  # type: ignore[arg-type]
        fields = tuple_fields(kind) if issubclass(kind, tuple) else None
        if fields is not None:
            return ["N", self.class_of(kind)[1], *self.packed_tuple(value, depth)]
        base = values.base_of(kind)
        if base is not None and values.is_bare(value, base):
            return self.shelf.as_base(value, base, depth)
        if kind is CoroutineType:
            return ["await", self.index(value)]
        return ["r", self.index(value), self.described(kind)]

    def packed_tuple(self, value: Any, depth: int) -> list[Json]:  # an object of a class that extends a tuple
        """Return the items of a tuple."""
        return [self.shelf.pack(item, depth + 1) for item in tuple.__iter__(value)]

    def named(self, value: object, depth: int) -> Json:
        """Return what a name of the program stands for."""
        if isinstance(value, type) and not issubclass(value, BaseException):
            return ["k", self.described(value)]
        return self.shelf.pack(value, depth)

    def class_of(self, kind: type) -> Json:
        """Return what stands for a class: its name where both sides have it, else its number."""
        if id(kind) in self.lent_numbers:
            return ["lent", self.lent_numbers[id(kind)]]
        error = issubclass(kind, BaseException)
        shared = kind in values.FIXED_TYPES or kind in values.CHANGING_TYPES or kind in values.BASES or kind is object
        if not is_own(kind) and (error or shared):
            builtin = next((part for part in protocols.line_of(kind) if part.__module__ == "builtins"), object)
            return ["g", kind.__module__, kind.__name__, builtin.__name__]
        return ["k", self.described(kind)]

    def described(self, kind: type) -> int:
        """Return a class's number; the tester is told what its objects can do when it is first met."""
        if id(kind) in self.indexes:
            return self.indexes[id(kind)]
        index = self.index(kind)
        bases = [base for base in kind.__bases__ if is_own(base) or issubclass(base, BaseException)]
        packed_bases = [self.class_of(base) for base in bases]
        base, name = values.base_of(kind), type.__getattribute__(kind, "__name__")
        held, like = (
            base.__name__ if base else None,
            name if not is_own(kind) or kind.__module__ == "builtins" else None,
        )
        self.rows.append([index, name, packed_bases, protocols.protocols_of(kind), held, like, tuple_fields(kind)])
        return index

    def error(self, error: BaseException, depth: int = 0) -> Json:
        """Return an exception: its class, its arguments, attributes, text and cause."""
        if depth > DEEPEST:
            raise wire.Unsendable("exceptions within exceptions")
        kind = self.class_of(type(error))
        arguments = BaseException.args.__get__(error)  # type: ignore[attr-defined]
        if isinstance(error, OSError) and error.filename is not None and len(arguments) == 2:
            arguments = (*arguments, error.filename)
        extras = () if kind[0] == "k" else tuple(error.__dict__.items())
        packed = [self.shelf.pack(part, depth + 1) for part in (tuple(arguments), extras)]
        try:
            text = str(error)
        except Exception:  # noqa: BLE001 - its __str__ is the program's
            text = ""
        cause = self.refer(error.__cause__, depth + 10) if error.__cause__ is not None else None
        return ["x", kind, *packed, text, cause, self.index(error) if kind[0] == "k" else None]

    def resolve(self, tag: str, fields: list[Json]) -> object:
        """Return the object that a tag of the tester stands for."""
        if tag == "r":
            return self.objects[fields[0]]
        if tag == "g":
            part: object = importlib.import_module(fields[0])
            for step in fields[1].split("."):
                part = getattr(part, step)
            return part
        if tag == "m":
            return importlib.import_module(fields[0])
        if tag in ("N", "T"):
            kind = self.objects[fields[0]] if tag == "N" else named_tuple(fields[0], tuple(fields[1]))
            return tuple.__new__(kind, [self.shelf.unpack(item, 1) for item in fields[1 if tag == "N" else 2 :]])
        if tag == "x":
            packed_kind, packed_arguments, number = fields
            error: Any = self.shelf.unpack(packed_kind)
            arguments: Any = self.shelf.unpack(packed_arguments)
            return self.borrowed(number, lambda: error(*arguments))
        if tag == "e":
            number, name, base = fields
            return self.borrowed(number, lambda: type(name, (getattr(builtins, base),), {}))
        number, name, use = fields
        return self.borrowed(number, lambda: self.stub(number, name, use))

    def borrowed(self, number: int, build: Callable[[], object]) -> object:
        """Return what stands here for an object of the tests: the same for the same object."""
        if number not in self.lent:
            self.lent[number] = build()
            self.lent_numbers[id(self.lent[number])] = number
        return self.lent[number]

    def stub(self, number: int, name: str, use: str) -> object:
        """Return what calls a function of the tests, or goes through an iterator of theirs."""

        def function(*arguments: object, **named: object) -> Any:
            return self.ask(number, (arguments, tuple(named.items())))

        def items() -> Any:
            while True:
                try:
                    item = self.ask(number, None)
                except StopIteration:
                    return
                yield item

        if use == "function":
            function.__name__ = function.__qualname__ = re.sub(r"\W", "_", name) or "function"
            return function
        return items() if use == "iterator" else object()


def named_tuple(name: str, fields: tuple[str, ...]) -> Any:  # a class
    """Return a class like that of a test's named tuple."""
    return namedtuple(name, fields)
