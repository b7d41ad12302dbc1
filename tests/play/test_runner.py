"""A study that was stopped and goes on ends as the one that was not: the same turns, the same hash."""

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from simulation.core.errors import StoreError, StudyDamaged
from simulation.core.types import Turn
from simulation.loop.world import World
from simulation.play.runner import play
from simulation.store import Study
from tests.support.counting import Counting
from tests.support.scripted import LeastSure, ScriptedLearner, ScriptedStudents, scripted_world, seats, stepper
from tests.support.sums import ACCURACY

TURNS = 5
Worlds = Callable[[], World]


class Ears:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def started(self, study: Study, world: World, first_turn: int) -> None:
        assert len(world.students) == len(study.seats)
        self.heard.append(("started", first_turn))

    def turn(self, turns: Sequence[Turn], seconds: float) -> None:
        assert seconds > 0
        self.heard.append(turns[0].turn)

    def stopping(self) -> None:
        self.heard.append("stopping")

    def finished(self, study: Study) -> None:
        self.heard.append(("finished", study.trace_hash))


def world() -> World:
    return scripted_world(seats(2), turns=TURNS)


WORLDS: dict[str, Worlds] = {
    "choices": world,
    "generate": lambda: scripted_world(
        seats(2), students=ScriptedStudents(mode="generate", temperature=1.0), turns=TURNS
    ),
    "predictions and probe": lambda: scripted_world(seats(2), ask=LeastSure(), turns=TURNS),
    "learns every third turn": lambda: scripted_world(seats(2), learn_every=3, evaluate_every=3, turns=TURNS),
    "environment that changes": lambda: scripted_world(seats(2), environment=Counting(), turns=TURNS),
}


def weights(stage: World) -> NDArray[np.float64]:
    """The rows of all students."""
    assert isinstance(stage.model, ScriptedLearner)
    return stage.model.adapters_SP


def begun(folder: Path) -> Study:
    return Study.create(folder, scenario={"name": "a"}, seats=seats(2), fingerprint={}, measures=ACCURACY)


def stopping_at(number: int | None, played: World) -> Callable[[int], tuple[Turn, ...]]:
    """Return a step that fails in a turn, after it did all its work."""
    step = stepper(played)

    def stop(asked: int) -> tuple[Turn, ...]:
        turns = step(asked)
        if asked == number:
            raise InterruptedError
        return turns

    return stop


@pytest.mark.parametrize("make", WORLDS.values(), ids=WORLDS)
def test_a_study_stopped_in_every_turn_ends_as_one_never_stopped(make: Worlds, disk: Path) -> None:
    with begun(disk / "whole") as whole:
        single = make()
        play(whole, single, stepper(single), Ears())
        begun(disk / "s").close()
        for number in range(TURNS + 1):
            with Study.open(disk / "s", write=True) as study, pytest.raises(InterruptedError):
                again = make()
                play(study, again, stopping_at(number, again), Ears())
            # one committed turn a time: the next attempt gets one further
            with Study.open(disk / "s", write=True) as study, pytest.raises(InterruptedError):
                assert study.last_turn == number - 1
                again = make()
                play(study, again, stopping_at(number + 1 if number < TURNS else TURNS, again), Ears())
        with Study.open(disk / "s", write=True) as study:
            last = make()
            ears = Ears()
            play(study, last, stepper(last), ears)
            assert ears.heard == [("started", TURNS), TURNS, ("finished", whole.trace_hash)]
            assert list(study.turns()) == list(whole.turns())
            assert (study.status, study.trace_hash) == ("finished", whole.trace_hash)
            for seat in seats(2):
                assert study.adapter(seat.name) == whole.adapter(seat.name)


def test_a_finished_study_is_not_played_again(disk: Path) -> None:
    with begun(disk / "s") as study:
        first = world()
        play(study, first, stepper(first), Ears())
        ears, again = Ears(), world()
        play(study, again, stepper(again), ears)
        assert ears.heard == [("started", TURNS + 1), ("finished", study.trace_hash)]
        np.testing.assert_array_equal(weights(again), weights(first))


def signalling(played: World, at: int, times: int) -> Callable[[int], tuple[Turn, ...]]:
    """Return a step in which the user presses Ctrl-C."""
    step = stepper(played)

    def press(number: int) -> tuple[Turn, ...]:
        for _ in range(times if number == at else 0):
            os.kill(os.getpid(), signal.SIGINT)
        return step(number)

    return press


@pytest.mark.parametrize(("times", "kept"), [(1, 2), (2, 1)])
def test_ctrl_c_once_ends_after_the_turn_and_twice_at_once(times: int, kept: int, disk: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    ears, interrupted = Ears(), world()
    with begun(disk / "s") as study, pytest.raises(KeyboardInterrupt):
        play(study, interrupted, signalling(interrupted, 2, times), ears)
    assert "stopping" in ears.heard
    assert signal.getsignal(signal.SIGINT) is before
    with Study.open(disk / "s", write=True) as study, begun(disk / "whole") as whole:
        assert study.last_turn == kept
        assert study.status == "running"
        again, single = world(), world()
        play(study, again, stepper(again), Ears())
        play(whole, single, stepper(single), Ears())
        assert study.trace_hash == whole.trace_hash


def test_ctrl_c_in_the_last_turn_lets_the_study_finish(disk: Path) -> None:
    last = world()
    with begun(disk / "s") as study:
        play(study, last, signalling(last, TURNS, 1), Ears())
        assert study.status == "finished"


def test_who_ignores_ctrl_c_keeps_ignoring_it(disk: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        deaf, ears = world(), Ears()
        with begun(disk / "s") as study:
            play(study, deaf, signalling(deaf, 1, 3), ears)
            assert study.status == "finished"
        assert "stopping" not in ears.heard
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_class_is_refused(disk: Path) -> None:
    with begun(disk / "s") as study, pytest.raises(StoreError, match=r"build it from study\.seats"):
        other = scripted_world(seats(2, seed=1), turns=TURNS)
        play(study, other, stepper(other), Ears())


def test_a_model_that_does_not_take_its_adapter_back_is_refused(disk: Path) -> None:
    with begun(disk / "s") as study:
        first = world()
        play(study, first, stepper(first), Ears())
        other = world()
        other.model.restore = lambda *_: None  # type: ignore[method-assign]
        with pytest.raises(StoreError, match="resume with the model"):
            play(study, other, stepper(other), Ears())


def test_a_damaged_study_is_not_gone_on_with(disk: Path) -> None:
    with begun(disk / "s") as study:
        first = world()
        with pytest.raises(InterruptedError):
            play(study, first, stopping_at(3, first), Ears())
    blob = next((disk / "s" / "blobs").iterdir())
    blob.write_bytes(blob.read_bytes()[:-1] + b"!")
    with Study.open(disk / "s", write=True) as study, pytest.raises(StudyDamaged, match=blob.name):
        again = world()
        play(study, again, stepper(again), Ears())


def test_the_model_that_the_adapters_change_is_written_down(disk: Path) -> None:
    with begun(disk / "s") as study:
        assert study.base == ""
        first = world()
        play(study, first, stepper(first), Ears())
        assert study.base == "scripted"


def test_a_study_whose_held_out_questions_changed_is_not_resumed(disk: Path) -> None:
    world = scripted_world(seats(2), turns=3)
    other = tuple(world.held_out)[:-1]
    with (
        Study.create(
            disk / "s", scenario={}, seats=seats(2), fingerprint={}, measures=ACCURACY, sets={"held_out": other}
        ) as study,
        pytest.raises(StoreError, match="other held-out questions"),
    ):
        play(study, world, stepper(world), Ears())
