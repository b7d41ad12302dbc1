"""Whatever the type of a key, a value that is not allowed is told in plain words: what to write, and what was got."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from simulation.core.allowed import InWords, Typed, allowed, example, fields_of
from simulation.core.errors import ScenarioError
from simulation.core.faults import faults, in_line
from simulation.core.registry import PACKAGES, components, nested, parameters
from simulation.scenario.keys import EXAMPLES
from simulation.scenario.reading import read_text
from simulation.scenario.scenario import Scenario, load_scenario

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


class Level(IntEnum):
    """Levels."""

    low = 1
    high = 2


@nested
class Inner:
    """A group of keys."""

    depth: Annotated[int, Field(ge=1, le=9)] = 1
    title: str = ""


@parameters
class Every:
    """A key of every kind."""

    whole: Annotated[int, Field(ge=1, le=10)] = 1
    plain: int = 1
    even: Annotated[int, Field(ge=2, multiple_of=2)] = 2
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    real: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 1.0
    switch: bool = False
    text: str = ""
    filled: Annotated[str, Field(min_length=1)] = "a"
    named: Annotated[str, Field(pattern="^[a-z]+$"), InWords("small letters", "abc")] = "a"
    matched: Annotated[str, Field(pattern="^[a-z]+$")] = "a"
    path: Path | None = None
    choice: Literal["newest", "evaluated"] = "newest"
    mixed: Literal["float32", "float16"] | Literal["auto"] = "auto"
    level: Level = Level.low
    numbers: Annotated[list[int], Field(min_length=1, max_length=3)] = field(default_factory=lambda: [1])
    pair: tuple[int, int] = (1, 2)
    shares: Mapping[str, float] = field(default_factory=dict)
    weights: dict[int, float] = field(default_factory=dict)
    inner: Inner | None = None
    several: tuple[Inner, ...] = ()
    number_or_list: Annotated[int, Field(ge=1, le=9)] | Annotated[list[int], Field(min_length=1)] | None = None
    count_or_inner: Annotated[int, Field(ge=0)] | tuple[Inner, ...] = 0
    maybe: Annotated[int, Field(ge=1)] | None = None


def told(**values: Any) -> list[str]:
    """What is said of values, each fault with its path."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Every).validate_python(values)
    return [f"{'.'.join(fault.path)}: {fault.what}" for fault in faults(caught.value, Every)]


NUMBERS = "a list of 1 to 3, each a whole number, such as [1]"


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("whole", "many", "write a whole number from 1 to 10; got 'many'"),
        ("whole", 2.5, "write a whole number from 1 to 10; got 2.5"),
        ("whole", True, "write a whole number from 1 to 10; got true"),
        ("whole", None, "write a whole number from 1 to 10; got nothing (null)"),
        ("whole", 11, "write a whole number from 1 to 10; got 11"),
        ("plain", "x", "write a whole number; got 'x'"),
        ("even", 3, "write a whole number, 2 or more, a multiple of 2; got 3"),
        ("seed", -1, "write a whole number, 0 or more and below 2^63; got -1"),
        ("real", 0, "write a number, above 0 and at most 1; got 0"),
        ("real", float("inf"), "write a number, above 0 and at most 1; got inf"),
        ("switch", "yes", "write true or false; got 'yes'"),
        ("switch", 1, "write true or false; got 1"),
        ("text", 3, "write a text; got 3, which is a text in quotes, '3'"),
        ("text", True, "write a text; got true, which is a text in quotes, 'true'"),
        ("filled", "", "write a text that is not empty; got ''"),
        ("named", "A", "write small letters; got 'A'"),
        ("matched", "A", "write a text that matches the pattern ^[a-z]+$; got 'A'"),
        ("path", [1], "write a path, or null; got [1]"),
        ("choice", "newst", "write 'newest' or 'evaluated'; got 'newst'; did you mean 'newest'?"),
        ("choice", None, "write 'newest' or 'evaluated'; got nothing (null)"),
        ("mixed", 8, "write 'float32', 'float16' or 'auto'; got 8"),
        ("level", True, "write 1 or 2; got true"),
        ("level", 3, "write 1 or 2; got 3"),
        ("numbers", 3, f"write {NUMBERS}; got 3"),
        ("numbers", [], f"write {NUMBERS}; got []"),
        ("numbers", [1, 2, 3, 4], f"write {NUMBERS}; got [1, 2, 3, 4]"),
        ("pair", "x", "write a list of 2, such as [1, 2]; got 'x'"),
        ("shares", 3, "write a mapping of keys, such as {key: 0.5}; got 3"),
        ("inner", "x", "write a mapping of keys, such as inner: {title: x}; got 'x'"),
        ("inner", 3, "write a mapping of keys, such as inner: {depth: 3}; got 3"),
        ("inner", [3], "write a mapping of keys, such as {depth: 1}, or null; got [3]"),
        ("several", 3, "write a list, each a mapping of keys, such as {depth: 1}, such as [{depth: 1}]; got 3"),
        ("number_or_list", "x", "write a whole number from 1 to 9, or a list of 1 or more, each a whole number, such "
         "as [1], or null; got 'x'"),
        ("number_or_list", 0, "write a whole number from 1 to 9, or a list of 1 or more, each a whole number, such as "
         "[1], or null; got 0"),
        ("maybe", 0, "write a whole number, 1 or more, or null; got 0"),
    ],
)  # fmt: skip
def test_each_kind_of_key_says_in_one_line_what_is_allowed(key: str, value: object, what: str) -> None:
    assert told(**{key: value}) == [f"{key}: {what}"]


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("numbers", [1, "x"], "numbers.1: write a whole number; got 'x'"),
        ("pair", [1, "x"], "pair.1: write a whole number; got 'x'"),
        ("shares", {"a": "b"}, "shares.a: write a number; got 'b'"),
        ("weights", {"3": "b"}, "weights.3: write a number; got 'b'"),
        ("weights", {"x": 1}, "weights.x: 'x' cannot stand as a key here; write a whole number"),
        ("inner", {"depth": 0}, "inner.depth: write a whole number from 1 to 9; got 0"),
        ("inner", {"dpth": 0}, "inner.dpth: unknown key 'dpth'; did you mean 'depth'? known: depth, title"),
        ("several", [{"depth": 1}, {"depth": "x"}], "several.1.depth: write a whole number from 1 to 9; got 'x'"),
        ("number_or_list", [1, "x"], "number_or_list.1: write a whole number; got 'x'"),
        ("count_or_inner", [{"dpth": 1}], "count_or_inner.0.dpth: unknown key 'dpth'; did you mean 'depth'? known: "
         "depth, title"),
    ],
)  # fmt: skip
def test_what_lies_deeper_is_told_where_it_lies(key: str, value: object, line: str) -> None:
    assert told(**{key: value}) == [line]


