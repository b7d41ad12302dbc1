"""The loop on the shipped student: a cohort's students learn exactly as each would alone, and what they learn lasts."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from simulation.core.roles import trainable
from simulation.core.types import Seat, Turn
from simulation.loop.turn import first_look, play_turn
from simulation.loop.world import World
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ["teacher=answer_key", "ask.questions=6", "ask.candidates=24", "evaluate.questions=20", "turns=5"]


def world(scenario: str, seats: list[Seat], *overrides: str) -> World:
    from simulation.scenario.seating import load_world

    loaded = load_scenario(ROOT / "scenarios" / f"{scenario}.yaml", [*SETTINGS, *overrides])
    return load_world([prepare(loaded, seats)])


def play(stage: World, turns: int) -> list[tuple[Turn, ...]]:
    return [first_look(stage), *(play_turn(stage, number) for number in range(1, turns + 1))]


def choices(turn: Turn) -> tuple[object, ...]:
    picks = [pick.item.id for pick in turn.picks]
    answers = [experience.answer.choice for experience in turn.experiences]
    measured = [[result.choice for result in each.results] for each in turn.evaluations.values()]
    return picks, answers, measured


def adapters(stage: World) -> np.ndarray:
    return np.asarray(trainable(stage.model, "test").adapters_SP.detach())


@pytest.mark.parametrize("scenario", ["log_probability_selection", "category_selection"])
def test_eight_students_in_float64_choose_and_learn_as_each_does_alone(scenario: str) -> None:
    seats = [Seat(name=f"student-{number}", number=number, seed=number // 4) for number in range(8)]
    together = world(scenario, seats, "students.dtype=float64", "environment.probe_size=20", "evaluate.questions=100")
    played = play(together, 3)
    assert any(turn.update for turns in played for turn in turns)
    for row, seat in enumerate(seats):
        alone = world(scenario, [seat], "students.dtype=float64", "environment.probe_size=20", "evaluate.questions=100")
        for ours, (theirs,) in zip(played, play(alone, 3), strict=True):
            assert choices(ours[row]) == choices(theirs)
        assert np.abs(adapters(together)[row] - adapters(alone)[0]).max() < 1e-8


def test_one_update_in_float32_is_within_1e_4_of_the_update_alone() -> None:
    seats = [Seat(name=f"student-{number}", number=number, seed=0) for number in range(4)]
    together = world("random_selection", seats)
    play(together, 1)
    for row, seat in enumerate(seats):
        alone = world("random_selection", [seat])
        play(alone, 1)
        assert np.abs(adapters(together)[row] - adapters(alone)[0]).max() < 1e-4


def test_students_of_one_seed_start_equal_and_of_one_number_are_asked_alike() -> None:
    seats = [Seat(name="a", number=0, seed=0), Seat(name="b", number=0, seed=0), Seat(name="c", number=0, seed=1)]
    stage = world("random_selection", seats)
    first, second, other = adapters(stage)
    assert np.array_equal(first, second) and not np.array_equal(first, other)
    one, two, three = play_turn(stage, 1)
    assert dataclasses.replace(one, student="b").candidates == two.candidates != three.candidates


def test_the_shipped_student_learns_from_its_mistakes() -> None:
    seats = [Seat(name=f"student-{seed}", number=0, seed=seed) for seed in range(3)]
    stage = world(
        "random_selection", seats, "turns=6", "ask.questions=40", "ask.candidates=120", "evaluate.questions=300"
    )
    before, *_, after = play(stage, 6)
    gains = [
        last.evaluations["held_out"].metrics["accuracy"] - first.evaluations["held_out"].metrics["accuracy"]
        for first, last in zip(before, after, strict=True)
    ]
    assert min(gains) > 0.05 and float(np.mean(gains)) > 0.08
