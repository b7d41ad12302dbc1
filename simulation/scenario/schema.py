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
    _spare_based_files(schema)
    _point(schema)
    return schema


def _spare_based_files(schema: Schema) -> None:
    """Require of a file that stands on a base only its name: the base says the rest."""
    inner = {key: part["$ref"].removeprefix("#/$defs/") for key, part in schema["properties"].items() if "$ref" in part}
    required = {key: schema["$defs"][name].pop("required", []) for key, name in inner.items()}
    schema["if"] = {"required": ["base"]}
    schema["else"] = {
        "required": schema.pop("required"),
        "properties": {key: {"required": names} for key, names in required.items() if names},
    }
    schema["required"] = ["name"]


def _kind_schema(kind: str, default: str | None, definitions: Schema) -> Schema:
    """Return the schema of one kind of component."""
    registered = components(kind)
    outside = {"type": "string", "pattern": r"^[\w.]+:\w+$", "description": "A class of your own, as module:Class."}
    choices: list[Schema] = [
        {"enum": list(registered), "description": "A registered name, with its default parameters."},
        outside,
        {"type": "object", "properties": {"name": outside}, "required": ["name"]},
    ]
    for name, component in registered.items():
        described = TypeAdapter(component.cls).json_schema(ref_template=f"#/$defs/{kind}.{name}.{{model}}")
        for inner, definition in described.pop("$defs", {}).items():
            definitions[f"{kind}.{name}.{inner}"] = definition
        for parameter, text in component.parameters.items():
            described["properties"][parameter].setdefault("description", text)
        described["title"] = name
        described["description"] = component.description
        described["properties"] = {"name": {"const": name}, **described.get("properties", {})}
        described["required"] = [*(() if name == default else ("name",)), *described.get("required", ())]
        described["additionalProperties"] = False
        choices.append(described)
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
