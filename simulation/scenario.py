"""What a scenario says, checked: a study's whole description as plain values and named components.

A component is written as a bare name (`policy: random`) or as a mapping of `name` and its parameters
(`policy: {name: category, source: evaluation}`). Components are looked up, never built, by reading a scenario.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PrivateAttr,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from simulation.complaints import complaints
from simulation.core.errors import ScenarioError, nearest
from simulation.core.registry import build, find
from simulation.yaml_source import KeyPath, Source, finite, override, read_file


class Part(BaseModel):
    """A named component and its parameters."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str

    @property
    def parameters(self) -> dict[str, Any]:
        """What is written beside the name (Any: each component has its own fields)."""
        return dict(self.model_extra or {})


@dataclass(frozen=True)
class Kind:
    """Marks a `Part` field with its registry kind; a mapping without `name` means `default`."""

    name: str
    default: str | None = None

    def read(self, value: Any) -> Any:
        """Spell a bare name out (Any: whatever YAML holds; the model behind it checks)."""
        if isinstance(value, str):
            return {"name": value}
        if isinstance(value, dict) and self.default is not None:
            return {"name": self.default, **value}
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"x-component": self.name}


class Section(BaseModel):
    """A group of keys; unknown ones are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Ask(Section):
    """What is put to the students each turn."""

    policy: Annotated[Part, Kind("question_policy")]
    """Chooses the questions."""
    questions: int = Field(default=40, ge=1)
    """How many a turn."""
    candidates: int = Field(default=240, ge=1)
    """How many questions of the pool are drawn each turn for the policy to choose from."""
    whole_class: bool = False
    """Ask all students of a class what is chosen for the first of them."""
    samples: int = Field(default=1, ge=1, le=1000)
    """How many answers each question gets."""
    temperature: float | None = Field(default=None, ge=0, le=100, allow_inf_nan=False)
    """At which answers are written; null is the students' own, 0 greedy."""
    beams: int = Field(default=0, ge=0, le=1000)
    """Write by a beam search of this width, whose best texts are the answers; 0 is none."""
    sampler: Annotated[Part | None, Kind("students", default="language_model")] = None
    """Who answers in the students' place, so that they learn from another's answers; null are they themselves."""

    @model_validator(mode="after")
    def _different_answers(self) -> "Ask":
        if self.beams and self.samples > self.beams:
            raise ValueError(f"a beam search of width {self.beams} has no {self.samples} texts; raise beams")
        if self.beams and self.temperature is not None:
            raise ValueError("a beam search has no temperature; remove temperature or beams")
        if self.samples > 1 and not self.beams and not self.temperature:
            raise ValueError(f"{self.samples} samples would be equal; set temperature above 0, or beams")
        return self


class Learn(Section):
    """What an update trains on, and how."""

    trainer: Annotated[Part, Kind("trainer")]
    """Changes the students."""
    policy: Annotated[Part, Kind("experience_policy")] = Part(name="mistakes")
    """Chooses the experiences to learn from."""
    every: int = Field(default=1, ge=1)
    """Update after every so many turns."""
    experiences: int | None = Field(default=None, ge=1)
    """The most that an update trains on; null for all that the policy selects."""
    capacity: int | None = Field(default=None, ge=1)
    """The most past experiences that the replay buffer keeps; null for all."""
    unique: bool = False
    """Keep an answer that a question already got, word for word, only once."""


class Evaluate(Section):
    """How learning is measured."""

    every: int = Field(default=2, ge=1)
    """Evaluate after every so many turns, besides before the first and after the last."""
    questions: int = Field(default=600, ge=1)
    """How many held-out questions; the same ones in every study of the environment."""
    samples: int = Field(default=1, ge=1, le=1000)
    """How many answers each of them gets; pass@k is told for every k up to this."""
    temperature: float | None = Field(default=None, ge=0, le=100, allow_inf_nan=False)
    """At which these are written; null is the students' own, 0 greedy."""

    @model_validator(mode="after")
    def _different_answers(self) -> "Evaluate":
        if self.samples > 1 and not self.temperature:
            raise ValueError(f"{self.samples} samples would be equal; set temperature above 0")
        return self


class Compare(Section):
    """What `compare` plays of the file, where its own options do not say otherwise."""

    seeds: int | list[int] = 8
    """How many seeds, or which."""
    vary: dict[str, list[Any] | dict[str, Any]] = {}
    """By dotted key the values that are compared, a list or by their labels; of several keys every combination.

    Keys joined by a comma are set alike.
    """


