"""The one byte string that stands for a turn: what the chain hashes, replay compares and the JSONL export writes.

JSON in UTF-8 as msgspec writes it: keys sorted, no spaces, every field present; `attempts`, which came later, only
where there are any, so that turns without have the bytes they always had. Equal turns have equal bytes, because every
value is of its field's type, every number is finite, and -0.0 is 0.0. UTF-8 has no half of a surrogate pair: a
text with one becomes {"utf-8": hexadecimal}, a mapping with one in its names a list of pairs. A lesson names its
experience by id; the experience itself stands in the turn that made it.
"""

import re
import types
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import cache, lru_cache
from itertools import chain
from math import isfinite
from operator import attrgetter
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from simulation.core.errors import StoreError
from simulation.core.kinds.formula import Formula
from simulation.core.kinds.kind import Form, Key
from simulation.core.types import Experience, Question, Selection, Turn

Check = Callable[[Sequence[Any]], None]
"""Refuses values of a field, all at once, of which one is not of its type (Any: it takes every type of core)."""

LESSON = "lesson"
"""In place of a type: an experience whose fields are checked in the turn that made it."""
MINUS_ZERO, HALF_PAIR = re.compile(rb"-0\.0[],}]"), re.compile("[\ud800-\udfff]")


class Refused(Exception):
    """A value is not of its field's type; the path to it grows while the exception passes outwards."""

    def __init__(self, value: object, requirement: str) -> None:
        super().__init__(f"must be {requirement}, but is {_short(repr(value))} of type {type(value).__name__}")
        self.path = ""


def canonical(turn: Turn) -> bytes:
    """Return the canonical bytes of a turn; refuses a value that is not of its field's type."""
    check(turn, f"turn {turn.turn} of {turn.student!r}")
    by_field = _by_field(turn)
    if not turn.attempts:
        del by_field["attempts"]
    return _encoded(
        by_field
        | {
            "picks": [_by_field(pick) | {"item": _question(pick.item)} for pick in turn.picks],
            "experiences": [
                _by_field(experience) | {"question": _question(experience.question)} for experience in turn.experiences
            ],
            "lessons": [_by_field(lesson) | {"item": lesson.item.id} for lesson in turn.lessons],
        }
    )


def written(value: Any, place: str) -> bytes:
    """Return the canonical bytes of another core dataclass (Any: one of them); `place` begins a complaint."""
    check(value, place)
    return bytes(_question(value)) if isinstance(value, Question) else _encoded(value)


def dump(value: Any) -> bytes:
    """Return canonical bytes of JSON values (Any: any of them), in which raw JSON may stand."""
    return _ENCODER.encode(_walked(msgspec.to_builtins(value, enc_hook=_plain)))


def check(value: Any, place: str) -> None:
    """Refuse a core dataclass (Any: one of them) that holds a value not of its field's type."""
    cls: Any = type(value)
    try:
        _column(cls)([value])
    except Refused as refusal:
        raise StoreError(
            f"{place}: {refusal.path.lstrip('.')} {refusal}; convert it where it is made, "
            f"or a resumed study would compute with another value than the first run"
        ) from refusal


def _encoded(value: Any) -> bytes:
    """Return the canonical bytes of checked values; `dump` looks at each, which is needed where one is unusual."""
    try:
        data = _ENCODER.encode(value)
    except UnicodeEncodeError:
        return dump(value)
    return dump(value) if MINUS_ZERO.search(data) else data


def _plain(value: Any) -> Any:
    """Return what msgspec can write in place of a value that it does not know."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, msgspec.Raw):
        return msgspec.json.decode(value)
    raise TypeError(f"the store has no canonical form for {value!r} of type {type(value).__name__}")


_ENCODER = msgspec.json.Encoder(enc_hook=_plain, order="sorted")


def _walked(value: Any) -> Any:
    """Return JSON values without minus zeros and halves of surrogate pairs; refuses numbers that are not finite."""
    if isinstance(value, float):
        if not isfinite(value):
            raise StoreError(f"JSON has no number {value}; convert it where it is made")
        return value + 0.0
    if isinstance(value, str):
        return {"utf-8": value.encode("utf-8", "surrogatepass").hex()} if HALF_PAIR.search(value) else value
    if isinstance(value, dict):
        pairs = [(_walked(name), _walked(item)) for name, item in sorted(value.items())]
        return pairs if any(map(HALF_PAIR.search, value)) else dict(pairs)
    return [_walked(item) for item in value] if isinstance(value, (list, tuple)) else value


def _by_field(value: Any) -> dict[str, Any]:
    cls: Any = type(value)
    return {name: getattr(value, name) for name in _names(cls)}


@cache
def _names(cls: Any) -> tuple[str, ...]:
    """Return the fields of a dataclass or a msgspec struct (Any: the class)."""
    return tuple(field.name for field in fields(cls)) if is_dataclass(cls) else cls.__struct_fields__


@lru_cache(maxsize=1 << 14)
def _question(question: Question) -> msgspec.Raw:
    """Return the bytes of a question, checked; the same ones are picked, answered and met again."""
    _record(Question)([question])
    return msgspec.Raw(_encoded(question))


def _of(kind: type, requirement: str = "") -> Check:
    """Return the check for values of exactly this type."""

    def check_types(values: Sequence[Any]) -> None:
        if not {*map(type, values)} <= {kind}:
            other = next(value for value in values if type(value) is not kind)
            raise Refused(other, requirement or f"of type {kind.__name__}")

    return check_types


_reals, _texts, _tuples, _asked = _of(float, "a float"), _of(str), _of(tuple, "a tuple"), _of(Question)


def _floats(values: Sequence[Any]) -> None:
    _reals(values)
    if not isfinite(sum(values)) and not all(map(isfinite, values)):
        raise Refused(next(value for value in values if not isfinite(value)), "a finite number")


@cache
def _column(hint: Any) -> Check:
    """Return the check for an annotation (Any: annotations have no common type)."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in _CHECKS:
        return _CHECKS[hint]
    if origin is Literal:
        return _texts
    if origin in (Union, types.UnionType):
        members = [_column(member) for member in arguments if member is not type(None)]
        return _any_of(members, optional=type(None) in arguments)
    if origin is tuple:
        return _rows(_any_of([_column(member) for member in arguments if member is not ...], optional=False))
    if origin in (Mapping, dict):
        return _mappings(_column(arguments[1]))
    if is_dataclass(origin or hint) or (isinstance(hint, type) and issubclass(hint, msgspec.Struct)):
        return _record(hint)
    raise StoreError(f"the store has no canonical form for {hint}; use numbers, texts, tuples, mappings and structs")


