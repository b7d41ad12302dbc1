"""Who may answer a question again, and where that has no meaning; said before anything is loaded."""

from collections.abc import Sequence

from simulation.contracts.boundary import named
from simulation.contracts.students import guarded_answerer
from simulation.core.errors import ScenarioError
from simulation.core.questions import Splits
from simulation.core.roles import Students
from simulation.core.types import Seat
from simulation.scenario.scenario import Scenario


def check_attempts(scenario: Scenario, students: Students, seats: Sequence[Seat], splits: Splits) -> None:
    """Refuse to let questions be answered again where a student could make nothing of what it is told."""
    if scenario.ask.attempts == 1:
        return
    reason = unsuited(scenario, students, seats, splits)
    if reason:
        what = f"{scenario.ask.attempts}, but {reason}, or attempts to 1"
        raise ScenarioError(scenario.complaint("ask.attempts", what))


def unsuited(scenario: Scenario, students: Students, seats: Sequence[Seat], splits: Splits) -> str:
    """Say why nobody can answer again here and what to change, or nothing."""
    name = scenario.environment.name
    if scenario.ask.samples > 1:
        return f"each question gets {scenario.ask.samples} answers at once; set ask.samples to 1"
    if scenario.ask.sampler is not None:
        return f"{scenario.ask.sampler.name!r} answers in the students' place; set ask.sampler to null"
    if any(question.form.several for question in (*splits.held_out, splits.pool[0])):
        return f"{name!r} asks for lists of items, which are not put again; set environment to one of answers in words"
    if guarded_answerer(named(students), students, seats[0]).simulated:
        return f"students of {named(students)!r} are simulated and read no words; set students to a language model"
    return ""
