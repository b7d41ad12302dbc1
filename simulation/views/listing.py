"""What a user can name in a scenario: the components and scenarios there are."""

from collections.abc import Iterator
from pathlib import Path

from simulation.core.registry import PACKAGES, components
from simulation.views.text import shown


def plain(scenarios: Path) -> Iterator[str]:
    """Yield the lines of `list`."""
    for kind in PACKAGES:
        yield kind.replace("_", " ")
        for name, component in components(kind).items():
            yield f"  {name:26} {component.description}"
    yield "scenarios"
    for name, description in described(scenarios):
        yield f"  {name:40} {description}"


def described(scenarios: Path) -> Iterator[tuple[str, str]]:
    """Yield each scenario file's name and the sentence that opens it."""
    for path in sorted(scenarios.glob("*.yaml")):
        first = path.read_text(encoding="utf-8").split("\n", 1)[0]
        yield shown(path.name), shown(first.removeprefix("#").strip())
