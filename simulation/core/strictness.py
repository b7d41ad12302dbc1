"""Numbers and truth values as they are written: `true` is no number, `"5"` and `5.0` are no integers, `1` is no `true`.

Only these types are strict, and the choices among them. A path is still read from a text, a tuple from a list, an
integer as a real number, and what was built already, such as a judge inside a judge, passes as it is. Keys of a mapping
are texts in YAML, so one that has to be a number is read from its text.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import PydanticKnownError, core_schema

STRICT = ("bool", "int", "float")
APART = ("metadata", "default", "serialization")
"""Keys of a schema below which there is no schema of an input."""


@dataclass(frozen=True, slots=True)
class OfItsType:
    """Refuses for a choice what only equals it, as `true` and 1.0 equal 1, or is a text of its number."""

    choices: tuple[object, ...]

    def __call__(self, value: object) -> object:
        """Return the value as it is."""
        alike = [choice for choice in self.choices if not isinstance(value, Enum) and value == choice]
        is_text = isinstance(value, str) and not any(isinstance(choice, str) for choice in self.choices)
        if (alike and not any(self.same_kind(value, choice) for choice in alike)) or is_text:
            raise PydanticKnownError("literal_error", {"expected": " or ".join(map(repr, self.choices))})
        return value

    @staticmethod
    def same_kind(value: object, choice: object) -> bool:
        """Tell whether a value may stand for an equal choice; an integer may for a real number."""
        return type(value) is type(choice) or (type(value) is int and isinstance(choice, float))


def keys_read(value: object) -> object:
    """Return a mapping with the numbers and truth values that its keys write; no two may write the same."""
    if not isinstance(value, Mapping):
        return value
    keys = {text: _scalar(text) for text in value}
    if twice := [text for text, key in keys.items() if list(keys.values()).count(key) > 1]:
        raise ValueError(f"the keys {' and '.join(map(repr, twice))} are the same; write it once")
    return {keys[text]: inner for text, inner in value.items()}


def _scalar(text: object) -> object:
    try:
        key: object = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text
    return key if isinstance(key, bool | int | float) else text


def strictly(_cls: type, source: Any, handler: GetCoreSchemaHandler) -> Any:
    """Generate a schema with strict scalars: the `__get_pydantic_core_schema__` of a class (Any: pydantic's own)."""
    schema = handler(source)
    make_strict(schema, handler, set())
    return schema


def make_strict(schema: Any, handler: GetCoreSchemaHandler, seen: set[str]) -> None:
    """Mark every scalar of a schema, and of what it refers to, as strict (Any: schemas are nested dictionaries)."""
    if isinstance(schema, list | tuple):
        for inner in schema:
            make_strict(inner, handler, seen)
    if not isinstance(schema, dict) or _is_done(schema):
        return
    if schema.get("type") in STRICT:
        schema["strict"] = True
    reference = schema.get("schema_ref") if schema.get("type") == "definition-ref" else None
    if reference is not None and reference not in seen:
        seen.add(reference)
        make_strict(handler.resolve_ref_schema(schema), handler, seen)
    for key, inner in schema.items():
        if key not in APART:
            make_strict(inner, handler, seen)
    if choices := choices_of(schema):
        _put_before(schema, OfItsType(tuple(choices)))
    elif schema.get("type") == "dict" and has_scalar_keys(schema.get("keys_schema", {}), handler):
        _put_before(schema, keys_read)


def choices_of(schema: Mapping[str, Any]) -> Sequence[object]:
    """Return the values of a schema of choices, none of another (Any: pydantic's own)."""
    if schema.get("type") == "literal":
        return [choice for choice in schema["expected"] if not isinstance(choice, Enum)]
    return [member.value for member in schema["members"]] if schema.get("type") == "enum" else []


def has_scalar_keys(keys: Any, handler: GetCoreSchemaHandler) -> bool:
    """Tell whether the keys of a mapping are numbers or truth values (Any: a schema of pydantic's)."""
    if keys.get("type") == "definition-ref":
        keys = handler.resolve_ref_schema(keys)
    if _is_done(keys):
        keys = keys["schema"]
    choices = choices_of(keys)
    return keys.get("type") in STRICT or (bool(choices) and not any(isinstance(choice, str) for choice in choices))


def _is_done(schema: Mapping[str, Any]) -> bool:
    """Tell whether a schema was made strict by what stands before it (Any: pydantic's own)."""
    function = schema.get("function", {}).get("function") if schema.get("type") == "function-before" else None
    return isinstance(function, OfItsType) or function is keys_read


def _put_before(schema: dict[str, Any], function: Any) -> None:
    """Let a function look at what a schema reads, in place (Any: pydantic's own)."""
    inner: Any = dict(schema)
    schema.clear()
    schema.update(core_schema.no_info_before_validator_function(function, inner))