class Scenario(Section):
    """One study: who learns, where, from whom and how."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    """Names the study's folder."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    """Every random stream of the study derives from it."""
    turns: int = Field(default=20, ge=1, le=1_000_000)
    """How many times the loop runs."""
    threads: int | None = Field(default=None, ge=1, le=1024)
    """CPU threads of the tensor library; null leaves its default, which differs between machines."""
    keep: Literal["newest", "evaluated"] = "newest"
    """Which adapters stay on disk: the newest of each student, or also those of every turn that measured it."""
    environment: Annotated[Part, Kind("environment")]
    """Where questions come from."""
    students: Annotated[Part, Kind("students", default="language_model")]
    """Who learns."""
    teacher: Annotated[Part, Kind("judge")]
    """Who evaluates the answers that are learned from."""
    ask: Ask
    learn: Learn
    evaluate: Evaluate = Evaluate()
    presets: dict[str, dict[str, Any]] = {}
    """Named sets of dotted keys and their values, for `--preset`."""
    compare: Compare = Compare()

    _source: Source = PrivateAttr(default=Source("scenario", None))

    def complaint(self, path: str, what: str) -> str:
        """Return the line that says what is wrong at a dotted path, and where it was written."""
        return f"{self._source.where(path.split('.'))}: {path}: {what}"

    def blamed(self, path: str, error: ScenarioError) -> ScenarioError:
        """Return an error of what the file says at a dotted path, with the place where it says so."""
        return ScenarioError("\n".join(self.complaint(path, line) for line in str(error).splitlines()))

    def resolved(self) -> dict[str, Any]:
        """Return plain JSON values with every default spelled out; reading them back gives an equal study.

        Presets and comparisons are left out: they are other studies of the same file.
        """
        plain = self.model_dump(mode="json", exclude={"presets", "compare"})
        for path, kind in PARTS:
            part = plain
            for key in path[:-1]:
                part = part[key]
            if part[path[-1]] is not None:
                part[path[-1]] = _spelled_out(kind, part[path[-1]])
        return plain


def _parts(model: type[BaseModel], path: KeyPath = ()) -> Iterator[tuple[KeyPath, Kind]]:
    """Yield the place and kind of every component under `model`."""
    for key, described in model.model_fields.items():
        yield from (((*path, key), mark) for mark in described.metadata if isinstance(mark, Kind))
        if isinstance(described.annotation, type) and issubclass(described.annotation, Section):
            yield from _parts(described.annotation, (*path, key))


PARTS: tuple[tuple[KeyPath, Kind], ...] = tuple(_parts(Scenario))


def load_scenario(path: Path, overrides: Sequence[str] = (), preset: str | None = None) -> Scenario:
    """Read a scenario file, apply one of its presets and dotted overrides, and check it.

    Every complaint is a line of the error raised.
    """
    source = read_file(path)
    if not isinstance(source.value, dict):
        found = "empty" if source.value is None else f"a {type(source.value).__name__}"
        raise ScenarioError(f"{path}:1: a scenario is a mapping of keys such as name and turns, this file is {found}")
    for text in [*preset_overrides(source, preset), *overrides]:
        override(source, text)
    return check_source(source)


def preset_overrides(source: Source, preset: str | None) -> list[str]:
    """Return what a preset of the file sets."""
    if preset is None:
        return []
    presets = source.value.get("presets")
    known = presets if isinstance(presets, dict) else {}
    if not isinstance(known.get(preset), dict):
        raise ScenarioError(f"{source.name}: no preset {preset!r}; {nearest(preset, list(map(str, known)))}")
    return [f"{key}={json.dumps(value)}" for key, value in known[preset].items()]


def restore_scenario(resolved: Mapping[str, Any], name: str) -> Scenario:
    """Return the scenario that a study keeps; `name` says in errors which study."""
    return check_source(Source(name, dict(resolved)))


def check_source(source: Source) -> Scenario:
    """Validate a document against the scenario and every component it names."""
    found: list[str] = []
    scenario = None
    try:
        scenario = Scenario.model_validate(source.value)
    except ValidationError as error:
        found += complaints(error, source, Scenario, ())
    for path, kind in PARTS:
        found += _part_complaints(source, path, kind)
    found += [f"{source.where(path)}: {'.'.join(path)}: is not a finite number" for path in finite(source.value)]
    if scenario is not None:
        scenario._source = source
        if scenario.ask.questions > scenario.ask.candidates:
            what = (
                f"{scenario.ask.questions} is more than ask.candidates={scenario.ask.candidates}; raise ask.candidates"
            )
            found.append(scenario.complaint("ask.questions", what))
    if found or scenario is None:
        raise ScenarioError("\n".join(dict.fromkeys(found)))
    return scenario


def _part_complaints(source: Source, path: KeyPath, kind: Kind) -> list[str]:
    """Return what is wrong with one component: its name, its parameters."""
    written = source.value
    for key in path:
        written = written.get(key) if isinstance(written, dict) else None
    spelled = kind.read(written)
    if not isinstance(spelled, dict) or not isinstance(spelled.get("name"), str):
        return []
    name = spelled["name"]
    where = source.where((*path, "name"))
    try:
        component = find(kind.name, name)
        build(kind.name, name, {key: value for key, value in spelled.items() if key != "name"})
    except ScenarioError as error:
        return [f"{where}: {'.'.join(path)}: {' '.join(str(error).split())}"]
    except ValidationError as error:
        return complaints(error, source, component, path)
    return []


def _spelled_out(kind: Kind, part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a component's name with all its parameters."""
    parameters = {key: value for key, value in part.items() if key != "name"}
    built = build(kind.name, part["name"], parameters)
    return {"name": part["name"], **TypeAdapter(type(built)).dump_python(built, mode="json")}
