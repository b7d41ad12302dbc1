"""Holds components to their contracts: one that is named on the command line, or those of a scenario."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import ValidationError
from typing_extensions import get_protocol_members

from simulation.commands.terminal import known_scenario
from simulation.contracts.boundary import calling
from simulation.contracts.environment import guarded_splits
from simulation.contracts.judge import check_judge
from simulation.contracts.policies import check_policy
from simulation.contracts.rules import Build
from simulation.contracts.students import check_students
from simulation.contracts.trainer import check_trainer
from simulation.contracts.worlds import check_environment, spread
from simulation.core.errors import ContractError, ScenarioError, SimulationError
from simulation.core.faults import faults
from simulation.core.optional_roles import Executing, Triable
from simulation.core.registry import ROLES, beside, build, components, find, imported, kinds_of, short_name
from simulation.core.types import Experience, Question
from simulation.scenario.document import Document
from simulation.scenario.reading import override
from simulation.scenario.scenario import PARTS

if TYPE_CHECKING:
    from simulation.scenario.prepare import Prepared

TRIED_ON = 5
"""Questions of a scenario's environment that its judges and students are tried on."""


def is_component(target: str, kind: str | None) -> bool:
    """Tell whether a word of the command line names a component, not a scenario."""
    scenario = known_scenario(Path(target))
    if kind is not None:
        if scenario is not None and target not in components(kind):
            raise ScenarioError(f"--kind {kind}: {target:.80} is a scenario, of which there are no kinds; leave it out")
        return True
    if scenario is not None:
        return False
    return (":" in target and target.rpartition(":")[2].isidentifier()) or bool(kinds_of(target))


def check_component(target: str, kind: str | None, settings: Sequence[str], environment: str | None = None) -> str:
    """Return what is to be said of a good component; every complaint is a line of the error raised.

    It is tried on questions of an environment where one is named, else on scripted ones.
    """
    name = beside(Path(), target)
    try:
        kind = kind or kind_of(name)
        make = partial(made, kind, name, parameters_of(settings))
        shown = str(getattr(type(make()), "name", target))
    except SimulationError as error:
        raise type(error)(str(error).replace(name, target)) from error
    asked = None if environment is None or kind == "environment" else questions_of(environment)
    if complaints := complaints_of(kind, shown, make, asked):
        raise ContractError("\n".join(complaints))
    return f"{target}: {'' if kind == 'students' else 'a '}good {kind.replace('_', ' ')}"


def questions_of(environment: str) -> list[Question]:
    """Return a few questions of the environment of a name."""
    name = beside(Path(), environment)
    component = made("environment", name, {})
    pool = guarded_splits(short_name(name), component, 0).pool
    return spread(pool, TRIED_ON)[:TRIED_ON]


def parameters_of(settings: Sequence[str]) -> dict[str, Any]:
    """Return a component's parameters from KEY=VALUE (Any: each has its own)."""
    document = Document("parameters", {})
    for setting in settings:
        override(document, setting)
    return dict(document.value)


def made(kind: str, name: str, parameters: Mapping[str, Any]) -> Any:
    """Build a component (Any: each kind has its role); raises ScenarioError where a parameter is missing or wrong."""
    with calling(kind, name):
        component_class = find(kind, name)
        try:
            return build(kind, name, parameters)
        except ValidationError as error:
            of = f"{kind.replace('_', ' ')} {name!r}: "
            lines = []
            for fault in faults(error, component_class):
                what = f"has no default; write {fault.lacking}=VALUE" if fault.lacking else fault.what
                key = ".".join(filter(None, (*fault.path, fault.lacking)))
                lines.append(f"{of}{f'the parameter {key}: ' if key else ''}{' '.join(what.split())}")
            raise ScenarioError("\n".join(lines)) from error


def kind_of(name: str) -> str:
    """Return the kind of a component, of one from outside by the members that it has."""
    if named_kinds := kinds_of(name):
        return only_kind(name, named_kinds)
    outside = imported("component", name)
    for kind in ROLES:
        if any(component.cls is outside for component in components(kind).values()):
            return kind
    if not isinstance(outside, type):
        raise ScenarioError(f"{name!r} is not a class but {type(outside).__name__}; write module:Class")
    owned = {
        member for owner in outside.__mro__[:-1] for member in (*vars(owner), *vars(owner).get("__annotations__", {}))
    }
    lacking = {kind: sorted(get_protocol_members(role) - {"name"} - owned) for kind, role in ROLES.items()}
    kinds = [kind for kind, members in lacking.items() if not members]
    if kinds == ["question_policy", "experience_policy"]:
        kinds = policy_kinds(outside) or kinds
    if not kinds:
        nearest = min(lacking, key=lambda kind: len(lacking[kind]) / len(get_protocol_members(ROLES[kind])))
        what = f"it has the members of no role; for {nearest.replace('_', ' ')} it lacks {', '.join(lacking[nearest])}"
        raise ScenarioError(f"{name!r} is no component: {what}")
    return only_kind(name, kinds)


def only_kind(name: str, kinds: Sequence[str]) -> str:
    """Return the one kind; raises ScenarioError where there are several."""
    if len(kinds) > 1:
        raise ScenarioError(f"{name!r} may be {' or '.join(kinds)}; say which by --kind")
    return kinds[0]


def policy_kinds(outside: Any) -> list[str]:
    """Return the kind of a policy by what its `select` chooses among, if its annotations say (Any: a class)."""
    try:
        hints = [repr(hint) for hint in get_type_hints(outside.select).values()]
    except (NameError, TypeError, AttributeError):
        return []
    kinds = {"question_policy": Question, "experience_policy": Experience}
    return [
        kind
        for kind, item in kinds.items()
        if any(f"Sequence[{item.__module__}.{item.__name__}]" in hint for hint in hints)
    ]


def complaints_of(kind: str, name: str, make: Build, asked: Sequence[Question] | None = None) -> list[str]:
    """Return what a component breaks of its contract; it is a quick look where a scenario's questions are `asked`."""
    quick = asked is not None
    if kind == "environment":
        return check_environment(name, make, whole=not quick)
    if kind == "students":
        return check_students(name, make, asked)
    if kind == "judge":
        return check_judge(name, make, asked)
    if kind == "trainer":
        return check_trainer(name, make, dear=not quick)
    return check_policy(kind, name, make, asked, dear=not quick)


def scenario_complaints(prepared: "Prepared") -> Iterator[str]:
    """Yield a line for each thing that a scenario's components break of their contracts; no model is loaded."""
    scenario = prepared.scenario
    asked = spread(prepared.pool, TRIED_ON)[:TRIED_ON]
    for path, kind in PARTS:
        part = scenario.part(path)
        if part is None or (kind.name == "environment" and ":" not in part.name):
            continue  # our own environments are held to theirs by the tests, which takes longer than a check may
        make = partial(made, kind.name, part.name, part.parameters)
        component = make()
        if kind.name == "judge" and rests_on_more(component):
            continue
        name = getattr(type(component), "name", part.name)
        for complaint in complaints_of(kind.name, name, make, asked):
            yield scenario.complaint(".".join(path), complaint)
    if not rests_on_more(prepared.exact_judge):
        name = prepared.exact_judge.name
        for complaint in check_judge(name, lambda: prepared.exact_judge, asked):
            yield scenario.complaint("environment", complaint)


def rests_on_more(component: object) -> bool:
    """Tell whether a judge, or one that it rests on, loads a model or runs programs, which a check does not."""
    if isinstance(component, Executing | Triable):
        return True
    return is_dataclass(component) and any(
        rests_on_more(getattr(component, field.name, None)) for field in fields(component)
    )
