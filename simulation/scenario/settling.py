"""What is left open until a study begins, such as the day: decided then, once for all its scenarios, and kept."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from simulation.contracts.boundary import calling, named
from simulation.core.optional_roles import Settling
from simulation.scenario.prepare import make
from simulation.scenario.scenario import PARTS, Scenario, checked


def settled(scenarios: Sequence[Scenario]) -> tuple[Scenario, ...]:
    """Return scenarios whose components say what was open; equal components are decided alike."""
    decided: list[tuple[Settling, Any]] = []
    return tuple(_settled(scenario, decided) for scenario in scenarios)


def _settled(scenario: Scenario, decided: list[tuple[Settling, Any]]) -> Scenario:
    """Settle one scenario; `decided` holds components with what became of them (Any: components of any kind)."""
    document = scenario.document
    for path, kind in PARTS:
        part = scenario.part(path)
        component = None if part is None else make(part, kind.name)
        if part is None or not isinstance(component, Settling):
            continue
        after = next((after for before, after in decided if before == component), None)
        if after is None:
            with calling(kind.name, named(component)):
                after = component.settled()
            decided.append((component, after))
        if after != component:
            document = replace(document, value=copy.deepcopy(document.value))
            parameters = TypeAdapter(type(after)).dump_python(after, mode="json")
            document.put(path, {"name": part.name, **parameters})
    return scenario if document is scenario.document else checked(document)
