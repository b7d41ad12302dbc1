"""Questions as students are asked them: small ones of two options, and the students of a scenario with overrides."""

from pathlib import Path

from agents.students.student import Student
from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.roles import Answerer
from simulation.core.types import Question, Seat
from simulation.core.wording import Teaching, Wording
from simulation.scenario.prepare import prepare, seated
from simulation.scenario.readiness import check_models
from simulation.scenario.scenario import load_scenario

SCENARIO = Path(__file__).parents[2] / "scenarios" / "random_selection.yaml"
SEAT = Seat(name="student-0", number=0, seed=5)


def asked(number: int, *, measured: bool = False) -> Question:
    """A question of two options, of which the second is right."""
    return Question(
        id=f"{'held' if measured else 'pool'}-{number}",
        prompt=f"What is {number} + {number}?",
        form=Options(choices=(f"{number}", f"{2 * number}")),
        key=Reference(answer=f"{2 * number}"),
    )


def teaching(wording: Wording | None = None, pool: int = 9, measured: tuple[Question, ...] = ()) -> Teaching:
    return Teaching(seat=SEAT, wording=wording, pool=[asked(number) for number in range(pool)], measured=measured)


def staged(*overrides: str) -> tuple[str, Student]:
    ready = prepare(load_scenario(SCENARIO, [*overrides, "teacher=answer_key"]))
    check_models(ready)
    student: Answerer = seated(ready, ready.students, ready.seats[0])
    assert isinstance(student, Student)
    return ready.manner, student
