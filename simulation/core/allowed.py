"""Says in plain words what a type allows, with an example, as both are written in YAML."""

import enum
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, is_dataclass, replace
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Protocol, Union, get_args, get_origin, runtime_checkable

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

LONGEST = 60
"""Characters of a value that are shown."""


@runtime_checkable
class Spelled(Protocol):
    """Marks a type that is told in other words than its own."""

    @property
    def words(self) -> str:
        """What is allowed."""
        ...

    @property
    def example(self) -> str:
        """A value, as YAML has it."""
        ...

    def fits(self, value: object) -> bool:
        """Tell whether a value is likely meant for it."""
        ...


@dataclass(frozen=True)
class InWords:
    """Says what texts are allowed where a pattern would show symbols."""

    words: str
    example: str

    def fits(self, value: object) -> bool:
        """Take any text."""
        return isinstance(value, str)


@dataclass(frozen=True)
class ShownValue:
    """A value that a key may well have: an example of the key's own, or what it has where nothing is written."""

    shown_value: object

    @classmethod
    def of(cls, field: FieldInfo) -> "list[ShownValue]":
        """Return the one of a field, none where it has none."""
        is_plain = isinstance(field.default, bool | int | float | str | tuple) and field.default not in ("", ())
        default = [field.default] if is_plain else []
        return [cls(value) for value in [*(field.examples or ()), *default][:1]]


@dataclass(frozen=True)
class Typed:
    """A type expression and what is said beside it (Any: type expressions and marks of theirs)."""

    annotation: Any
    marks: tuple[Any, ...] = ()

    @classmethod
    def of(cls, annotation: Any, marks: Sequence[Any] = ()) -> "Typed":
        """Take what `Annotated` and `Field` say of a type out of it (Any: type expressions)."""
        flat = [
            inner
            for mark in marks
            for inner in ([*mark.metadata, *ShownValue.of(mark)] if isinstance(mark, FieldInfo) else [mark])
        ]
        if get_origin(annotation) is Annotated:
            annotation, *own = get_args(annotation)
            return cls.of(annotation, [*own, *flat])
        return cls(annotation, tuple(flat))

    @property
    def branches(self) -> list["Typed"]:
        """The types of a union, or the one."""
        if get_origin(self.annotation) in (Union, UnionType):
            return [branch for inner in get_args(self.annotation) for branch in Typed.of(inner, self.marks).branches]
        return [self]

    @property
    def origin(self) -> Any:
        """The class without its parameters (Any: a class, or a form of typing)."""
        return get_origin(self.annotation) or self.annotation

    @property
    def spelled(self) -> Spelled | None:
        """What tells it in other words."""
        return next((mark for mark in self.marks if isinstance(mark, Spelled)), None)

    @property
    def choices(self) -> list[object]:
        """The values of a Literal or an Enum."""
        if self.origin is Literal:
            return list(get_args(self.annotation))
        return [one.value for one in self.annotation] if self.is_a(enum.Enum) else []

    @property
    def keys(self) -> dict[str, "Typed"]:
        """The fields of a group of keys."""
        return {name: Typed.of(field.annotation, [field]) for name, field in fields_of(self.annotation).items()}

    def is_a(self, *classes: type) -> bool:
        """Tell whether the type is one of some classes, or extends one."""
        return isinstance(self.origin, type) and issubclass(self.origin, classes)

    @property
    def is_list(self) -> bool:
        """Whether a list is written."""
        return self.is_a(Sequence, Set) and not self.is_a(str, bytes)

    def items(self) -> list["Typed"]:
        """Return the types of the items of a list, or of the keys and values of a mapping."""
        types = [Typed.of(inner) for inner in get_args(self.annotation) if inner is not Ellipsis]
        own = self.bound("shown_value")
        if isinstance(own, Mapping) and own and self.is_a(Mapping):
            shown_values = next(iter(own.items()))
            return [
                replace(one, marks=(*one.marks, ShownValue(value)))
                for one, value in zip(types, shown_values, strict=False)
            ]
        return types

    def bound(self, name: str) -> Any:
        """Return a bound, None where there is none (Any: a number, or a pattern)."""
        values = [getattr(mark, name, None) for mark in self.marks if not isinstance(mark, Spelled)]
        return next((value for value in values if value is not None), None)