def _nested(check_item: Check, item: Any, step: str) -> None:
    """Check one value alone, so that a refusal says by which step it is reached."""
    try:
        check_item([item])
    except Refused as refusal:
        refusal.path = f"{step}{refusal.path}"
        raise


@cache
def _record(hint: Any) -> Check:
    """Return the check for a class and its fields, made once from its annotations; a generic class has one argument."""
    cls, arguments = get_origin(hint) or hint, get_args(hint)
    hints, is_instance = get_type_hints(cls), _of(cls)
    if cls is Selection:
        hints["item"] = LESSON if arguments == (Experience,) else arguments[0]
    columns = [(name, attrgetter(name), _column(hints[name])) for name in _names(cls)]

    def check_records(values: Sequence[Any]) -> None:
        is_instance(values)
        for name, get, check_column in columns:
            try:
                check_column([*map(get, values)])
            except Refused:
                for value in values:
                    _nested(check_column, get(value), f".{name}")

    return check_records


def _kinds_of(base: type) -> Check:
    """Return the check for forms or keys, each by the fields of its own kind."""

    def check_kinds(values: Sequence[Any]) -> None:
        kind: Any
        for kind in dict.fromkeys(map(type, values)):
            same_kind = [value for value in values if type(value) is kind]
            if not issubclass(kind, base):
                raise Refused(same_kind[0], f"a {base.__name__}")
            _record(kind)(same_kind)

    return check_kinds


def _questions(values: Sequence[Any]) -> None:
    _asked(values)
    for value in values:
        _question(value)


def _any_of(members: Sequence[Check], *, optional: bool) -> Check:
    """Return the check for values that pass one of these, or are None where that is allowed."""

    def check_each(values: Sequence[Any]) -> None:
        for value in values:
            for member in members[:-1]:
                with suppress(Refused):
                    member([value])
                    break
            else:
                members[-1]([value])

    check_all = members[0] if len(members) == 1 else check_each
    return (lambda values: check_all([value for value in values if value is not None])) if optional else check_all


def _rows(check_item: Check) -> Check:
    def check_rows(values: Sequence[Any]) -> None:
        _tuples(values)
        try:
            check_item([*chain.from_iterable(values)])
        except Refused:
            for value in values:
                for place, item in enumerate(value):
                    _nested(check_item, item, f"[{place}]")

    return check_rows


def _mappings(check_item: Check) -> Check:
    def check_mappings(values: Sequence[Any]) -> None:
        for value in values:
            if type(value) is not dict and not isinstance(value, Mapping):
                raise Refused(value, "a mapping")
        _texts([*chain.from_iterable(values)])
        try:
            check_item([*chain.from_iterable(value.values() for value in values if value)])
        except Refused:
            for value in values:
                for name, item in value.items():
                    _nested(check_item, item, f".{name}")

    return check_mappings


_CHECKS: dict[Any, Check] = {float: _floats, str: _texts, int: _of(int), bool: _of(bool), Question: _questions}
_CHECKS |= {Form: _kinds_of(Form), Key: _kinds_of(Key), Formula: _kinds_of(Formula), LESSON: _of(Experience)}


def difference(ours: Turn, theirs: Turn) -> str | None:
    """Return the first field in which two turns differ canonically, with both values, or None."""
    left, right = msgspec.json.decode(canonical(ours)), msgspec.json.decode(canonical(theirs))
    differences = (_first(left.get(field.name, []), right.get(field.name, []), field.name) for field in fields(Turn))
    return next((text for text in differences if text is not None), None)


def _first(ours: Any, theirs: Any, place: str) -> str | None:
    """Walk two JSON values side by side to where they part (Any: any JSON value)."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        parts = [(ours[key], theirs[key], f"{place}.{key}") for key in ours]
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        parts = [(*pair, f"{place}[{index}]") for index, pair in enumerate(zip(ours, theirs, strict=True))]
    else:
        ours_text, theirs_text = _short(dump(ours).decode()), _short(dump(theirs).decode())
        return None if ours == theirs else f"{place}: {ours_text} is not {theirs_text}"
    return next((text for part in parts if (text := _first(*part)) is not None), None)


def _short(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:117]}..."
