"""recommender_user.yaml in small: few users, two or three turns, every student on one model in float64."""

from collections.abc import Sequence
from pathlib import Path

from simulation.core.types import Seat
from simulation.loop.world import World
from simulation.scenario.entries import Lineup, read_lineup
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import Scenario, load_scenario
from simulation.scenario.seating import load_world

FILE = Path(__file__).resolve().parents[2] / "scenarios" / "recommender_user.yaml"
PRESETS = ("grpo", "grpo_kl", "reinforce", "frozen")
SEEDS = (0, 1)
TURNS = 3
SMALL = (
    "environment.users=6", "environment.stay=2", "environment.made_of=structure",
    "environment.held_out_size=6", "environment.probe_size=3", "ask.questions=5", "ask.candidates=6",
    "students.beams=8", "students.dtype=float64", "evaluate.every=2", "evaluate.questions=6",
)  # fmt: skip


def lineup(turns: int = TURNS) -> Lineup:
    """Return four ways to learn over two seeds: eight students."""
    overrides = [*SMALL, f"turns={turns}"]
    return read_lineup([FILE], [f"preset={','.join(PRESETS)}"], overrides, SEEDS, staged=False)


def cohort() -> World:
    """Return the eight students seated together."""
    return load_world(lineup().prepared())


def scenario(label: str) -> Scenario:
    """Return what students of a label play."""
    return load_scenario(FILE, [*SMALL, f"turns={TURNS}"], label)


def seated(seats: Sequence[Seat]) -> World:
    """Return students of one label without the others."""
    return load_world([prepare(scenario(seats[0].label), seats)])
