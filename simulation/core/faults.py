"""Turns pydantic's errors into faults: where in a group of keys, what is wrong in plain words, and what to write."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import NoneType
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from simulation.core.allowed import Typed, allowed, example, fits, key_for, shown
from simulation.core.errors import nearest

_OWN = frozenset([*get_args(ErrorType), "path_type"]) - {"value_error", "assertion_error"}
"""Kinds of error of which pydantic writes the words; of all others the class that is checked does."""
_KEY = "[key]"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong."""

    path: tuple[str, ...]
    """The keys that lead to it; a place in a list counts as one."""
    what: str
    one_of: Sequence[object] = ()
    """Several values, where one is allowed and each would be."""
    lacking: str = ""
    """The key that is missing there."""
    unknown: str = ""
    """The key that is not known there."""


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where an error lies, and what may be written there."""

    path: tuple[str, ...]
    types: tuple[Typed, ...]
    beside: tuple[Typed, ...] = ()
    """The groups or lists that it lies in."""
    union: tuple[str, ...] | None = None
    """Where the outermost union on the way is."""
    branch: object = None
    """Which of that union's types was tried."""
    is_key: bool = False


def faults(error: ValidationError, model: type) -> list[Fault]:
    """Return what is wrong with what should be a `model`, one fault for all the types of a union."""
    spots = [(spot_of(model, details["loc"]), details) for details in error.errors(include_url=False)]
    return list({(fault.path, fault.what): fault for fault in _faults(spots)}.values())


def in_line(error: ValidationError, model: type) -> str:
    """Return what is wrong in one line, where no file is at hand."""
    clauses = (": ".join(filter(None, (".".join(fault.path), fault.what))) for fault in faults(error, model))
    return "; ".join(" ".join(clause.split()) for clause in clauses)


def _faults(spots: Sequence[tuple[_Spot, ErrorDetails]]) -> Iterator[Fault]:
    for spot, details in spots:
        if spot.union is None:
            yield fault_of(spot, details)
            continue
        rivals = [(other, its_details) for other, its_details in spots if other.union == spot.union]
        deepest, _ = max(rivals, key=lambda rival: len(rival[0].path))
        if len(deepest.path) == len(spot.union):  # none of the types is meant more than another
            own_words = [its_details for _, its_details in rivals if its_details["type"] not in _OWN]
            yield fault_of(spot, own_words[0] if own_words else details)
        elif spot.branch == deepest.branch:
            yield fault_of(spot, details)


def spot_of(model: type, place: Sequence[str | int]) -> _Spot:
    """Return the keys of an error's place, without what pydantic puts between, and the types that are allowed there."""
    spot, chosen = _Spot((), (Typed.of(model),)), False
    for part in place:
        branches = tuple(one for kind in spot.types for one in kind.branches if one.annotation is not NoneType)
        if part == _KEY:
            spot = replace(spot, is_key=True)
        elif len(branches) > 1 and not chosen:
            chosen = True
            if spot.union is None:
                spot = replace(spot, union=spot.path, branch=part)
        else:
            chosen = False
            types = tuple(inner for one in branches for inner in _below(one, part)) or (Typed(Any),)
            spot = replace(spot, path=(*spot.path, str(part)), types=types, beside=branches)
    return spot


def _below(typed: Typed, part: str | int) -> list[Typed]:
    """Return the types of what lies under a key of a mapping, or at a place of a list."""
    if typed.is_a(Mapping):
        return typed.items()[1:]
    if typed.is_list and isinstance(part, int):
        items = typed.items()
        return [items[part] if part < len(items) else items[0]] if items else []
    return [typed.keys[part]] if part in typed.keys else []


def fault_of(spot: _Spot, details: ErrorDetails) -> Fault:
    """Return the fault that an error of pydantic's means."""
    value: object = details["input"]
    path = spot.path
    if details["type"] not in _OWN:
        own_words = details["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
        is_spelled = any(typed.spelled is not None for typed in spot.types)
        return Fault(path, own_words, several(spot.types[0], value) if is_spelled else ())
    if details["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        known = sorted({name for one in spot.beside for name in one.keys})
        return Fault(path, unknown_key(path[-1], known), unknown=path[-1])
    if details["type"] in ("missing", "missing_argument", "missing_keyword_only_argument"):
        what = f"the key {path[-1]!r} is missing; write it, such as {path[-1]}: {example(spot.types[0])}"
        return Fault(path[:-1], what, lacking=path[-1])
    if spot.is_key:
        keys = [typed.items()[0] for typed in spot.beside if typed.is_a(Mapping) and typed.items()]
        words = allowed(keys[0]) if len(keys) == 1 else None
        return Fault(path, f"{path[-1]!r} cannot stand as a key here; write {words or 'another'}")
    typed = spot.types[0] if len(spot.types) == 1 else Typed(Any)
    words = allowed(typed)
    if words is None:
        return Fault(path, f"{details['msg'][0].lower()}{details['msg'][1:]}; got {shown(value)}")
    (group, *others) = [one for one in typed.branches if one.annotation is not NoneType] or [typed]
    if not others and (key := key_for(group, value)) is not None:
        keyed = f"{{{key}: {value if isinstance(value, str) else shown(value)}}}"
        words = f"a mapping of keys, such as {': '.join([*path[-1:], keyed])}"
    return Fault(path, f"write {words}; got {_got(typed, value)}", several(typed, value))


def _got(typed: Typed, value: object) -> str:
    """Return a value, with what may have been meant by it."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool | int | float) and any(branch.is_a(str) for branch in typed.branches):
        return f"{shown(value)}, which is a text in quotes, '{shown(value)}'"
    if isinstance(value, str) and (number := _number_meant(typed, value)):
        return f"{shown(value)}; write {number}"
    choices = [str(choice) for branch in typed.branches for choice in branch.choices]
    close = nearest(value, choices).partition("known:")[0].strip() if isinstance(value, str) else ""
    return f"{shown(value)}; {close}" if close else shown(value)


def _number_meant(typed: Typed, text: str) -> str:
    """Return the number that a text was likely meant to be, with a decimal comma or in quotes, "" where it is none."""
    branches = [branch for branch in typed.branches if branch.spelled is None and not branch.is_a(bool)]
    if re.fullmatch(r"[+-]?[0-9]+,[0-9]+", text) and any(branch.is_a(float) for branch in branches):
        return f"a decimal with a dot, {text.replace(',', '.')}"
    is_number = any(branch.is_a(int, float) and fits(branch, scalar_of(text)) for branch in branches)
    return f"{text} without quotes" if is_number and not any(branch.is_a(str) for branch in branches) else ""


def several(typed: Typed, value: object) -> tuple[object, ...]:
    """Return the values that were written where one is allowed, if each would be."""
    if any(branch.is_list or branch.annotation is Any for branch in typed.branches):
        return ()
    texts = value.split(",") if isinstance(value, str) else []
    values = tuple(value) if isinstance(value, list) else tuple(scalar_of(text.strip()) for text in texts)
    return values if len(values) > 1 and all(fits(typed, one) for one in values) else ()


def scalar_of(text: str) -> object:
    """Return the number or truth value that a text writes, else the text."""
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float) else text


def unknown_key(key: str, known: Sequence[str]) -> str:
    """Return what is said of a key that is not known."""
    if ":" in key and key.partition(":")[0] in known:
        return f"unknown key {key!r}; write a blank after the colon, {key.replace(':', ': ', 1)}"
    return f"unknown key {key!r}; {nearest(key, known) if known else 'no keys are known here, so remove it'}"
