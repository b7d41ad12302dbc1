"""A study fits its environment where its scenario says no sizes, and asks for no more than there is where it does."""

from pathlib import Path

import pytest

from simulation.core.errors import ScenarioError
from simulation.scenario.entries import read_lineup
from simulation.scenario.prepare import Prepared, prepare
from simulation.scenario.scenario import load_scenario
from simulation.scenario.seating import seat_world

OWN = """\
# Questions of one's own, of a file beside.
name: own
turns: 2
environment: {name: questions, rows: own.csv}
students: "tests.support.scripted:ScriptedStudents"
teacher: answer_key
ask: {policy: random}
learn: {trainer: none}
"""


def own(folder: Path, count: int, *overrides: str) -> Prepared:
    rows = "\n".join(f"{number}+1?,{number + 1},{number},a" for number in range(count))
    (folder / "own.csv").write_text(f"question,a,b,correct\n{rows}\n", encoding="utf-8")
    (folder / "own.yaml").write_text(OWN, encoding="utf-8")
    return prepare(load_scenario(folder / "own.yaml", overrides))


@pytest.mark.parametrize(
    ("count", "asked", "pool", "evaluated"),
    [(3, 1, 2, 1), (40, 15, 30, 10), (400, 40, 300, 100), (4000, 40, 3000, 600)],
)
def test_sizes_that_nobody_said_fit_the_file(count: int, asked: int, pool: int, evaluated: int, tmp_path: Path) -> None:
    prepared = own(tmp_path, count)
    assert (prepared.settings.questions, len(prepared.pool), len(prepared.held_out)) == (asked, pool, evaluated)
    assert prepared.settings.candidates == 240


def test_only_a_policy_that_measures_on_a_probe_set_takes_one(tmp_path: Path) -> None:
    plain, probing = own(tmp_path, 40), own(tmp_path, 40, "ask.policy=category")
    assert (len(plain.pool), len(probing.pool), len(probing.probe)) == (30, 24, 6)
    assert "probe" not in plain.sets and probing.sets["probe"] == probing.probe
    assert not {question.id for question in probing.probe} & {question.id for question in probing.pool}
    assert {question.id for question in plain.pool} == {q.id for q in (*probing.pool, *probing.probe)}


def test_side_by_side_each_student_has_the_pool_that_it_has_alone(tmp_path: Path) -> None:
    own(tmp_path, 40)
    vary = ["ask.policy=random,category"]
    prepared = read_lineup([tmp_path / "own.yaml"], vary, (), (0,)).prepared()
    world = seat_world(prepared, prepared[0].students.learner([seat for part in prepared for seat in part.seats]))
    assert len(world.probe) == 6
    assert sorted(len(student.pool) for student in world.students) == [24] * (len(world.students) // 2) + [30] * (
        len(world.students) // 2
    )


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("ask.questions=31", "ask.questions: 31, but the pool of 'questions' holds 30; lower it"),
        ("ask.candidates=31", "ask.candidates: 31, but the pool of 'questions' holds 30; lower it"),
        ("evaluate.questions=11", "evaluate.questions: 11, but 'questions' holds out 10; lower it"),
        ("ask.questions=241", "ask.questions: 241 is more than ask.candidates=240; raise ask.candidates"),
    ],
)
def test_more_than_there_is_is_refused(override: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        own(tmp_path, 40, override)
    assert str(caught.value).endswith(message)


def test_what_is_kept_of_a_study_without_sizes_gives_an_equal_study(tmp_path: Path) -> None:
    from simulation.scenario.scenario import restore_scenario

    scenario = own(tmp_path, 40).scenario
    again = prepare(restore_scenario(scenario.resolved(), Path("kept")))
    assert again.settings.questions == 15 and again.scenario.resolved() == scenario.resolved()
