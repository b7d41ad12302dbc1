"""A small world of two scripted students, and a study in which it was played."""

from pathlib import Path
from typing import Any

from simulation.loop.world import World
from simulation.store import Study
from tests.support.scripted import (
    scripted_world,
    seats,
    stepper,
)
from tests.support.studies import make

TURNS = 4


def world(**options: Any) -> World:
    return scripted_world(seats(2), turns=TURNS, **options)


def recorded(folder: Path, played: World, turns: int = TURNS) -> Study:
    """Return a study in which a world was played."""
    study, step = make(folder), stepper(played)
    for number in range(turns + 1):
        both = step(number)
        study.append(both, {turn.student: played.model.dump(turn.student) for turn in both}, seconds={})
    if turns == TURNS:
        study.finish()
    return study
