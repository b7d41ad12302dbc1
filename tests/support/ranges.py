"""Every number that a component of the registry takes, with the two ends of its range."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from simulation.core.registry import PACKAGES, components

Wrap = Callable[[Any], Any]
BESIDE: Mapping[str, dict[str, Any]] = {"Codes": {"levels": 1, "size": 2}}
"""What a group of parameters needs beside the one that is set."""


@dataclass(frozen=True, slots=True)
class End:
    """A number at an end of its range."""

    kind: str
    name: str
    key: str
    """The parameter, dotted."""
    value: float | None
    """The end; None where the range has none on this side."""
    written: dict[str, Any]
    """The parameter as a scenario writes it (Any: what YAML holds)."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.key}={self.value}"


def ends(*kinds: str) -> list[End]:
    """Return both ends of every number of the components of these kinds, of all where none is named."""
    return [
        end
        for kind in kinds or PACKAGES
        for name, component in components(kind).items()
        for key, field in component.cls.__pydantic_fields__.items()  # type: ignore[attr-defined]
        for end in _of(kind, name, key, field.annotation, field.metadata, partial(_under, key))
    ]


def _of(kind: str, name: str, key: str, annotation: Any, marks: Sequence[Any], wrap: Wrap) -> Iterator[End]:
    """Yield the ends of the numbers in a type expression; `wrap` writes a value where it belongs (Any: types)."""
    if hasattr(annotation, "__metadata__"):
        inner = [one for mark in annotation.__metadata__ for one in unfolded(mark)]
        yield from _of(kind, name, key, annotation.__origin__, [*marks, *inner], wrap)
    elif annotation in (int, float):
        for value in range_of(annotation, marks):
            yield End(kind, name, key, value, {} if value is None else wrap(value))
    elif fields := getattr(annotation, "__pydantic_fields__", None):
        beside = BESIDE.get(annotation.__name__, {})
        for inner_key, field in fields.items():
            below = partial(_inside, wrap, beside, inner_key)
            yield from _of(kind, name, f"{key}.{inner_key}", field.annotation, field.metadata, below)
    elif get_origin(annotation) is tuple:
        types = [one for one in get_args(annotation) if one is not ...]
        yield from _of(kind, name, key, types[0], marks, lambda value: wrap([value] * len(types)))
    elif isinstance(get_origin(annotation), type) and issubclass(get_origin(annotation), Mapping):
        yield from _of(kind, name, key, get_args(annotation)[1], marks, lambda value: wrap({"gain": value}))
    else:
        for one in get_args(annotation):
            yield from _of(kind, name, key, one, marks, wrap)


def _under(key: str, value: Any) -> dict[str, Any]:
    return {key: value}


def _inside(wrap: Wrap, beside: Mapping[str, Any], key: str, value: Any) -> Any:
    return wrap({**beside, key: value})


def unfolded(mark: Any) -> list[Any]:
    """Return the bounds that a mark of a type says (Any: whatever `Annotated` holds)."""
    return mark.metadata if isinstance(mark, FieldInfo) else [mark]


def range_of(number: type, marks: Sequence[Any]) -> tuple[float | None, float | None]:
    """Return the least and the greatest value that bounds admit (Any: whatever `Annotated` holds)."""
    low: float | None = None
    high: float | None = None
    for mark in marks:
        if isinstance(mark, Ge):
            low = _plain(mark.ge)
        elif isinstance(mark, Le):
            high = _plain(mark.le)
        elif isinstance(mark, Gt):
            low = _plain(mark.gt) + 1 if number is int else math.nextafter(_plain(mark.gt), math.inf)
        elif isinstance(mark, Lt):
            high = _plain(mark.lt) - 1 if number is int else math.nextafter(_plain(mark.lt), -math.inf)
    return low, high


def _plain(bound: Any) -> float:
    """Return a bound, a number here (Any: pydantic bounds whatever can be compared)."""
    assert isinstance(bound, int | float)
    return bound
