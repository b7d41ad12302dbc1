"""Names for components: a decorated class is found, listed, checked and built by its name.

    @question_policy("random")
    class Random: ...

A class becomes a frozen pydantic dataclass whose fields are its YAML parameters. The modules of a package are imported
when one of its names is first asked for; only modules directly in the package are, so these import nothing heavy.
"""

import ast
import importlib
import pkgutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from inspect import cleandoc, get_annotations, getsource
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any, TypeVar, dataclass_transform
from zlib import crc32

from pydantic import ConfigDict, PydanticUserError, TypeAdapter
from pydantic.dataclasses import dataclass as pydantic_dataclass
from typing_extensions import get_protocol_members

from simulation.core.errors import ScenarioError, nearest
from simulation.core.outside_classes import undefined, unmade
from simulation.core.paths import kept
from simulation.core.roles import Environment, Judge, SelectionPolicy, Students, Trainer
from simulation.core.strictness import strictly

C = TypeVar("C", bound=type)

PACKAGES: Mapping[str, str] = {
    "environment": "environments",
    "students": "agents.students",
    "judge": "agents.judges",
    "question_policy": "policies.asking",
    "experience_policy": "policies.learning",
    "trainer": "training",
}

ROLES: Mapping[str, type] = {
    "environment": Environment,
    "students": Students,
    "judge": Judge,
    "question_policy": SelectionPolicy,
    "experience_policy": SelectionPolicy,
    "trainer": Trainer,
}
"""The Protocol of each kind, whose members a class from outside is checked for; its name it is given here."""


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

    @property
    def parameters(self) -> dict[str, str]:
        """Each parameter with the text below its field, in the class itself or in one that it extends."""
        names: tuple[str, ...] = tuple(getattr(self.cls, "__pydantic_fields__", {}))
        texts = [texts_below_fields(owner) for owner in self.cls.__mro__ if owner.__module__ != "builtins"]
        return {name: next((text[name] for text in texts if name in text), "") for name in names}


@cache
def texts_below_fields(owner: type) -> dict[str, str]:
    """Return by field the text that stands below it in the source of a class, none where there is no source.

    Read when it is asked for: to read the source of every class at its registration makes each start slower.
    """
    try:
        (definition,) = ast.parse(dedent(getsource(owner))).body
    except (OSError, TypeError):
        return {}
    statements = definition.body if isinstance(definition, ast.ClassDef) else []
    return {
        field.target.id: cleandoc(text.value.value)
        for field, text in pairwise(statements)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }


PARAMETERS = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
"""A component's fields are its YAML parameters; the text below a field describes it in the schema."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
def parameters(cls: C) -> C:
    """Make a class of YAML parameters that several components share, each by extending it."""
    return of_parameters(cls)


NESTED = ConfigDict(extra="forbid", use_attribute_docstrings=True)
"""What stands together under one parameter has fields that the schema describes with it."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
def nested(cls: C) -> C:
    """Make a class of parameters that stand together under one parameter of a component."""
    setattr(cls, "__get_pydantic_core_schema__", classmethod(strictly))  # noqa: B010  # pydantic's own protocol
    return pydantic_dataclass(cls, frozen=True, kw_only=True, config=NESTED)  # type: ignore[return-value]


def of_parameters(cls: C) -> C:
    """Make a class a dataclass that checks its fields as parameters in YAML are checked."""
    setattr(cls, "__get_pydantic_core_schema__", classmethod(strictly))  # noqa: B010  # pydantic's own protocol
    return pydantic_dataclass(cls, frozen=True, kw_only=True, config=PARAMETERS)  # type: ignore[return-value]


_registered: dict[str, dict[str, Component]] = {kind: {} for kind in PACKAGES}
_imported: set[str] = set()


def _register(kind: str, name: str) -> Callable[[C], C]:
    def decorate(cls: C) -> C:
        namesake = _registered[kind].get(name)
        if namesake is not None and namesake.cls.__qualname__ != cls.__qualname__:
            raise ScenarioError(
                f"two classes are registered as {kind} {name!r}: {namesake.cls.__module__} and {cls.__module__}"
            )
        component_class = of_parameters(cls)
        setattr(component_class, "name", name)  # noqa: B010  # the role's name is its registered one
        _registered[kind][name] = Component(kind, name, component_class)
        return component_class

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
        for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
            if not module.ispkg and not module.name.startswith("_"):
                importlib.import_module(f"{package_name}.{module.name}")
        _imported.add(package_name)
    return dict(sorted(_registered[kind].items()))


