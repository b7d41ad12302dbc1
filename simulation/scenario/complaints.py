"""Turns pydantic's validation errors into lines that say where, what, the value received and what to do."""

from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from simulation.core.errors import nearest
from simulation.scenario.document import Document, KeyPath


def complaints(error: ValidationError, source: Document, model: type, at: KeyPath) -> list[str]:
    """Return a line for each thing wrong with the part of `source` at `at`, which should be a `model`."""
    return [_line(details, source, model, at) for details in error.errors(include_url=False)]


def _line(details: ErrorDetails, source: Document, model: type, at: KeyPath) -> str:
    path = (*at, *(str(part) for part in details["loc"]))
    if details["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        *_, key = path
        what = f"unknown key {key!r}; {nearest(key, fields_at(model, path[len(at) : -1]))}"
    elif details["type"] == "missing":
        what = f"the key {path[-1]!r} is missing; write it"
        path = path[:-1]
    elif details["type"] in ("model_type", "dataclass_type"):
        what = f"write a name, or a mapping of keys; got {shortened(details['input'])}"
    elif details["type"] == "value_error":
        what = details["msg"].removeprefix("Value error, ")
    else:
        what = f"{details['msg'][0].lower()}{details['msg'][1:]}; got {shortened(details['input'])}"
    dotted = ".".join(source.written(path) if source.origins else path)
    return f"{source.where(path)}: {dotted + ': ' if dotted else ''}{' '.join(what.split())}"


def shortened(value: object) -> str:
    """Return `value` as it can stand in one line."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def fields_at(model: type, path: KeyPath) -> list[str]:
    """Return the keys that `model` knows at `path`; other segments (a union's branch) are skipped."""
    models = [model]
    for part in path:
        annotations = [fields(owner)[part] for owner in models if part in fields(owner)]
        models = [inner for annotation in annotations for inner in models_in(annotation)] or models
    return sorted({name for owner in models for name in fields(owner)})


def fields(model: type) -> Mapping[str, Any]:
    """Return a pydantic class's fields and their types (Any: type expressions)."""
    if issubclass(model, BaseModel):
        return {name: field.annotation for name, field in model.model_fields.items()}
    return {name: field.annotation for name, field in getattr(model, "__pydantic_fields__", {}).items()}


def models_in(annotation: Any) -> Iterator[type]:
    """Yield the pydantic classes in a type expression, such as `Lora` in `Lora | None` (Any: a type expression)."""
    if isinstance(annotation, type) and (issubclass(annotation, BaseModel) or is_dataclass(annotation)):
        yield annotation
    for inner in get_args(annotation):
        yield from models_in(inner)
