"""Types whose values are sent as what they hold and rebuilt as exactly that type: fixed ones and changing ones.

What a value holds is read and rebuilt by the exact type's own functions, so that nothing of a program decides it.
"""

import importlib
import re
import sys
from array import array
from collections import ChainMap, Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from io import BytesIO, StringIO
from types import MappingProxyType, SimpleNamespace
from typing import Any

Fields = Callable[[Any], Iterable[Any]]
"""Returns what a value of some type is made of."""
CLOCK = ("hour", "minute", "second", "microsecond", "tzinfo")


def moment(fields: tuple[str, ...]) -> Fields:
    """Return a function that reads the parts of a date or a time; the last of a time says which of two hours it is."""
    return lambda value: [*(getattr(value, name) for name in fields), *([value.fold] if "hour" in fields else [])]


def timed(kind: Any) -> Callable[..., object]:  # datetime or time
    """Return a function that builds a time from its parts."""
    return lambda *parts: kind(*parts[:-1], fold=parts[-1])


@dataclass(frozen=True)
class Fixed:
    """A type whose values never change."""

    tag: str
    kind: Any  # a type
    fields: Fields
    build: Callable[..., object]


FIXED = (
    Fixed("t", tuple, tuple.__iter__, lambda *items: items),
    Fixed("f", frozenset, frozenset.__iter__, lambda *items: frozenset(items)),
    Fixed("y", bytes, lambda value: [value.hex()], bytes.fromhex),
    Fixed("c", complex, lambda value: [value.real, value.imag], complex),
    Fixed("decimal", Decimal, lambda value: [str(value)], Decimal),
    Fixed("fraction", Fraction, lambda value: [value.numerator, value.denominator], Fraction),
    Fixed("date", date, moment(("year", "month", "day")), date),
    Fixed("datetime", datetime, moment(("year", "month", "day", *CLOCK)), timed(datetime)),
    Fixed("time", time, moment(CLOCK), timed(time)),
    Fixed("timedelta", timedelta, lambda value: [value.days, value.seconds, value.microseconds], timedelta),
    Fixed("timezone", timezone, lambda value: value.__getinitargs__(), timezone),
    Fixed("range", range, lambda value: [value.start, value.stop, value.step], range),
    Fixed("slice", slice, lambda value: [value.start, value.stop, value.step], slice),
    Fixed("ellipsis", type(...), lambda _: [], lambda: ...),
    Fixed("notimplemented", type(NotImplemented), lambda _: [], lambda: NotImplemented),
    Fixed("memoryview", memoryview, lambda value: [bytes(value)], memoryview),
    Fixed("keys", type({}.keys()), iter, lambda *items: dict.fromkeys(items).keys()),
    Fixed("values", type({}.values()), iter, lambda *items: dict(enumerate(items)).values()),
    Fixed("items", type({}.items()), iter, lambda *items: dict(items).items()),
    Fixed("mapping", MappingProxyType, lambda value: [dict(value)], lambda held: MappingProxyType(dict(held))),
    Fixed("pattern", re.Pattern, lambda value: [value.pattern, value.flags], re.compile),
)
FIXED_TYPES = {fixed.kind: fixed for fixed in FIXED}
FIXED_TAGS = {fixed.tag: fixed for fixed in FIXED}
NAMED = {
    "uuid": ("UUID",),
    "ipaddress": ("IPv4Address", "IPv6Address", "IPv4Network", "IPv6Network", "IPv4Interface", "IPv6Interface"),
    "pathlib": ("PurePosixPath", "PosixPath", "PureWindowsPath"),
    "zoneinfo": ("ZoneInfo",),
}
"""Types that are rebuilt from their text, of modules that are imported only where such a value is met."""


@dataclass(frozen=True)
class Changing:
    """A type whose values change in place: both sides know each by a number."""

    tag: str
    kind: Any  # a type
    made_with: Fields
    """What an empty one of it is made with."""
    items: Fields
    fill: Callable[[Any, list[Any]], object]
    """Puts other items in the place of those there are."""
    empty: Callable[..., object]


def of_kind(tag: str, kind: Any, fill: Callable[[Any, list[Any]], object]) -> Changing:  # a type
    """Return a container that is made with nothing and iterated over."""
    return Changing(tag, kind, lambda _: (), kind.__iter__, fill, kind)


def of_pairs(tag: str, kind: Any, made_with: Fields = lambda _: ()) -> Changing:  # a type of dictionary
    """Return a dictionary; its pairs are sent one after the other."""

    def fill(held: Any, items: list[Any]) -> None:
        kind.clear(held)
        for key, value in zip(items[::2], items[1::2], strict=True):
            dict.__setitem__(held, key, value) if kind is not OrderedDict else kind.__setitem__(held, key, value)

    return Changing(tag, kind, made_with, lambda held: (part for pair in kind.items(held) for part in pair), fill, kind)


def refilled(kind: Any) -> Callable[[Any, list[Any]], object]:  # a type
    """Return a function that empties a container and extends it."""

    def fill(held: Any, items: list[Any]) -> None:
        kind.clear(held)
        (kind.update if kind is set else kind.extend)(held, items)

    return fill