def kinds_of(name: str) -> list[str]:
    """Return the kinds of which a component is called `name`."""
    return [kind for kind in PACKAGES if name in components(kind)]


def find(kind: str, name: str) -> type:
    """Return the class called `name`, or the class at "module:Class"; unknown names are refused with the nearest."""
    if ":" in name:
        return _as_component(kind, imported(kind, name), short_name(name))
    registered = components(kind)
    if name not in registered:
        others = " and ".join(other.replace("_", " ") for other in kinds_of(name))
        hint = f"it is the name of another kind, {others}; " if others else ""
        raise ScenarioError(f"unknown {kind.replace('_', ' ')} {name!r}; {hint}{nearest(name, registered)}")
    return registered[name].cls


def short_name(name: str) -> str:
    """Return a component's name as people write it: of a file's class "module:Class"."""
    return name.rpartition("/")[2].replace(".py:", ":") if ":" in name else name


def beside(folder: Path, name: str) -> str:
    """Return "module:Class" with the file of the module where that lies in a folder; a dotted module is a package's."""
    module_name, colon, class_name = name.rpartition(":")
    file = folder / (module_name if module_name.endswith(".py") else f"{module_name}.py")
    is_alone = module_name.endswith(".py") or "." not in module_name
    return f"{kept(file)}:{class_name}" if colon and is_alone and file.is_file() else name


def imported(kind: str, name: str) -> Any:
    """Return what "module:Class" or "folder/module.py:Class" names (Any: whatever is there)."""
    module_name, _, class_name = name.rpartition(":")
    refused = f"{kind.replace('_', ' ')} {name!r} cannot be imported: "
    try:
        is_file = module_name.endswith(".py")
        module = module_at(Path(module_name)) if is_file else importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        what = f"its module imports {error.name!r}, which is not there; install it"
        if error.name in (module_name.partition(".")[0], module_name):
            what = f"no module {error.name!r} lies beside the scenario file or on PYTHONPATH; put {error.name}.py there"
        raise ScenarioError(refused + what) from error
    except (ImportError, ValueError, OSError) as error:
        raise ScenarioError(f"{refused}{error}; write module:Class") from error
    except Exception as error:  # a module from outside may do anything when it is imported
        what = f"{type(error).__name__}: {' '.join(str(error).split()):.300}"
        raise ScenarioError(f"{refused}its module raises {what}; correct it") from error
    try:
        return getattr(module, class_name)
    except AttributeError as error:
        own = [key for key, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
        hint = nearest(class_name, own) if own else "it has none, so write one"
        raise ScenarioError(f"{refused}its module has no class {class_name!r}; {hint}") from error


@cache
def module_at(path: Path) -> ModuleType:
    """Import a file that lies on no path of ours; its neighbours are found too, after all other modules."""
    name = f"outside.{path.stem}_{crc32(str(path).encode()):08x}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no module of Python")
    module = module_from_spec(spec)
    sys.modules[name] = module
    neighbours = str(path.resolve().parent)
    if neighbours not in sys.path:
        sys.path.append(neighbours)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _as_component(kind: str, outside_class: Any, name: str) -> type:
    """Give a class from outside the registry the same treatment as a registered one."""
    if not isinstance(outside_class, type):
        raise ScenarioError(f"{name!r} is not a class but {type(outside_class).__name__}; write module:Class")
    members = sorted(get_protocol_members(ROLES[kind]) - {"name"})
    fields = {field for owner in outside_class.__mro__ for field in get_annotations(owner)}
    lacking = [member for member in members if getattr(outside_class, member, None) is None and member not in fields]
    if lacking:
        raise ScenarioError(f"{name!r} cannot be used as {kind.replace('_', ' ')}: it has no {', '.join(lacking)}")
    if refusal := unmade(outside_class):
        raise ScenarioError(f"{name!r} {refusal}")
    if "__pydantic_fields__" not in outside_class.__dict__:  # a class that extends one of ours is not made yet
        try:
            outside_class = of_parameters(outside_class)
        except (TypeError, PydanticUserError) as error:
            raise ScenarioError(f"the fields of {name!r} cannot be read from YAML: {error}") from error
        outside_class.name = name
    if missing := undefined(outside_class):
        raise ScenarioError(f"the fields of {name!r} cannot be read from YAML: {missing}; import it in its module")
    component: type = outside_class
    return component


def build(kind: str, name: str, parameters: Mapping[str, Any]) -> Any:
    """Build a component; raises pydantic's ValidationError where a parameter is wrong (Any: each kind has its role)."""
    return TypeAdapter(find(kind, name)).validate_python(dict(parameters))
