"""Answering again is refused, with file and line, where a student could make nothing of what it is told."""

from pathlib import Path

import pytest

from simulation.commands.main import main
from simulation.core.errors import ScenarioError
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario
from tests.support.second_tries import SCENARIO

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TWICE = SCENARIO.replace("ask: {policy", "ask: {attempts: 2, policy")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (TWICE.replace("attempts: 2", "attempts: 2, samples: 3, temperature: 1"), "gets 3 answers at once"),
        (TWICE.replace("attempts: 2", "attempts: 2, sampler: demonstrator"), "'demonstrator' answers in the students'"),
        (TWICE.replace('"tests.support.second_tries:ReadingStudents"', "irt_learner"), "simulated and read no words"),
    ],
)
def test_what_has_no_meaning_is_refused_at_its_line(
    written: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "twice.yaml"
    path.write_text(written)
    assert main(["check", str(path)]) != 0
    (line,) = [line for line in "".join(capsys.readouterr()).splitlines() if "ask.attempts" in line]
    assert f"{path}:7: ask.attempts: 2, but " in line and told in line and line.endswith("or attempts to 1")


@pytest.mark.parametrize("name", ["minionerec", "recommender_user"])
def test_lists_are_not_put_again(name: str) -> None:
    settings = ("ask.attempts=2", "ask.samples=1", "ask.sampler=null")
    with pytest.raises(ScenarioError, match=r"ask\.attempts: 2, but '\w+' asks for lists of items"):
        prepare(load_scenario(SCENARIOS / f"{name}.yaml", settings))


@pytest.mark.parametrize("number", ["0", "4", "many"])
def test_a_number_that_no_student_may_have_is_refused(number: str, tmp_path: Path) -> None:
    path = tmp_path / "twice.yaml"
    path.write_text(TWICE.replace("attempts: 2", f"attempts: {number}"))
    with pytest.raises(ScenarioError, match=rf":7: ask\.attempts: .*got '?{number}"):
        load_scenario(path)


def test_a_study_says_that_its_students_answer_again(tmp_path: Path) -> None:
    path = tmp_path / "twice.yaml"
    path.write_text(TWICE)
    assert load_scenario(path).resolved()["ask"]["attempts"] == 2
    assert prepare(load_scenario(path)).settings.attempts == 2