def fields_of(model: Any) -> Mapping[str, FieldInfo]:
    """Return the fields of a pydantic class, none of another (Any: a type expression)."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        return model.model_fields
    fields: Mapping[str, FieldInfo] = getattr(model, "__pydantic_fields__", {}) if is_dataclass(model) else {}
    return fields


def allowed(typed: Typed) -> str | None:
    """Return what a type allows, None where that cannot be said in words."""
    branches = typed.branches
    if typed.spelled is not None:
        alternatives: list[str | None] = [typed.spelled.words]
        alternatives += ["null"] if any(branch.annotation is NoneType for branch in branches) else []
    else:
        alternatives = [_allowed(branch) for branch in branches if not branch.choices]
        if choices := [shown(value) for branch in branches for value in branch.choices]:
            alternatives.insert(0, " or ".join(filter(None, (", ".join(choices[:-1]), choices[-1]))))
    if any(alternative is None for alternative in alternatives):
        return None
    alternatives.sort(key=lambda words: words == "null")
    return ", or ".join(filter(None, alternatives))


def _allowed(typed: Typed) -> str | None:
    """Return what a type that is no union allows."""
    if typed.annotation is NoneType:
        return "null"
    for scalar, words in ((bool, "true or false"), (int, "a whole number"), (float, "a number")):
        if typed.is_a(scalar):
            return words + ("" if scalar is bool else _span(typed))
    if typed.is_a(Path):
        return "a path"
    if typed.is_a(str):
        pattern = typed.bound("pattern")
        most = typed.bound("max_length")
        words = "a text that is not empty" if typed.bound("min_length") == 1 else "a text"
        words += f" of at most {most} characters" if most else ""
        return words + (f" that matches the pattern {pattern}" if pattern else "")
    if typed.is_list:
        return f"a list{_size(typed)}, such as {example(typed)}"
    if typed.is_a(Mapping) or typed.keys:
        return f"a mapping of keys, such as {example(typed)}"
    return None


def _span(typed: Typed) -> str:
    """Return the range of a number."""
    least, above, most, below = (typed.bound(name) for name in ("ge", "gt", "le", "lt"))
    multiple = typed.bound("multiple_of")
    if least is not None and most is not None:
        span = f" from {number(least)} to {number(most)}"
    else:
        low = f"{number(least)} or more" if least is not None else f"above {number(above)}" if above is not None else ""
        high = f"at most {number(most)}" if most is not None else f"below {number(below)}" if below is not None else ""
        both = " and ".join(filter(None, (low, high)))
        span = f", {both}" if both else ""
    return span + (f", a multiple of {number(multiple)}" if multiple is not None else "")


def _size(typed: Typed) -> str:
    """Return how many items a list has, and what each may be."""
    items = typed.items()
    if typed.is_a(tuple) and items and Ellipsis not in get_args(typed.annotation):
        return f" of {len(items)}"
    least, most = typed.bound("min_length"), typed.bound("max_length")
    count = f" of {least or 0} to {most}" if most is not None else f" of {least} or more" if least else ""
    item_words = allowed(items[0]) if len(items) == 1 or (Ellipsis in get_args(typed.annotation) and items) else None
    return count + (f", each {item_words}" if item_words else "")


def number(value: Any) -> str:
    """Return a bound as people write it (Any: an integer or a real number)."""
    if isinstance(value, int) and value > 2**53 and value.bit_count() == 1:
        return f"2^{value.bit_length() - 1}"
    return str(int(value)) if value == int(value) else f"{value:g}"


def example(typed: Typed) -> str:
    """Return a value of a type, as YAML has it."""
    if (own := typed.bound("shown_value")) is not None and (typed.is_a(Path) or fits(typed, own)):
        return _written(own)
    if typed.spelled is not None:
        return typed.spelled.example
    (first, *_) = [branch for branch in typed.branches if branch.annotation is not NoneType] or [typed]
    if first.choices:
        return shown(first.choices[0]).strip("'")
    if first.is_a(bool):
        return "true"
    if first.is_a(int, float):
        return _number_within(first)
    if first.is_list:
        values = [example(item) for item in first.items()] or ["a"]
        return f"[{', '.join(values)}]"
    if first.is_a(Mapping):
        *_, value = first.items() or [Typed(Any)]
        return f"{{key: {example(value)}}}"
    if first.keys:
        return f"{{{', '.join(f'{key}: {example(first.keys[key])}' for key in first_keys(first))}}}"
    return "null" if first.annotation is NoneType else "a"


def _written(value: object) -> str:
    """Return a value as it is written in YAML, plain texts without quotes."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_written(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_written, value))}]"
    return value if isinstance(value, str) and re.fullmatch(r"[^\W\d][\w./-]*", value) else shown(value)


def _number_within(typed: Typed) -> str:
    """Return a number within the bounds of a type."""
    least, above, most, below = (typed.bound(name) for name in ("ge", "gt", "le", "lt"))
    if typed.is_a(int):
        return str(above + 1 if above is not None else least if least is not None else min(1, most or 1))
    low = least if least is not None else above
    high = most if most is not None else below
    if (low is None or low <= 0.5) and (high is None or high >= 0.5):
        return "0.5"
    return number(low if low is not None else high)


def first_keys(typed: Typed) -> list[str]:
    """Return the keys of a group that an example shows: those that must be written, else the first with an example."""
    fields = fields_of(typed.annotation)
    required = [name for name, field in fields.items() if field.is_required()]
    return required or [name for name, field in fields.items() if field.examples][:1] or [*fields][:1]


def key_for(typed: Typed, value: object) -> str | None:
    """Return the only key of a group that a value may be meant for, None where there are several."""
    keys = [name for name, inner in typed.keys.items() if value is not None and fits(inner, value)]
    return keys[0] if len(keys) == 1 else None


def fits(typed: Typed, value: object) -> bool:
    """Tell whether a value is allowed, or for what is told in other words, likely meant."""
    if typed.spelled is not None:
        return typed.spelled.fits(value)
    if typed.annotation is Any:
        return False
    marked: Any = Annotated[typed.annotation, *typed.marks] if typed.marks else typed.annotation
    try:
        TypeAdapter(marked).validate_python(value, strict=True)
    except (ValidationError, TypeError):
        return False
    return True


def shown(value: object) -> str:
    """Return a value in one line, as YAML has it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Mapping):
        text = f"{{{', '.join(f'{key}: {shown(inner)}' for key, inner in list(value.items())[:LONGEST])}}}"
    elif isinstance(value, list | tuple):
        text = f"[{', '.join(map(shown, value[:LONGEST]))}]"
    else:
        text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
