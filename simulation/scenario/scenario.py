"""What a scenario says, checked: a study's whole description as plain values and named components.

Components are looked up, never built, by reading a scenario.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, TypeAdapter, ValidationError, field_validator

from simulation.contracts.boundary import raised
from simulation.core.allowed import InWords, fields_of, shown
from simulation.core.errors import ScenarioError, nearest
from simulation.core.registry import build, components, find, short_name
from simulation.scenario.base import on_base
from simulation.scenario.complaints import complaints, key_paths, to_compare
from simulation.scenario.document import Document, KeyPath, finite
from simulation.scenario.keys import Ask, Compare, ComponentSpec, Evaluate, Keys, Learn, OfKind, component_keys
from simulation.scenario.locating import locate
from simulation.scenario.moved import moved, moved_back
from simulation.scenario.reading import override, read_file

NAME = InWords("1 to 64 letters, digits, dots, hyphens and underscores, a letter or digit first", "my_study")


class Scenario(Keys):
    """One study: who learns, where, from whom and how."""

    name: Annotated[str, NAME] = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    """Names the study's folder."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    """Every random stream of the study derives from it."""
    turns: int = Field(default=20, ge=1, le=1_000_000)
    """How many times the loop runs."""
    threads: int | None = Field(default=None, ge=1, le=1024)
    """CPU threads of the tensor library; null leaves its default, which differs between machines."""
    keep: Literal["newest", "evaluated"] = "newest"
    """Which adapters stay on disk: the newest of each student, or also those of every turn that measured it."""
    track: list[Literal["tensorboard", "wandb", "mlflow", "trackio"]] = Field(
        default_factory=list, exclude_if=lambda track: not track
    )
    """Experiment trackers that are told of every turn after it was committed; none can stop or change a study."""
    environment: Annotated[ComponentSpec, OfKind("environment")]
    """Where questions come from."""
    students: Annotated[ComponentSpec, OfKind("students", default="language_model")]
    """Who learns."""
    teacher: Annotated[ComponentSpec, OfKind("judge")]
    """Who evaluates the answers that are learned from."""
    ask: Ask
    learn: Learn = Learn()
    evaluate: Evaluate = Evaluate()
    base: str | None = Field(default=None, exclude=True)
    """Another scenario file, relative to this one, that says what this one does not."""
    presets: dict[str, dict[str, Any]] = Field(default_factory=dict, examples=[{"short": {"turns": 5}}])
    """Named sets of dotted keys and their values, for `--preset`."""
    compare: Compare = Compare()

    _document: Document = PrivateAttr(default=Document("scenario", None))
    _kept: Mapping[str, Any] = PrivateAttr(default_factory=dict)

    @field_validator("track")
    @classmethod
    def _different_trackers(cls, track: list[str]) -> list[str]:
        if twice := sorted({name for name in track if track.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)} stands more than once; write it once")
        return track

    @property
    def document(self) -> Document:
        """What was read."""
        return self._document

    def part(self, path: KeyPath) -> ComponentSpec | None:
        """Return the component at a key path of `PARTS`."""
        value: Any = self
        for key in path:
            value = getattr(value, key)
        return None if value is None else ComponentSpec.model_validate(value)

    def complaint(self, path: str, what: str) -> str:
        """Return the line that says what is wrong at a dotted path, and where it was written."""
        return f"{self._document.blamed(path.split('.'), what)}: {path}: {what}"

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

    def recorded(self) -> dict[str, Any]:
        """Return the same with the places of files as they were first written down, wherever they are now."""
        words: dict[str, Any] = moved_back(self.resolved(), self._kept, self._document.value if self._kept else {})
        return words


MOST_CANDIDATES = 240
"""Questions from which a policy chooses where a scenario says nothing and there are enough."""
PRESET = "preset"
"""In place of a dotted key: the name of a preset, of which all keys are set."""
PARTS: tuple[tuple[KeyPath, OfKind], ...] = tuple(component_keys(Scenario))


def load_scenario(
    path: Path, overrides: Sequence[str] = (), preset: str | None = None, own: Sequence[str] = ()
) -> Scenario:
    """Read a scenario file, apply one of its presets, dotted overrides and `own`, those that the file itself varies.

    Among overrides `preset=NAME` applies a preset, so that whole presets can be compared; what else is overridden wins
    over it, where what the preset names takes it: `students.codes` is not for the students of a preset that only count,
    but for the file's. Every complaint is a line of the error raised.
    """
    document = read_file(path)
    document = on_base(document, [at for at, _ in PARTS])
    names = [preset, *filter(None, map(preset_of, (*overrides, *own)))]
    settings = [text for text in overrides if preset_of(text) is None]
    of_file = [text for text in settings if any(names) and takes(document, text)]
    for text in of_file:
        override(document, text)
    for name in names:
        apply_preset(document, name)
    for text in settings:
        if text not in of_file or takes(document, text):
            override(document, text)
    for text in own:
        if preset_of(text) is None:
            override(document, text, document.folder_of(("compare",)))
    locate(document, [(at, kind.name, kind.default) for at, kind in PARTS])
    return checked(document)


