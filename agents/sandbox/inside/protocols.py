"""The special methods of a program's classes that tests may use, and types that such objects may be taken for."""

import re
import types
from typing import Any

COMPARING = frozenset(["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"])
BINARY = [
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "matmul",
    "lshift",
    "rshift",
    "and",
    "or",
    "xor",
    "divmod",
]
REFLECTED = frozenset(f"__r{name}__" for name in BINARY)
ARITHMETIC = frozenset([f"__{name}__" for name in BINARY]) | REFLECTED
IN_PLACE = frozenset(f"__i{name}__" for name in BINARY if name != "divmod")
OTHERS = """call len bool iter next reversed getitem setitem delitem contains enter exit str repr format bytes hash int
float complex index neg pos abs invert round trunc floor ceil length_hint"""
FORWARDED = frozenset(f"__{name}__" for name in OTHERS.split())
PROTOCOLS = COMPARING | ARITHMETIC | IN_PLACE | FORWARDED
READABLE = frozenset(
    [
        "__name__",
        "__qualname__",
        "__doc__",
        "__dict__",
        "__wrapped__",
        "__annotations__",
        "__defaults__",
        "__kwdefaults__",
        "__members__",
        "__self__",
        "__func__",
        "__cause__",
        "__context__",
        "__notes__",
        "__slots__",
        "__code__",
        "__closure__",
        "__dataclass_fields__",
        "__abstractmethods__",
        "__bases__",
        "__mro__",
        "__init__",
    ]
)
"""Attributes with names of this form that a test may ask an object of the program for."""


class Holder:
    """Has a method, whose type is looked at."""

    def method(self) -> None:
        """Do nothing."""


async def coroutine() -> None:
    """Do nothing."""


_coroutine = coroutine()
_coroutine.close()
LIKE: dict[str, Any] = {
    str(kind.__name__): kind
    for kind in (
        types.GeneratorType, types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.CoroutineType,
        types.AsyncGeneratorType, map, zip, filter, enumerate, reversed, re.Match, type(iter([])), type(iter(())),
        type(iter({})), type(iter(set())), type(iter("")), type(iter(range(0))),
    )
}  # fmt: skip
"""Types of objects that stay in the candidate, by name: `isinstance` takes what stands for such an object for one."""


def line_of(kind: type) -> tuple[type, ...]:
    """Return a class and all that it extends, whatever the class itself says."""
    line: tuple[type, ...] = type.__dict__["__mro__"].__get__(kind)
    return line


def protocols_of(kind: type) -> list[str]:
    """Return the special methods that a class has of its own or of what it extends, `object` left out.

    A `!` before a name says that the class has taken the method away, as one that is not hashable.
    """
    methods: dict[str, str] = {}
    for part in line_of(kind)[:-1]:
        for name, method in type.__dict__["__dict__"].__get__(part).items():
            if name in PROTOCOLS:
                methods.setdefault(name, f"!{name}" if method is None else name)
    return sorted(methods.values())
