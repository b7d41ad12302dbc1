"""The Mesa classroom plays exactly the loop, under Mesa's own clock."""

import gc
import multiprocessing
import subprocess
import sys
import weakref

from simulation.core.types import Turn
from simulation.loop.scheduler import Classroom, EnvironmentAgent, JudgeAgent, PolicyAgent, StudentAgent, TrainerAgent
from tests.support.scripted import ExactJudge, scripted_world, seats, stepper


def played(classroom: Classroom, numbers: range) -> list[tuple[Turn, ...]]:
    return [classroom.play(number) for number in numbers]


def test_the_classroom_plays_what_the_plain_loop_plays() -> None:
    step = stepper(scripted_world(seats(3)))
    assert played(Classroom(scripted_world(seats(3))), range(5)) == [step(number) for number in range(5)]


def test_steps_is_the_turn_number_also_after_a_resume() -> None:
    world = scripted_world(seats(1))
    classroom = Classroom(world)
    played(classroom, range(3))
    resumed = Classroom(world)
    turns = resumed.play(3)
    assert resumed.steps == 3 and turns[0].turn == 3


def test_mesas_own_step_plays_the_next_turn() -> None:
    classroom = Classroom(scripted_world(seats(1), turns=2))
    classroom.play(0)
    classroom.step()
    assert classroom.last_turns[0].turn == classroom.steps == 1 and classroom.running
    classroom.step()
    assert not classroom.running


def test_every_role_sits_once() -> None:
    classroom = Classroom(scripted_world(seats(4)))
    counts = {kind.__name__: len(found) for kind, found in classroom.agents_by_type.items()}
    assert counts == {
        "EnvironmentAgent": 1, "JudgeAgent": 2, "StudentAgent": 4, "PolicyAgent": 2, "TrainerAgent": 1
    }  # fmt: skip
    assert {agent.name for agent in classroom.agents_by_type[StudentAgent]} == {f"student-{n}" for n in range(4)}
    for kind in (EnvironmentAgent, PolicyAgent, TrainerAgent):
        assert all(agent.role is not None for agent in classroom.agents_by_type[kind])


def test_a_teacher_that_is_the_exact_judge_sits_once() -> None:
    judge = ExactJudge()
    world = scripted_world(seats(1), judge=judge)
    import dataclasses

    classroom = Classroom(dataclasses.replace(world, exact_judge=judge))
    assert len(classroom.agents_by_type[JudgeAgent]) == 1


def test_agents_can_be_selected_and_grouped() -> None:
    classroom = Classroom(scripted_world(seats(3)))
    played(classroom, range(3))
    learned = classroom.agents_by_type[StudentAgent].select(lambda agent: len(agent.student.memory) > 0)
    assert len(learned) > 0
    assert {type(agent).__name__ for agent in classroom.agents.select(agent_type=StudentAgent)} == {"StudentAgent"}


def test_importing_the_scheduler_leaves_the_start_method_alone() -> None:
    code = (
        "import multiprocessing as m; before = m.get_start_method(allow_none=True); import simulation.loop.scheduler; "
        "assert m.get_start_method(allow_none=True) == before, m.get_start_method()"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
    assert multiprocessing.get_start_method() == "fork" or sys.platform != "linux"


def test_a_left_classroom_can_be_collected() -> None:
    classroom = Classroom(scripted_world(seats(1)))
    reference = weakref.ref(classroom)
    classroom.play(0)
    classroom.leave()
    del classroom
    gc.collect()
    assert reference() is None


def test_leaving_matters_where_mesa_keeps_models() -> None:
    classroom = Classroom(scripted_world(seats(1)))
    reference = weakref.ref(classroom)
    del classroom
    gc.collect()
    kept = reference()
    if sys.version_info >= (3, 12):
        assert kept is None, "Mesa for newer Pythons keeps models again"
        return
    assert kept is not None, "Mesa no longer keeps models: Classroom.leave can be deleted"
    kept.leave()
