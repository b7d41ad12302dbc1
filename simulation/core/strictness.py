"""Numbers and truth values as they are written: `true` is no number, `"5"` and `5.0` are no integers, `1` is no `true`.

Only these three types are strict. A path is still read from a text, a tuple from a list, an integer as a real number,
and what was built already, such as a judge inside a judge, passes as it is.
"""

from typing import Any

from pydantic import GetCoreSchemaHandler

STRICT = ("bool", "int", "float")
APART = ("metadata", "default", "serialization")
"""Keys of a schema below which there is no schema of an input."""


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
    if not isinstance(schema, dict):
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