def test_several_values_for_one_are_known_as_such() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Every).validate_python({"whole": [1, 2], "plain": "1,2", "text": [3], "real": "a,b"})
    assert [fault.one_of for fault in faults(caught.value, Every)] == [(1, 2), (1, 2), (), ()]


def test_a_key_that_is_missing_is_told_with_an_example_and_a_class_in_its_own_words() -> None:
    @parameters
    class Lacking:
        """A key without a default, and a rule of its own."""

        depth: Annotated[int, Field(ge=3)]

        def __post_init__(self) -> None:
            if self.depth == 4:
                raise ValueError("depth 4 is taken; write 5")

    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Lacking).validate_python({})
    assert in_line(caught.value, Lacking) == "the key 'depth' is missing; write it, such as depth: 3"
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Lacking).validate_python({"depth": 4})
    assert in_line(caught.value, Lacking) == "depth 4 is taken; write 5"


def all_fields() -> list[tuple[str, Typed]]:
    owners = [Scenario, *(component.cls for kind in PACKAGES for component in components(kind).values())]
    return [
        (f"{owner.__name__}.{name}", Typed.of(described.annotation, described.metadata))
        for owner in owners
        for name, described in fields_of(owner).items()
    ]


def test_every_parameter_of_the_registry_can_be_told_in_words_with_an_example() -> None:
    judged_by = {"InnerJudge"}  # told by the judge that it is built from
    silent = [name for name, typed in all_fields() if typed.origin.__name__ not in judged_by and not allowed(typed)]
    assert silent == [] and len(all_fields()) > 200
    assert all(example(typed) for _, typed in all_fields())


def groups(owner: type, name: str) -> Iterator[tuple[str, Typed]]:
    """Yield the keys of a class that hold groups of keys, lists or mappings, and those below them, by their names."""
    for key, typed in Typed.of(owner).keys.items():
        for branch in typed.branches:
            if branch.keys:
                yield from groups(branch.annotation, f"{name}.{key}")
            if branch.keys or branch.is_list or branch.is_a(Mapping):
                yield f"{name}.{key}", replace(branch, marks=typed.marks)


def test_the_example_of_a_group_a_list_or_a_mapping_is_one_that_may_be_written() -> None:
    owners = {component.cls: name for kind in PACKAGES for name, component in components(kind).items()}
    examples = [pair for owner, name in {Scenario: "", **owners}.items() for pair in groups(owner, name)]
    assert len(examples) > 30
    for name, typed in examples:
        value = read_text(example(typed), name).value
        assert value != "a" and "key" not in (value if isinstance(value, dict) else ()), name
        if typed.spelled is None and not isinstance(value, int | float | str):
            TypeAdapter(typed.annotation).validate_python(value)


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ("evaluate=2", "evaluate: write a mapping of keys, such as {questions: 200}; got 2"),
        ("learn=3", "learn: write a mapping of keys, such as {trainer: dpo}; got 3"),
        ("ask=40", "ask: write a mapping of keys, such as {policy: random}; got 40"),
        ("ask=random", "ask: write a mapping of keys, such as ask: {policy: random}; got 'random'"),
        ("compare=4", "compare: write a mapping of keys, such as compare: {seeds: 4}; got 4"),
        ("compare=x", "such as {vary: {ask.policy: [random, category]}}; got 'x'"),
        ("presets=2", "presets: write a mapping of keys, such as {short: {turns: 5}}; got 2"),
        ("presets={short: 2}", "presets.short: write a mapping of keys, such as {turns: 5}; got 2"),
        ("students={model: embedded, codes: 3}", "codes: write a mapping of keys, such as {levels: 3, size: 256}, or"),
        ("students={model: embedded, prompt: 3}", "prompt: write a mapping of keys, such as prompt: {shots: 3}; got 3"),
        ("students={name: api, budget: 3}", "budget: write a mapping of keys, such as {requests: 1000}; got 3"),
    ],
)
def test_a_section_of_another_type_is_answered_by_one_that_may_be_written(section: str, says: str) -> None:
    with pytest.raises(ScenarioError, match=re.escape(says)):
        load_scenario(SCENARIOS / "random_selection.yaml", [section])


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_example_of_a_kind_of_component_is_one_of_it(kind: str) -> None:
    assert EXAMPLES[kind] in components(kind) or EXAMPLES[kind] == "{model: embedded}"
    assert set(EXAMPLES) == set(PACKAGES)