def takes(document: Document, text: str) -> bool:
    """Say whether the component below which an override lies takes it; False where it lies below none."""
    path = tuple(part.strip() for part in text.partition("=")[0].split("."))
    for at, kind in PARTS:
        spelled = kind.read(document.at(at))
        if path[: len(at)] == at and len(path) > len(at) and isinstance(spelled, dict):
            try:
                return path[len(at)] in fields_of(find(kind.name, str(spelled.get("name"))))
            except ScenarioError:
                return False
    return False


def preset_of(text: str) -> str | None:
    """Return the preset that an override names, None where it sets a key."""
    key, equals, value = text.partition("=")
    return value.strip().strip("\"'") if equals and key.strip() == PRESET else None


def apply_preset(document: Document, preset: str | None) -> None:
    """Set what a preset of the file sets."""
    for text in preset_overrides(document, preset):
        override(document, text, document.folder_of(("presets",)))


def preset_overrides(document: Document, preset: str | None) -> list[str]:
    """Return what a preset of the file sets."""
    if preset is None:
        return []
    written = document.value.get("presets")
    presets = written if isinstance(written, dict) else {}
    if not isinstance(presets.get(preset), dict):
        hint = nearest(preset, list(map(str, presets))) if presets else "the file has none, so name none"
        raise ScenarioError(f"{document.name}: no preset {preset!r}; {hint}")
    return [f"{key}={json.dumps(value)}" for key, value in presets[preset].items()]


def restore_scenario(resolved: Mapping[str, Any], folder: Path) -> Scenario:
    """Return the scenario that a study keeps in a folder, with its files where they are now."""
    scenario = checked(Document(str(folder), relocated(resolved, folder)))
    scenario._kept = resolved
    return scenario


def relocated(resolved: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return what a study keeps in a folder, with its files where they are now (Any: JSON values)."""
    return moved(resolved, folder, {path: kind.name for path, kind in PARTS})


def checked(document: Document) -> Scenario:
    """Validate a document against the scenario and every component it names."""
    wrong: list[str] = []
    scenario = None
    try:
        scenario = Scenario.model_validate(document.value)
    except ValidationError as error:
        wrong += complaints(error, document, Scenario, (), lambda: known_paths(document))
    for path, kind in PARTS:
        wrong += _part_complaints(document, path, kind)
    wrong += [
        f"{document.where(path)}: {'.'.join(path)}: {shown(document.at(path))} is no finite number; write another"
        for path in finite(document.value)
        if not any(f": {'.'.join(path)}: " in line for line in wrong)
    ]
    if scenario is not None:
        scenario._document = document
        candidates = scenario.ask.candidates or MOST_CANDIDATES
        if scenario.ask.questions is not None and scenario.ask.questions > candidates:
            what = f"{scenario.ask.questions} is more than ask.candidates={candidates}; raise ask.candidates"
            wrong.append(scenario.complaint("ask.questions", what))
    if wrong or scenario is None:
        raise ScenarioError("\n".join(dict.fromkeys(wrong)))
    return scenario


def _part_complaints(document: Document, path: KeyPath, kind: OfKind) -> list[str]:
    """Return what is wrong with one component: its name, its parameters."""
    spelled = kind.read(document.at(path))
    if not isinstance(spelled, dict) or not isinstance(spelled.get("name"), str):
        return []
    name = spelled["name"]
    where = document.where((*path, "name"))
    try:
        component = find(kind.name, name)
        build(kind.name, name, {key: value for key, value in spelled.items() if key != "name"})
    except ScenarioError as error:
        what = " ".join(str(error).split())
        if kind.default is not None and ":" not in name:
            what = what.replace("; ", f"; if it is a model, write {{model: {name}}}; ", 1)
        if len([one for one in name.split(",") if one.strip()]) > 1 and ":" not in name:
            what = f"there is no {kind.name.replace('_', ' ')} {name!r}; {to_compare('.'.join(path), [name])}"
        return [f"{where}: {'.'.join(path)}: {what}"]
    except ValidationError as error:
        return complaints(error, document, component, path, lambda: known_paths(document, kind))
    except Exception as error:  # noqa: BLE001  # a class from outside may do anything when it is made
        return [f"{where}: {'.'.join(path)}: {raised(kind.name, short_name(name), error)}"]
    return []


def known_paths(document: Document, kind: OfKind | None = None) -> list[tuple[str, KeyPath]]:
    """Return every key that this scenario may hold by its path, and those of other components of a kind."""
    paths = [("", path) for path in key_paths(Scenario)]
    for at, part_kind in PARTS:
        spelled = part_kind.read(document.at(at))
        name = str(spelled.get("name")) if isinstance(spelled, dict) else ""
        if name in components(part_kind.name):
            paths += [("", (*at, *below)) for below in key_paths(find(part_kind.name, name))]
    others = components(kind.name).items() if kind else ()
    return paths + [(name, below) for name, component in others for below in key_paths(component.cls)]


def _spelled_out(kind: OfKind, part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a component's name with all its parameters."""
    parameters = {key: value for key, value in part.items() if key != "name"}
    built = build(kind.name, part["name"], parameters)
    return {"name": part["name"], **TypeAdapter(type(built)).dump_python(built, mode="json")}
