"""Whether all is there that a scenario names, said before anything is loaded, by looking at files alone."""

import sys
from collections.abc import Container, Mapping
from importlib.util import find_spec

from simulation.core.errors import ScenarioError, SimulationError
from simulation.core.optional_roles import Checkable, Elsewhere, Frozen, SelfTaught
from simulation.core.trainer_roles import ByGradient
from simulation.scenario.giveaways import giveaways
from simulation.scenario.prepare import Prepared, make, prepare, seated
from simulation.scenario.scenario import PARTS, Scenario


def check_models(prepared: Prepared, unseen: Container[str] = ()) -> None:
    """Refuse models that are not there, by looking at files only; the parts at some dotted paths are passed over."""
    parts = {
        "students": prepared.students,
        "ask.sampler": prepared.sampler,
        "teacher": prepared.teacher,
        "environment": prepared.exact_judge,
        "learn.trainer": prepared.settings.trainer,
        "evaluate.scorer": prepared.settings.scorer,
    }
    here = {path: part for path, part in parts.items() if path not in unseen}
    wrong = [*complaints_of(prepared.scenario, here), *beyond_frozen(prepared), *untracked(prepared.scenario)]
    wrong += giveaways(prepared.scenario, prepared.measured)
    wrong = wrong or unprompted(prepared, unseen)
    if wrong:
        raise ScenarioError("\n".join(wrong))


def complaints_of(scenario: Scenario, parts: Mapping[str, object]) -> list[str]:
    """Return what components at their dotted paths say that they lack."""
    wrong = []
    for path, part in parts.items():
        try:
            if isinstance(part, Checkable):
                part.check()
        except SimulationError as error:
            wrong.append(scenario.complaint(path, str(error)))
    return wrong


def unprompted(prepared: Prepared, unseen: Container[str] = ()) -> list[str]:
    """Say why a student, or who answers in its place, cannot be asked in the way that the scenario says."""
    wrong = []
    askers = {"students": prepared.students, "ask.sampler": prepared.sampler}
    for path, students in ((path, asker) for path, asker in askers.items() if asker is not None and path not in unseen):
        try:
            for seat in prepared.seats:
                seated(prepared, students, seat)
        except SimulationError as error:
            wrong.append(prepared.scenario.complaint(path, str(error)))
    return wrong


def untracked(scenario: Scenario) -> list[str]:
    """Say which experiment trackers are not installed."""
    lacking = [name for name in scenario.track if find_spec(name) is None]
    return [
        scenario.complaint("track", f"{name} is not installed; write: {sys.executable} -m pip install {name}")
        for name in lacking
    ]


def parts_of(scenario: Scenario) -> dict[str, object]:
    """Build every component that a scenario names, by its dotted path."""
    named = {".".join(path): (kind, scenario.part(path)) for path, kind in PARTS}
    return {path: make(part, kind.name) for path, (kind, part) in named.items() if part is not None}


def elsewhere(scenario: Scenario) -> dict[str, list[str]]:
    """Return what lies on no disk here, by the dotted path of the component that names it."""
    lying = {path: [*part.elsewhere()] for path, part in parts_of(scenario).items() if isinstance(part, Elsewhere)}
    return {path: names for path, names in lying.items() if names}


def check_here(scenario: Scenario, unseen: Container[str]) -> Prepared | None:
    """Refuse what is wrong with all that lies here; return the prepared, or None where its questions lie elsewhere."""
    if "environment" not in unseen:
        prepared = prepare(scenario)
        check_models(prepared, unseen)
        return prepared
    here = {path: part for path, part in parts_of(scenario).items() if path not in unseen}
    if wrong := complaints_of(scenario, here):
        raise ScenarioError("\n".join(wrong))
    return None


def beyond_frozen(prepared: Prepared) -> list[str]:
    """Say what a scenario asks of a model behind an API that it cannot do."""
    wrong = untrainable(prepared)
    if isinstance(prepared.students, Frozen):
        named = prepared.students.frozen
        if prepared.settings.ask.needs & {"predictions", "committee"}:
            reason = f"{named} tells no probability of options, as this policy needs; set random"
            wrong.append(("ask.policy", reason))
    writer = prepared.sampler or prepared.students
    if isinstance(writer, Frozen):
        named = writer.frozen
        if "logprobs" in prepared.settings.learn.needs and not writer.logprobs:
            policy = prepared.scenario.learn.policy.name
            reason = (
                f"{policy} needs to know how probable answers were, and {named} is not asked; set logprobs: true there"
            )
            wrong.append(("learn.policy", reason))
        if prepared.scenario.ask.beams:
            reason = f"{named} has no beam search; set ask.samples and ask.temperature instead"
            wrong.append(("ask.beams", reason))
    return [prepared.scenario.complaint(path, reason) for path, reason in wrong]


def untrainable(prepared: Prepared) -> list[tuple[str, str]]:
    """Say by path where a scenario names a trainer that its students' model cannot learn by."""
    trainer, students = prepared.settings.trainer, prepared.students
    if not (isinstance(trainer, ByGradient) and trainer.by_gradient):
        return []
    if isinstance(students, Frozen):
        return [("learn.trainer", f"{students.frozen} cannot be trained; set none, or make it ask.sampler of others")]
    if isinstance(students, SelfTaught):
        rule = students.trainer().name
        reason = f"{trainer.name} trains by gradients, but these students learn by a rule of their own, {rule}"
        return [("learn.trainer", f"{reason}; set null for it, or none")]
    return []
