"""The held-out set is answered at several temperatures, each an evaluation of its own, replayed like any other."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulation.core.errors import ScenarioError
from simulation.core.types import Turn
from simulation.loop.world import Sampling, World, at_temperature
from simulation.replay.replay import replay
from simulation.scenario.prepare import make_exams
from simulation.scenario.scenario import load_scenario
from simulation.store import Study
from tests.support.scripted import ScriptedStudents, scripted_world, seats, stepper
from tests.support.sums import ACCURACY

WRITING = ScriptedStudents(mode="generate")
COLD, MAIN, HOT = Sampling(temperature=0.0), Sampling(samples=3, temperature=1.0), Sampling(samples=3, temperature=3.0)
CURVE = {"held_out": MAIN, at_temperature(0.0): COLD, at_temperature(3.0): HOT}


def measured(*exams: Mapping[str, Sampling]) -> World:
    """Students that are each measured in their own way."""
    world = scripted_world(seats(len(exams)), students=WRITING, turns=2)
    students = tuple(
        replace(student, settings=replace(student.settings, exams=own))
        for student, own in zip(world.students, exams, strict=True)
    )
    return replace(world, students=students)


def played(world: World) -> list[Turn]:
    step = stepper(world)
    return [turn for number in range(3) for turn in step(number)]


def evaluate(**settings: Any) -> Any:
    overrides = [f"evaluate.{key}={value}" for key, value in settings.items()]
    return load_scenario(Path("scenarios/btp_code.yaml"), overrides).evaluate


def test_every_temperature_is_an_evaluation_with_its_own_number_of_answers() -> None:
    turn, *_ = played(measured(CURVE))
    counts = {name: (each.questions, len(each.results)) for name, each in turn.evaluations.items()}
    questions = counts["held_out"][0]
    assert counts == {
        "held_out": (questions, 3 * questions),
        "held_out@0": (questions, questions),
        "held_out@3": (questions, 3 * questions),
    }
    assert "pass@3" in turn.evaluations["held_out@3"].metrics
    assert "pass@3" not in turn.evaluations["held_out@0"].metrics


def test_a_student_is_measured_alike_alone_and_beside_one_with_other_temperatures() -> None:
    both = played(measured(CURVE, {"held_out": MAIN}))
    alone = played(measured(CURVE))
    assert [turn for turn in both if turn.student == "student-0"] == alone
    assert all(turn.evaluations.keys() <= {"held_out"} for turn in both if turn.student == "student-1")


def test_what_else_is_measured_changes_nothing_of_the_main_evaluation() -> None:
    for turn, plain in zip(played(measured(CURVE)), played(measured({"held_out": MAIN})), strict=True):
        main = {name: each for name, each in turn.evaluations.items() if name == "held_out"}
        assert replace(turn, evaluations=main) == plain


def test_a_study_with_several_temperatures_is_replayed(disk: Path) -> None:
    with Study.create(disk / "s", scenario={"name": "a"}, seats=seats(2), fingerprint={}, measures=ACCURACY) as study:
        acting = measured(CURVE, {**CURVE, at_temperature(12.5): HOT})
        step = stepper(acting)
        for number in range(3):
            turns = step(number)
            study.append(turns, {turn.student: acting.model.dump(turn.student) for turn in turns}, seconds={})
        study.finish()
        assert "held_out@12.5" in next(iter(study.turns(student="student-1"))).evaluations
        assert replay(study, measured(CURVE, {**CURVE, at_temperature(12.5): HOT})).trace_hash == study.trace_hash


def test_the_main_temperature_is_the_one_nearest_to_1_and_greedy_gets_one_answer() -> None:
    exams = make_exams(evaluate(samples=4, temperature="[0, 0.5, 1.2, 1.43]", top_p=0.9))
    assert list(exams) == ["held_out", "held_out@1.43", "held_out@0.5", "held_out@0"]
    assert [(exam.samples, exam.temperature) for exam in exams.values()] == [(4, 1.2), (4, 1.43), (4, 0.5), (1, 0.0)]
    assert {exam.cut.top_p for exam in exams.values()} == {0.9}
    assert make_exams(evaluate(samples=1, temperature="null")) == {"held_out": Sampling()}


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"temperature": "[0.5, 1, 0.5]"}, "temperature 0.5 stands more than once; write each once"),
        ({"temperature": "[]"}, "evaluate.temperature"),
        ({"temperature": "[1, -1]"}, "evaluate.temperature"),
        ({"temperature": "[0]"}, "5 samples would be equal; set temperature above 0"),
        ({"top_p": 0}, "evaluate.top_p"),
        ({"min_p": 1.5}, "evaluate.min_p"),
        ({"top_k": -1}, "evaluate.top_k"),
    ],
)
def test_a_drawing_that_cannot_be_is_refused_by_its_key(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ScenarioError, match="evaluate") as caught:
        evaluate(**settings)
    assert complaint in str(caught.value)
