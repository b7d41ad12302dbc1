"""Imports where a study's questions come from: a module outside this program may hold kinds of form and key."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from simulation.core.errors import ScenarioError
from simulation.core.registry import find
from simulation.scenario.moved import moved_name


def import_environments(scenario: Any, folder: Path) -> None:
    """Import the environments that a study's scenario or lineup names, as far as they are here (Any: JSON)."""
    for name in environment_names(scenario):
        with suppress(ScenarioError):
            find("environment", moved_name(name, folder))


def environment_names(scenario: Any) -> Iterator[str]:
    """Yield the names that stand under "environment", at whatever depth (Any: JSON)."""
    if isinstance(scenario, dict):
        environment = scenario.get("environment")
        name = environment.get("name") if isinstance(environment, dict) else environment
        if isinstance(name, str):
            yield name
    for part in scenario.values() if isinstance(scenario, dict) else scenario if isinstance(scenario, list) else ():
        yield from environment_names(part)
