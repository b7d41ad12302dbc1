"""The JSON schema of a scenario, generated from the registry, so that an editor completes and checks the file."""

from typing import Any

from pydantic import TypeAdapter

from simulation.core.registry import PACKAGES, components
from simulation.scenario.scenario import PARTS, Scenario

Schema = dict[str, Any]


def scenario_schema() -> Schema:
    """Return the schema (Any: JSON); a component is its bare name, or its name with its parameters."""
    schema = Scenario.model_json_schema()
    definitions: Schema = schema.setdefault("$defs", {})
    defaults = {kind.name: kind.default for _, kind in PARTS}
    for kind in PACKAGES:
        definitions[kind] = _kind_schema(kind, defaults.get(kind), definitions)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "scenario"
    _point(schema)
    return schema


def _kind_schema(kind: str, default: str | None, definitions: Schema) -> Schema:
    """Return the schema of one kind of component."""
    known = components(kind)
    outside = {"type": "string", "pattern": r"^[\w.]+:\w+$", "description": "A class of your own, as module:Class."}
    choices: list[Schema] = [
        {"enum": list(known), "description": "A registered name, with its default parameters."},
        outside,
        {"type": "object", "properties": {"name": outside}, "required": ["name"]},
    ]
    for name, component in known.items():
        made = TypeAdapter(component.cls).json_schema(ref_template=f"#/$defs/{kind}.{name}.{{model}}")
        for inner, definition in made.pop("$defs", {}).items():
            definitions[f"{kind}.{name}.{inner}"] = definition
        made["title"] = name
        made["description"] = component.description
        made["properties"] = {"name": {"const": name}, **made.get("properties", {})}
        made["required"] = [*(() if name == default else ("name",)), *made.get("required", ())]
        made["additionalProperties"] = False
        choices.append(made)
    return {"oneOf": choices}


def _point(node: Any) -> None:
    """Replace every mark of a component by a reference to its kind (Any: JSON)."""
    if isinstance(node, dict):
        kind = node.pop("x-component", None)
        if kind is not None:
            node["$ref"] = f"#/$defs/{kind}"
        for inner in node.values():
            _point(inner)
    elif isinstance(node, list):
        for inner in node:
            _point(inner)
