"""The pages of the documents that are made of the program: each key of a scenario, each parameter of a component.

They are read off the JSON schema, which is what an editor completes by.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from simulation.core.registry import PACKAGES, components
from simulation.scenario.schema import Schema, scenario_schema
from simulation.views.listing import described

BOUNDS = {"minimum": "≥ {}", "exclusiveMinimum": "> {}", "maximum": "≤ {}", "exclusiveMaximum": "< {}"}
TYPES = {"integer": "whole number", "number": "number", "string": "text", "boolean": "true or false", "null": "null"}


INTRODUCTION = """\
Made by `python -m simulation list --markdown scenario`. A scenario is YAML: the keys below and nothing else.

* A component is its bare name (`policy: random`) or a mapping of its `name` and parameters
  (`policy: {name: category, source: evaluation}`); [components](components.md) lists them. A class of your own is
  written `my_module:MyPolicy`.
* Paths are relative to the file that says them; those of `--set`, `--vary` and `KEY=VALUE` start from your folder.
* `base: other.yaml` takes over what another file says: mappings are laid key by key, a component that is named begins
  anew, `presets` and `compare` are replaced as a whole. A base stands on no other.
* An editor completes and checks a file whose second line is
  `# yaml-language-server: $schema=scenario.schema.json`; `python -m simulation list --schema FILE` writes that schema.
"""


def components_page(scenarios: Path) -> Iterator[str]:
    """Yield the lines of docs/components.md: every component with its parameters, and the scenarios there are."""
    schema = scenario_schema()
    yield "# Components"
    yield ""
    yield "Made by `python -m simulation list --markdown components`. What a scenario can name, by kind."
    for kind in PACKAGES:
        yield from ("", f"## {kind.replace('_', ' ').capitalize()}")
        for name, component in components(kind).items():
            yield from ("", f"### `{name}`", "", component.description)
            parameters = definition(schema, kind, name)["properties"]
            yield from table({key: parameters[key] for key in parameters if key != "name"}, schema)
    yield from ("", "## Scenarios", "", "| file | what it shows |", "|---|---|")
    for name, description in described(scenarios):
        yield f"| `{name}` | {description} |"


def scenario_page() -> Iterator[str]:
    """Yield the lines of docs/scenario.md: every key of a scenario file."""
    schema = scenario_schema()
    yield "# A scenario file"
    yield ""
    yield from INTRODUCTION.splitlines()
    yield from ("", "## The file", *table(schema["properties"], schema, depth=0))
    for key, part in schema["properties"].items():
        inner = resolved(part, schema)
        if "properties" in inner:
            yield from (
                "",
                f"## `{key}`",
                "",
                sentence(inner.get("description", "")),
                *table(inner["properties"], schema),
            )


def definition(schema: Schema, kind: str, name: str) -> Schema:
    """Return the schema of a component written with its parameters."""
    choices: Sequence[Schema] = schema["$defs"][kind]["oneOf"]
    return next(choice for choice in choices if choice.get("title") == name)


def table(properties: Mapping[str, Schema], schema: Schema, depth: int = 1) -> Iterator[str]:
    """Yield a table of parameters, those of an inner mapping below their own; nothing where there are none."""
    if not properties:
        return
    yield from ("", "| key | values | default | meaning |", "|---|---|---|---|")
    yield from rows(properties, schema, "", depth)


def rows(properties: Mapping[str, Schema], schema: Schema, above: str, depth: int) -> Iterator[str]:
    """Yield a row for each parameter, and so many levels of those below it."""
    for key, part in properties.items():
        inner = resolved(part, schema)
        meaning = sentence(part.get("description") or inner.get("description", ""))
        default = f"`{json.dumps(part['default'], ensure_ascii=False)}`" if "default" in part else ""
        if "properties" in inner:
            default = ""
        yield f"| `{above}{key}` | {values(part, schema)} | {default} | {meaning} |"
        if "properties" in inner and depth:
            yield from rows(inner["properties"], schema, f"{above}{key}.", depth - 1)


def resolved(part: Schema, schema: Schema) -> Schema:
    """Return what a reference points to, or the mapping that a part may be."""
    if "$ref" in part:
        name = part["$ref"].removeprefix("#/$defs/")
        target: Schema = schema["$defs"][name]
        return {} if name in PACKAGES else target
    options = [option for option in part.get("anyOf", ()) if "$ref" in option]
    return resolved(options[0], schema) if len(options) == 1 else part


def values(part: Schema, schema: Schema) -> str:
    """Say in a few words what may be written."""
    if "$ref" in part:
        name = part["$ref"].removeprefix("#/$defs/")
        if name in PACKAGES:
            return f"[{name.replace('_', ' ')}](components.md#{name.replace('_', '-')})"
        return values(schema["$defs"][name], schema)
    for several in ("anyOf", "oneOf"):
        if several in part:
            return ", or ".join(dict.fromkeys(values(option, schema) for option in part[several]))
    if "enum" in part or "const" in part:
        return ", ".join(f"`{value}`" for value in part.get("enum", [part.get("const")]))
    if part.get("type") == "array":
        return f"list of {values(part.get('items', {}), schema)}"
    if part.get("type") == "object":
        return "mapping"
    bounds = [text.format(f"{part[key]:,}") for key, text in BOUNDS.items() if key in part]
    return " ".join([TYPES.get(part.get("type", ""), "any value"), *bounds])


def sentence(text: Any) -> str:
    """Return a description in one line, as a table's cell holds it (Any: JSON)."""
    return " ".join(str(text).split()).replace("|", "\\|")
