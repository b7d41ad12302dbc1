"""Makes the paths that a scenario names absolute: those of a file start from its folder, an override's from ours.

So a study can be resumed and replayed from any folder.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any, get_args

from pydantic import WithJsonSchema

from simulation.core.errors import ScenarioError
from simulation.core.paths import Located
from simulation.core.registry import beside, find
from simulation.scenario.document import Document, KeyPath


def locate(source: Document, components: Iterable[tuple[KeyPath, str, str | None]]) -> None:
    """Replace every path of a scenario's components, each by its place, its kind and the name it has by default."""
    for at, kind, default in components:
        part = source.at(at)
        place_module(source, at)
        if isinstance(part, dict):
            for keys, mark in located_keys(kind, {"name": default, **part}):
                *inner, key = keys
                parent = part
                for name in inner:
                    parent = parent[name]
                path = (*at, *keys)
                if not parent[key].strip():
                    place = f"{source.where(path)}: {'.'.join(path)}"
                    raise ScenarioError(f"{place}: is empty; write a path or a name, or remove the key")
                try:
                    parent[key] = mark.absolute(parent[key], source.folder_of(path))
                except (OSError, RuntimeError, ValueError) as error:  # too long, a loop of links, nobody's home
                    place = f"{source.where(path)}: {'.'.join(path)}"
                    why = getattr(error, "strerror", None) or error
                    raise ScenarioError(f"{place}: {parent[key]!r:.60} is no path ({why}); correct it") from error


def place_module(source: Document, at: KeyPath) -> None:
    """Replace a component's "module:Class" by where the module lies, if that is beside the file that names it."""
    part = source.at(at)
    path = (*at, "name") if isinstance(part, dict) else at
    name = source.at(path)
    if isinstance(name, str) and ":" in name:
        source.put(path, beside(source.folder_of(path), name))


def located_keys(kind: str, part: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Located]]:
    """Yield each written key of a component that may name a file, with its mark (Any: what YAML holds)."""
    try:
        component = find(kind, part["name"])
    except (ScenarioError, KeyError, TypeError):
        return  # what is wrong with its name is told where the component is checked
    yield from _located_fields(component, part)


def _located_fields(owner: type, values: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Located]]:
    for name, field in getattr(owner, "__pydantic_fields__", {}).items():
        value = values.get(name)
        marks = [*field.metadata, *_metadata(field.annotation)]
        if isinstance(value, str):
            yield from (((name,), mark) for mark in marks if isinstance(mark, Located))
        elif isinstance(value, Mapping):
            kinds = [(mark.json_schema or {}).get("x-component") for mark in marks if isinstance(mark, WithJsonSchema)]
            inner = [*(located_keys(kind, value) for kind in kinds if kind)]
            inner += [_located_fields(model, value) for model in _models(field.annotation)]
            yield from (((name, *keys), mark) for pairs in inner for keys, mark in pairs)


def _metadata(annotation: Any) -> Iterator[Any]:
    """Yield what `Annotated` says anywhere in a type expression (Any: type expressions)."""
    yield from getattr(annotation, "__metadata__", ())
    for inner in get_args(annotation):
        yield from _metadata(inner)


def _models(annotation: Any) -> Iterator[type]:
    """Yield the dataclasses in a type expression, such as `Train` in `Train | None` (Any: type expressions)."""
    if isinstance(annotation, type) and is_dataclass(annotation):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