def rewind(held: Any, items: list[Any]) -> None:  # a file in memory
    """Give a file in memory its content and its place."""
    content, place = items
    held.seek(0)
    held.truncate()
    held.write(content)
    held.seek(place)


def rename(held: SimpleNamespace, items: list[Any]) -> None:
    """Give a namespace its attributes."""
    held.__dict__.clear()
    held.__dict__.update(zip(items[::2], items[1::2], strict=True))


CHANGING = (
    of_kind("l", list, refilled(list)),
    of_kind("s", set, refilled(set)),
    of_pairs("d", dict),
    of_pairs("counter", Counter),
    of_pairs("ordered", OrderedDict),
    of_pairs("default", defaultdict, lambda held: (held.default_factory,)),
    Changing("deque", deque, lambda held: (held.maxlen,), deque.__iter__, refilled(deque),
             lambda longest: deque(maxlen=longest)),
    Changing("array", array, lambda held: (held.typecode,), array.__iter__,
             lambda held, items: held.__setitem__(slice(None), array(held.typecode, items)), array),
    Changing("a", bytearray, lambda _: (), lambda held: (bytes(held).hex(),),
             lambda held, items: held.__setitem__(slice(None), bytes.fromhex(*items)), bytearray),
    Changing("chain", ChainMap, lambda _: (), lambda held: held.maps,
             lambda held, items: setattr(held, "maps", items), ChainMap),
    Changing("namespace", SimpleNamespace, lambda _: (),
             lambda held: (part for pair in vars(held).items() for part in pair), rename, SimpleNamespace),
    Changing("text", StringIO, lambda _: (), lambda held: (held.getvalue(), held.tell()), rewind,
             lambda: StringIO(newline="")),
    Changing("bytes", BytesIO, lambda _: (), lambda held: (held.getvalue(), held.tell()), rewind, BytesIO),
)  # fmt: skip


def of_class(name: str, kind: Any) -> Changing:  # a class
    """Return how objects of a class that both sides define are sent: by their attributes."""

    def fill(held: Any, items: list[Any]) -> None:
        own = object.__getattribute__(held, "__dict__")
        own.clear()
        own.update(zip(items[::2], items[1::2], strict=True))

    def parts(held: Any) -> Iterable[Any]:
        return (part for pair in object.__getattribute__(held, "__dict__").items() for part in pair)

    return Changing(f"class {name}", kind, lambda _: (), parts, fill, lambda: object.__new__(kind))


def is_plain(kind: object) -> bool:
    """Say whether the objects of a class are no more than their attributes."""
    return (
        type(kind) is type
        and base_of(kind) is None
        and not issubclass(kind, BaseException)
        and not any("__slots__" in vars(part) for part in kind.__mro__)
        and all(type(part) is type and part.__module__ in ("tests", "program") for part in kind.__mro__[:-1])
    )


CHANGING_TYPES = {changing.kind: changing for changing in CHANGING}
CHANGING_TAGS = {changing.tag: changing for changing in CHANGING}
BASES: tuple[Any, ...] = (bool, int, str, float, complex, bytes, bytearray, OrderedDict, Counter, defaultdict, dict,
                          list, tuple, set, frozenset, deque)  # fmt: skip
"""What a class may extend whose objects hold such a value; the more special ones first."""
UNTOLD = frozenset(
    [
        "__module__",
        "__qualname__",
        "__doc__",
        "__dict__",
        "__weakref__",
        "__slots__",
        "__annotations__",
        "__orig_bases__",
        "__parameters__",
        "__eq__",
        "__ne__",
        "__lt__",
        "__le__",
        "__gt__",
        "__ge__",
        "__hash__",
        "__static_attributes__",
        "__firstlineno__",
        "__type_params__",
        "__match_args__",
    ]
)
"""What a class may hold and its objects be no more than the value they extend; comparing is never the program's."""


def base_of(kind: type) -> Any:  # a type, or None
    """Return the type of value that a class extends."""
    return next((base for base in BASES if base in type.__dict__["__mro__"].__get__(kind)), None)


def is_bare(value: object, base: Any) -> bool:  # a type
    """Say whether an object of a class that extends a value is no more than that value."""
    line = type.__dict__["__mro__"].__get__(type(value))
    own = line[: line.index(base)]
    return all(UNTOLD.issuperset(type.__dict__["__dict__"].__get__(kind)) for kind in own) and not attributes(value)


def attributes(value: object) -> object:
    """Return an object's attributes, or nothing where it has none."""
    try:
        return object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None


def is_named(value: object) -> bool:
    """Say whether a value is rebuilt from its text."""
    kind = type(value)
    module = sys.modules.get(kind.__module__) if kind.__module__ in NAMED else None
    return module is not None and kind.__name__ in NAMED[kind.__module__] and vars(module)[kind.__name__] is kind


def of_name(module: str, name: str, text: str) -> object:
    """Rebuild a value from its text; raises KeyError or ValueError where there is no such type."""
    if name not in NAMED[module]:
        raise KeyError(name)
    built: object = getattr(importlib.import_module(module), name)(text)
    return built
