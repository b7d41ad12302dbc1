"""Names for components: a decorated class is found, listed, checked and built by its name.

    @question_policy("random")
    class Random: ...

A class becomes a frozen pydantic dataclass whose fields are its YAML parameters. The modules of a package are imported
when one of its names is first asked for; only modules directly in the package are, so these import nothing heavy.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, dataclass_transform

from pydantic import ConfigDict, PydanticUserError, TypeAdapter
from pydantic.dataclasses import dataclass as pydantic_dataclass

from simulation.core.errors import ScenarioError, nearest

C = TypeVar("C", bound=type)

PACKAGES: Mapping[str, str] = {
    "environment": "environments",
    "students": "agents.students",
    "judge": "agents.judges",
    "question_policy": "policies.asking",
    "experience_policy": "policies.learning",
    "trainer": "training",
}

ROLES: Mapping[str, tuple[str, ...]] = {
    "environment": ("exact_judge", "reset", "pool", "probe", "held_out", "notices", "step"),
    "students": ("answerer", "learner", "fingerprint"),
    "judge": ("judge",),
    "question_policy": ("needs", "select"),
    "experience_policy": ("needs", "select"),
    "trainer": ("update",),
}
"""What each kind's role must have, which a class from outside is checked for."""


@dataclass(frozen=True, slots=True)
class Component:
    """A registered class; its first docstring line is its description."""

    kind: str
    name: str
    cls: type

    @property
    def description(self) -> str:
        """The first line of the class's docstring."""
        return (self.cls.__doc__ or "").strip().split("\n")[0]


_registered: dict[str, dict[str, Component]] = {kind: {} for kind in PACKAGES}
_imported: set[str] = set()


def _register(kind: str, name: str) -> Callable[[C], C]:
    def decorate(cls: C) -> C:
        known = _registered[kind].get(name)
        if known is not None and known.cls.__qualname__ != cls.__qualname__:
            raise ScenarioError(
                f"two classes are registered as {kind} {name!r}: {known.cls.__module__} and {cls.__module__}"
            )
        made = pydantic_dataclass(
            cls, frozen=True, kw_only=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True)
        )
        setattr(made, "name", name)  # noqa: B010  # the role's name is its registered one
        _registered[kind][name] = Component(kind, name, made)
        return made  # type: ignore[return-value]  # pydantic returns the same class, decorated

    return decorate


@dataclass_transform(frozen_default=True, kw_only_default=True)
def environment(name: str) -> Callable[[C], C]:
    """Register an `Environment`."""
    return _register("environment", name)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def students(name: str) -> Callable[[C], C]:
    """Register a `Students`."""
    return _register("students", name)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def judge(name: str) -> Callable[[C], C]:
    """Register a `Judge`."""
    return _register("judge", name)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def question_policy(name: str) -> Callable[[C], C]:
    """Register a `SelectionPolicy[Question]`."""
    return _register("question_policy", name)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def experience_policy(name: str) -> Callable[[C], C]:
    """Register a `SelectionPolicy[Experience]`."""
    return _register("experience_policy", name)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def trainer(name: str) -> Callable[[C], C]:
    """Register a `Trainer`."""
    return _register("trainer", name)


def components(kind: str) -> dict[str, Component]:
    """Return every component of `kind` by name, importing its package's modules the first time."""
    package_name = PACKAGES[kind]
    if package_name not in _imported:
        package = importlib.import_module(package_name)
        for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda found: found.name):
            if not module.ispkg and not module.name.startswith("_"):
                importlib.import_module(f"{package_name}.{module.name}")
        _imported.add(package_name)
    return dict(sorted(_registered[kind].items()))


def find(kind: str, name: str) -> type:
    """Return the class called `name`, or the class at "module:Class"; unknown names are refused with the nearest."""
    if ":" in name:
        module_name, _, class_name = name.partition(":")
        try:
            found = getattr(importlib.import_module(module_name), class_name)
        except (ImportError, AttributeError, ValueError) as error:
            raise ScenarioError(f"{kind} {name!r} cannot be imported: {error}; write module:Class") from error
        return _as_component(kind, found, name)
    known = components(kind)
    if name not in known:
        raise ScenarioError(f"unknown {kind.replace('_', ' ')} {name!r}; {nearest(name, known)}")
    return known[name].cls


def _as_component(kind: str, found: Any, name: str) -> type:
    """Give a class from outside the registry the same treatment as a registered one."""
    if not isinstance(found, type):
        raise ScenarioError(f"{name!r} is not a class but {type(found).__name__}; write module:Class")
    lacking = [member for member in ROLES[kind] if getattr(found, member, None) is None]
    if lacking:
        raise ScenarioError(f"{name!r} cannot be used as {kind.replace('_', ' ')}: it has no {', '.join(lacking)}")
    if not hasattr(found, "__pydantic_fields__"):
        try:
            found = pydantic_dataclass(found, frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
        except (TypeError, PydanticUserError) as error:
            raise ScenarioError(f"the fields of {name!r} cannot be read from YAML: {error}") from error
        found.name = name
    component: type = found
    return component


def build(kind: str, name: str, parameters: Mapping[str, Any]) -> Any:
    """Build a component; raises pydantic's ValidationError where a parameter is wrong (Any: each kind has its role)."""
    return TypeAdapter(find(kind, name)).validate_python(dict(parameters))
