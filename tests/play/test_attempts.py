"""A study whose students answer again survives its process at any moment, and is replayed without its model."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from simulation.core.errors import ReplayDiffers, StoreError
from simulation.loop.world import World
from simulation.play.runner import play
from simulation.replay.replay import replay
from simulation.scenario.scenario import load_scenario
from simulation.scenario.seating import build_world
from simulation.store import Study
from tests.play.test_runner import Ears
from tests.store.test_durability import Countdown, child, ended
from tests.support.scripted import stepper
from tests.support.second_tries import SCENARIO
from tests.support.studies import MEASURES


def go_on(folder: Path, attempts: int = 2) -> str:
    """Begin the study or go on with it, play it to its end, and return its trace hash."""
    path = folder.parent / f"{folder.name}.yaml"
    path.write_text(SCENARIO)
    scenario = load_scenario(path, (f"ask.attempts={attempts}",))
    world = build_world(scenario)
    try:
        study = Study.open(folder, write=True)
    except StoreError:
        shutil.rmtree(folder, ignore_errors=True)
        seated = [student.seat for student in world.students]
        study = Study.create(
            folder, scenario=scenario.resolved(), seats=seated, measures=MEASURES, fingerprint={"reading": "1"}
        )
    with study:
        play(study, world, stepper(world), Ears())
        return study.trace_hash


def killed(folder: Path, act: int) -> int:
    """Play in a process that is killed before its act of this number; return how it ended."""

    def work() -> None:
        Countdown(act).watch()
        go_on(folder)

    return ended(child(work))


def test_killed_at_any_act_it_ends_with_the_same_trace(disks: Any) -> None:
    whole, outcomes = go_on(disks() / "s"), set()
    for act in range(0, 60, 4):
        folder = disks() / "s"
        outcomes.add(killed(folder, act))
        assert go_on(folder) == whole
        with Study.open(folder) as study:
            study.verify()
            assert sum(len(turn.attempts) for turn in study.turns()) > 50
    assert -9 in outcomes


@pytest.mark.parametrize("attempts", [2, 3])
def test_it_is_replayed_without_its_model(attempts: int, disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = go_on(disk / "s", attempts)

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a replay asked what computes")

    monkeypatch.setattr("tests.support.second_tries.ReadingLearner.generate", refuse)
    monkeypatch.setattr("tests.support.second_tries.ReadingStudent.read", refuse)
    monkeypatch.setattr("tests.support.sums.ScriptedJudge.judge", refuse)
    with Study.open(disk / "s") as study:
        assert replay(study).trace_hash == whole


def test_a_world_in_which_others_answer_again_is_no_replay(disk: Path) -> None:
    go_on(disk / "s")

    def world(*overrides: str) -> World:
        return build_world(load_scenario(disk / "s.yaml", overrides))

    with Study.open(disk / "s") as study:
        with pytest.raises(ReplayDiffers, match=r"turn 1, 'student-0', attempts"):
            replay(study, world())
        with pytest.raises(ReplayDiffers, match=r"turn 1, 'student-0', "):
            replay(study, world("ask.attempts=3"))
