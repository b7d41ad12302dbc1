"""The one byte string that stands for a turn: what the chain hashes, replay compares and the JSONL export writes.

JSON in ASCII, keys sorted, no spaces, every field present, numbers by their declared type (1 in a float field is 1.0,
and -0.0 is 0.0), and "NaN", "Infinity", "-Infinity" as strings, because JSON has no such numbers.
A lesson names its experience by id; the experience itself stands in the turn that made it.
"""

import json
import math
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from simulation.core.errors import StoreError
from simulation.core.types import Experience, Question, Selection, Turn
from simulation.store.encoding import Unusual, encoded, number

Plain = Callable[[Any], Any]
"""Turns a value into what `json` can write (Any: it takes every type of core)."""


class Refused(Exception):
    """A value is not of its field's type; the path to it grows while the exception passes outwards."""

    def __init__(self, value: object, requirement: str) -> None:
        super().__init__(requirement)
        self.complaint = f"must be {requirement}, but is {value!r} of type {type(value).__name__}"
        self.path: list[str] = []


_IN_ORDER = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), allow_nan=False, check_circular=False)
"""For plain values whose keys are in order already, as `plain` makes them: sorting again takes a third of the time."""


_SORTED = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical(turn: Turn) -> bytes:
    """Return the canonical bytes of a turn; refuses a value that is not of its field's type."""
    return written(turn, f"turn {turn.turn} of {turn.student!r}")


def written(value: Any, place: str) -> bytes:
    """Return the canonical bytes of a core dataclass (Any: one of them); `place` begins a complaint."""
    try:
        return encoded(value).encode("ascii")
    except Unusual:
        return _IN_ORDER.encode(plain(value, place)).encode("ascii")


def dump(value: Any) -> bytes:
    """Return canonical JSON of a value already plain (Any: any JSON value)."""
    return _SORTED.encode(value).encode("ascii")


def plain(value: Any, place: str) -> dict[str, Any]:
    """Return a core dataclass as JSON-able dictionaries, keys in order, and lists; `place` begins a complaint."""
    cls: Any = type(value)
    try:
        plain_fields: dict[str, Any] = _record(cls)(value)
    except Refused as error:
        raise StoreError(
            f"{place}: {''.join(reversed(error.path)).lstrip('.')} {error.complaint}; convert it where it is made, "
            f"or a resumed study would compute with another type than the first run"
        ) from error
    return plain_fields


def _real(value: Any) -> float | str:
    if type(value) is float and math.isfinite(value):
        return value + 0.0  # no minus zero
    if isinstance(value, bool) or not isinstance(value, (float, int)):
        raise Refused(value, "a float")
    return number(float(value))


def _of(kind: type) -> Plain:
    def convert(value: Any) -> Any:
        if type(value) is not kind:
            raise Refused(value, f"of type {kind.__name__}")
        return value

    return convert


def _item(value: Any) -> Any:
    """Return what a selection picked: a question whole, an experience by its id."""
    if isinstance(value, Question):
        return _question(value)
    if isinstance(value, Experience):
        return value.id
    raise Refused(value, "a Question or an Experience")


@lru_cache(maxsize=1 << 14)
def _question(value: Question) -> dict[str, Any]:
    """Return a question as plain values; the same ones are picked, answered and met again."""
    plain_fields: dict[str, Any] = _record(Question)(value)
    return plain_fields


@cache
def _record(cls: Any) -> Plain:
    """Return the converter of a dataclass, made once from its annotations (Any: the class)."""
    hints = get_type_hints(cls)
    names = sorted(field.name for field in fields(cls))
    converters = [_item if cls is Selection and name == "item" else _converter(hints[name]) for name in names]
    values_of = attrgetter(*names)  # of two fields or more, as all have: a tuple

    def convert(value: Any) -> dict[str, Any]:
        if type(value) is not cls:
            raise Refused(value, f"of type {cls.__name__}")
        try:
            return {
                name: converter(field_value)
                for name, converter, field_value in zip(names, converters, values_of(value), strict=True)
            }
        except Refused as error:
            error.path.append(f".{refused(value)}")
            raise

    def refused(value: Any) -> str:
        for name, converter in zip(names, converters, strict=True):
            try:
                converter(getattr(value, name))
            except Refused:
                return name
        return ""

    return convert


def _converter(hint: Any) -> Plain:
    """Return the converter of an annotation (Any: annotations have no common type)."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is float:
        return _real
    if hint in (int, str, bool):
        return _of(hint)
    if origin is Literal:
        return _of(str)
    if origin in (Union, types.UnionType):
        (inner,) = (argument for argument in arguments if argument is not type(None))
        converter = _converter(inner)
        return lambda value: None if value is None else converter(value)
    if origin is tuple:
        return _tuple(_converter(arguments[0]))
    if origin is Mapping:
        return _mapping(_converter(arguments[1]))
    if hint is Question:
        return _question
    if origin is Selection or is_dataclass(hint):
        return _record(origin or hint)
    raise TypeError(f"the store has no canonical form for {hint!r}")


def _tuple(convert_item: Plain) -> Plain:
    def convert(value: Any) -> list[Any]:
        if type(value) is not tuple:
            raise Refused(value, "a tuple")
        items: list[Any] = []
        try:
            for item in value:
                items.append(convert_item(item))  # a refusal has to know how far it came
        except Refused as error:
            error.path.append(f"[{len(items)}]")
            raise
        return items

    return convert


def _mapping(convert_item: Plain) -> Plain:
    convert_name = _of(str)

    def convert(value: Any) -> dict[str, Any]:
        return {convert_name(name): convert_item(item) for name, item in sorted(value.items())}

    return convert


def difference(ours: Turn, theirs: Turn) -> str | None:
    """Return the first field in which two turns differ canonically, with both values, or None."""
    left, right = plain(ours, ""), plain(theirs, "")
    for field in fields(Turn):
        first_difference = _first(left[field.name], right[field.name], field.name)
        if first_difference is not None:
            return first_difference
    return None


def _first(ours: Any, theirs: Any, place: str) -> str | None:
    """Walk two plain values side by side to where they part (Any: any JSON value)."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        parts = [(ours[key], theirs[key], f"{place}.{key}") for key in sorted(ours)]
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        parts = [(*pair, f"{place}[{index}]") for index, pair in enumerate(zip(ours, theirs, strict=True))]
    else:
        return None if dump(ours) == dump(theirs) else f"{place}: {_short(ours)} is not {_short(theirs)}"
    return next((text for part in parts if (text := _first(*part)) is not None), None)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
