"""Records as their types demand: numbers made float, lists tuples; what cannot be made so is refused with its place.

Only what a quick look finds not to be right comes here; a record that is right comes back as the same object.
"""

import math
import operator
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from numbers import Real
from typing import Any, Literal, SupportsIndex, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
import numpy as np

from simulation.contracts.boundary import breach, shortened
from simulation.core.errors import ContractError
from simulation.core.types import Experience, Question, Selection

R = TypeVar("R")
Convert = Callable[[Any], Any]
"""Returns a value as its type demands (Any: it takes every type of core)."""


class Unfit(Exception):
    """A value that cannot be made what its field demands; the path to it grows while the exception passes outwards."""

    def __init__(self, value: object, requirement: str) -> None:
        super().__init__(requirement)
        self.value, self.requirement = value, requirement
        self.path: list[str] = []


def fitted(kind: str, name: str, record: Any, record_class: type[R], of: str = "", *, finite: bool = True) -> R:
    """Return a component's record as its class demands (Any: it may be anything); `of` says in a complaint of what."""
    kind_of_record: Any = record_class
    try:
        fitted_record: R = _record(kind_of_record, finite)(record)
    except Unfit as error:
        raise unfit(kind, name, error, record_class.__name__, of) from error
    return fitted_record


def fitted_numbers(kind: str, name: str, value: object, noun: str) -> tuple[float, ...]:
    """Return numbers as a tuple of floats; `noun` says in a complaint what they are."""
    try:
        numbers: tuple[float, ...] = _tuple(finite_real)(value)
    except Unfit as error:
        place = "".join(error.path)
        what = f"gave {shortened(error.value)} of type {type(error.value).__name__} among {noun}"
        raise breach(kind, name, what + (f" at {place}" if place else ""), error.requirement) from error
    return numbers


def unfit(kind: str, name: str, error: Unfit, noun: str, of: str = "") -> ContractError:
    """Return the error that a value did not fit."""
    article = "an" if noun[0] in "AEIOU" else "a"
    value = f"{shortened(error.value)} of type {type(error.value).__name__}"
    if not error.path:
        return breach(kind, name, f"gave {value}{of and f' {of}'}", f"give {article} {noun}")
    path = "".join(reversed(error.path)).lstrip(".")
    return breach(kind, name, f"gave {article} {noun}{of and f' {of}'} whose {path} is {value}", error.requirement)


def finite_real(value: Any) -> float:
    """Return a finite number as a float (Any: any value); raises Unfit."""
    number = real(value)
    if not math.isfinite(number):
        raise Unfit(value, "a trace holds finite numbers only: leave it out, or correct it")
    return number


def real(value: Any) -> float:
    """Return a number as a float (Any: any value); raises Unfit."""
    if type(value) is float:
        return value
    if not isinstance(value, Real | np.bool_):
        raise Unfit(value, "make it a float")
    return float(value)


def whole(value: Any) -> int:
    """Return a whole number as an int (Any: any value); raises Unfit."""
    if type(value) is int:
        return value
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        raise Unfit(value, "make it an int")
    return operator.index(value)


def text(value: Any) -> str:
    """Return a text as a plain str (Any: any value); raises Unfit."""
    if type(value) is str:
        return value
    if not isinstance(value, str):
        raise Unfit(value, "make it a str")
    return str.__str__(value)


def flag(value: Any) -> bool:
    """Return a truth value as a bool (Any: any value, such as NumPy's); raises Unfit."""
    if type(value) is bool:
        return value
    if not isinstance(value, np.bool_):
        raise Unfit(value, "make it a bool")
    return bool(value)


@cache
def _record(record_class: Any, finite: bool) -> Convert:
    """Return the converter of a record, made once from its annotations (Any: the class)."""
    is_struct = issubclass(record_class, msgspec.Struct)
    names = record_class.__struct_fields__ if is_struct else [field.name for field in fields(record_class)]
    hints = get_type_hints(record_class)
    converters = {
        name: _same if record_class is Selection and name == "item" else _converter(hints[name], finite)
        for name in names
    }
    replaced: Callable[..., Any] = msgspec.structs.replace if is_struct else replace

    def convert(record: Any) -> Any:
        if type(record) is not record_class:
            raise Unfit(record, f"give a {record_class.__name__}")
        changes = {}
        for name, converter in converters.items():
            value = getattr(record, name)
            try:
                converted = converter(value)
            except Unfit as error:
                error.path.append(f".{name}")
                raise
            if converted is not value:
                changes[name] = converted
        return replaced(record, **changes) if changes else record

    return convert


def _converter(hint: Any, finite: bool) -> Convert:
    """Return the converter of an annotation (Any: annotations have no common type)."""
    origin, arguments = get_origin(hint), get_args(hint)
    simple: Mapping[Any, Convert] = {float: finite_real if finite else real, int: whole, str: text, bool: flag}
    if hint in simple:
        return simple[hint]
    if origin is Literal:
        return text
    if origin in (Union, types.UnionType):
        inner = [argument for argument in arguments if argument is not type(None)]
        if len(inner) > 1:
            return _converted_by_msgspec(hint)
        converter = _converter(inner[0], finite)
        return lambda value: None if value is None else converter(value)
    if origin is tuple and arguments[1:] == (...,):
        return _tuple(_converter(arguments[0], finite))
    if origin is Mapping:
        return _mapping(_converter(arguments[1], finite))
    if hint in (Question, Experience):
        return _of(hint)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _struct_of(hint, finite)
    if is_dataclass(origin or hint):
        return lambda value: _record(origin or hint, finite)(value)  # when it is used: records may hold their own kind
    return _converted_by_msgspec(hint)


def _same(value: Any) -> Any:
    return value


def _converted_by_msgspec(hint: Any) -> Convert:
    """Return the converter of a field that a kind from outside declares in its own way (Any: any annotation)."""

    def convert(value: Any) -> Any:
        try:
            return msgspec.convert(msgspec.to_builtins(value), hint)
        except (msgspec.ValidationError, TypeError, ValueError, OverflowError) as error:
            raise Unfit(value, f"make it what its type says ({' '.join(str(error).split())})") from error

    return convert


def _of(record_class: type) -> Convert:
    def convert(value: Any) -> Any:
        if type(value) is not record_class:
            raise Unfit(value, f"give a {record_class.__name__}")
        return value

    return convert


def _struct_of(base: type, finite: bool) -> Convert:
    def convert(value: Any) -> Any:
        if not isinstance(value, base):
            raise Unfit(value, f"give a {base.__name__} of simulation.core.kinds")
        kind: Any = type(value)
        return _record(kind, finite)(value)

    return convert


def _tuple(convert_item: Convert) -> Convert:
    def convert(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, Sequence | np.ndarray) or isinstance(value, str | bytes):
            raise Unfit(value, "make it a tuple")
        items: list[Any] = []
        try:
            for item in value:
                items.append(convert_item(item))  # a refusal has to know how far it came
        except Unfit as error:
            error.path.append(f"[{len(items)}]")
            raise
        if type(value) is tuple and all(map(operator.is_, items, value)):
            return value
        return tuple(items)

    return convert


def _mapping(convert_item: Convert) -> Convert:
    def convert(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise Unfit(value, "make it a dict")
        items: dict[str, Any] = {}
        for key, item in value.items():
            try:
                items[text(key)] = convert_item(item)
            except Unfit as error:
                error.path.append(f"[{shortened(key)}]")
                raise
        if type(value) is dict and all(type(key) is str and items[key] is value[key] for key in value):
            return value
        return items

    return convert
