"""A parameter is read as it is written: no truth value or text passes for a number, no number for a truth value."""

from collections.abc import Iterator
from dataclasses import field
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import TypeAdapter, ValidationError

from simulation.core.errors import ScenarioError
from simulation.core.registry import PACKAGES, components, parameters
from simulation.core.strictness import APART, STRICT
from simulation.scenario.scenario import Scenario, load_scenario


@parameters
class Inner:
    """A group of parameters."""

    depth: int = 1


@parameters
class Outer:
    """Parameters of every kind that is strict, and some that are not."""

    whole: int = 1
    real: float = 1.0
    switch: bool = False
    several: tuple[int, ...] = ()
    shares: dict[str, float] = field(default_factory=dict)
    inner: Inner | None = None
    others: tuple[Inner, ...] = ()


def read(**values: Any) -> Outer:
    return TypeAdapter(Outer).validate_python(values)


@pytest.mark.parametrize(
    "values",
    [
        {"whole": True}, {"whole": "5"}, {"whole": 5.0}, {"whole": "1_000"}, {"real": True}, {"real": "1e-3"},
        {"real": 10**400}, {"switch": 1}, {"switch": "yes"}, {"switch": "true"}, {"several": [1, True]},
        {"several": ["1"]}, {"shares": {"a": "0.5"}}, {"inner": {"depth": True}}, {"others": [{"depth": "2"}]},
    ],
    ids=str,
)  # fmt: skip
def test_a_value_of_another_type_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(**values)
    with pytest.raises(ValidationError):
        Outer(**values)


def test_what_is_written_as_it_should_be_is_read() -> None:
    inner = Inner(depth=3)
    assert read(whole=5, real=1, switch=True, several=[1, 2], shares={"a": 1}, inner={"depth": 2}, others=[inner]) == (
        Outer(whole=5, real=1.0, switch=True, several=(1, 2), shares={"a": 1.0}, inner=Inner(depth=2), others=(inner,))
    )
    assert type(read(real=1).real) is float


def scalars(schema: Any) -> Iterator[dict[str, Any]]:
    """Every scalar of a schema of pydantic's."""
    if isinstance(schema, dict):
        if schema.get("type") in STRICT:
            yield schema
        for key, inner in schema.items():
            yield from () if key in APART else scalars(inner)
    elif isinstance(schema, list | tuple):
        for inner in schema:
            yield from scalars(inner)


def test_no_parameter_of_the_registry_and_no_key_of_a_scenario_is_lax() -> None:
    owners: list[Any] = [Scenario, *(component.cls for kind in PACKAGES for component in components(kind).values())]
    all_scalars = [(owner, scalar) for owner in owners for scalar in scalars(owner.__pydantic_core_schema__)]
    assert not [owner for owner, scalar in all_scalars if not scalar.get("strict")]
    assert len(all_scalars) > 200


@pytest.mark.parametrize(
    "override",
    [
        "students.lora.rank=true", "students.lora.rank=8.0", 'students.lora.rank="8"', "students.lora.alpha=true",
        "students.prompt.shots=true", "students.prompt.shots=2.0", "students.chat={thinking: 1}",
        "students.chat={thinking: yes}",
    ],
)  # fmt: skip
def test_what_stands_together_under_one_parameter_is_strict_too(override: str) -> None:
    with pytest.raises(ScenarioError, match=r"write (a whole number|a number|true or false)"):
        load_scenario(Path(__file__).parents[2] / "scenarios" / "random_selection.yaml", [override])


@pytest.mark.parametrize(
    "override",
    [
        "turns=true", "learn.trainer.learning_rate=true", "turns='5'", "turns=1_000", "ask.whole_class='yes'",
        "turns=5.0", "turns=0b11", "seed=false", 'seed="0"', "threads=yes", "ask.questions='40'", "ask.questions=4_0",
        "ask.whole_class=1", "ask.whole_class=on", "ask.whole_class=null", "learn.trainer.learning_rate='1e-3'",
        "learn.trainer.learning_rate=1_0.5", "learn.every=true", "evaluate.temperature=true", "students.count='2'",
        "environment.pool_size=8e3",
    ],
)  # fmt: skip
def test_a_key_takes_no_value_that_only_looks_like_one(override: str) -> None:
    with pytest.raises(ScenarioError, match=r"write (a whole number|a number|true or false)") as told:
        load_scenario(Path(__file__).parents[2] / "scenarios" / "random_selection.yaml", [override])
    (line,) = str(told.value).splitlines()
    assert line.startswith(f"override {override!r}: {override.partition('=')[0]}: ")


class Level(IntEnum):
    """Levels by number."""

    low = 1
    high = 2


class Colour(Enum):
    """Colours by name."""

    red = "red"


@parameters
class Choosing:
    """Choices among numbers and texts, and mappings of which the keys are no texts."""

    choice: Literal[1, 2] = 1
    switch: Literal[True, "auto"] = "auto"
    level: Level = Level.low
    levels: tuple[Level, ...] = ()
    colour: Colour = Colour.red
    weights: dict[int, float] = field(default_factory=dict)
    by_level: dict[Level, str] = field(default_factory=dict)
    by_share: dict[float, str] = field(default_factory=dict)


def choose(**values: Any) -> Choosing:
    return TypeAdapter(Choosing).validate_python(values)


@pytest.mark.parametrize(
    "values",
    [
        {"choice": True}, {"choice": 1.0}, {"choice": "1"}, {"choice": 3}, {"switch": 1}, {"level": True},
        {"level": 1.0}, {"level": "1"}, {"levels": [1, True]}, {"colour": 1}, {"weights": {"a": 1}},
        {"weights": {"1.0": 1}}, {"weights": {"true": 1}}, {"weights": {"1": "1"}}, {"by_level": {"3": "a"}},
        {"by_share": {"1": "a", "1.0": "b"}},
    ],
    ids=str,
)  # fmt: skip
def test_what_only_equals_a_choice_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        choose(**values)


def test_choices_and_keys_that_are_numbers_are_read_and_written_back() -> None:
    read_values = choose(
        choice=2, switch=True, level=2, levels=[1, 2], colour="red", weights={"3": 1}, by_level={"2": "a"},
        by_share={"0.5": "b", "1": "c"},
    )  # fmt: skip
    assert read_values == Choosing(
        choice=2, switch=True, level=Level.high, levels=(Level.low, Level.high), weights={3: 1.0},
        by_level={Level.high: "a"}, by_share={0.5: "b", 1.0: "c"},
    )  # fmt: skip
    adapter = TypeAdapter(Choosing)
    assert adapter.validate_python(adapter.dump_python(read_values, mode="json")) == read_values
    assert adapter.json_schema()["properties"]["choice"]["enum"] == [1, 2]
