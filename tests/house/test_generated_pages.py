"""The pages and the schema that the program writes are those in the repository, and describe every field there is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulation.core.registry import PACKAGES
from simulation.scenario.schema import scenario_schema
from simulation.views.reference_pages import components_page, scenario_page

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("page", "lines"), [("scenario", scenario_page()), ("components", components_page(ROOT / "scenarios"))]
)
def test_a_page_is_what_the_program_says_now(page: str, lines: Iterator[str]) -> None:
    written = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    assert written.splitlines() == list(lines), f"write it anew: python -m simulation list --markdown {page}"


def test_the_schema_beside_the_scenarios_is_that_of_now() -> None:
    written = json.loads((ROOT / "scenarios" / "scenario.schema.json").read_text(encoding="utf-8"))
    assert written == scenario_schema(), (
        "write it anew: python -m simulation list --schema scenarios/scenario.schema.json"
    )


def undescribed(node: Any, path: str, schema: Any) -> Iterator[str]:
    """Yield the place of every parameter that says nothing of itself."""
    if isinstance(node, dict):
        for key, part in node.get("properties", {}).items():
            names = [
                option["$ref"].removeprefix("#/$defs/") for option in (part, *part.get("anyOf", ())) if "$ref" in option
            ]
            own = part.get("description") or any(schema["$defs"][name].get("description") for name in names)
            if key != "name" and not own:
                yield f"{path}.{key}"
        for key, inner in node.items():
            yield from undescribed(inner, f"{path}.{key}", schema)
    elif isinstance(node, list):
        for inner in node:
            yield from undescribed(
                inner, f"{path}.{inner.get('title', '')}" if isinstance(inner, dict) else path, schema
            )


def test_every_key_and_every_parameter_is_described() -> None:
    schema = scenario_schema()
    schema.pop("else")
    assert list(undescribed(schema, "", schema)) == []
    assert all(len(schema["$defs"][kind]["oneOf"]) > 3 for kind in PACKAGES)


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_scenario_carries_the_schema_line(path: Path) -> None:
    second = path.read_text(encoding="utf-8").split("\n")[1]
    assert second == "# yaml-language-server: $schema=scenario.schema.json"
