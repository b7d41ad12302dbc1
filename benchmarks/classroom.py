"""Several scenario files and seeds played as one cohort in one world, with common random numbers.

A seat is named "<label>-<seed>", has number 0 and that seed, so students of one seed meet the same candidates and start
from the same adapter whatever their scenario: what differs between them is the scenario alone.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.record import ROOT
from simulation.core.types import Seat, Turn
from simulation.loop.turn import first_look, play_turn
from simulation.loop.world import World
from simulation.scenario.prepare import Prepared, prepare
from simulation.scenario.scenario import load_scenario
from simulation.scenario.seating import load_world
from simulation.store.turn_sums import Marks

Key = tuple[str, int]
"""A label and a seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A scenario file that takes part under a label."""

    label: str
    scenario: str
    """The name of a file in scenarios/, without its ending."""
    overrides: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Course:
    """What became of one student."""

    truths: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    """By evaluation turn: the truth of each held-out question, in their order; of several answers their mean."""
    asked: list[int] = field(default_factory=list)
    """How many questions each turn put, from turn 1."""
    trained: list[int] = field(default_factory=list)
    """How many experiences each turn's update trained on (with DPO: pairs), from turn 1."""

    @property
    def turns(self) -> list[int]:
        """The turns with an evaluation."""
        return list(self.truths)

    @property
    def accuracy(self) -> dict[int, float]:
        """Held-out accuracy in [0, 1] by evaluation turn."""
        return {turn: float(truth.mean()) for turn, truth in self.truths.items()}

    @property
    def spent(self) -> list[int]:
        """Experiences trained on up to each evaluation turn."""
        return [sum(self.trained[:turn]) for turn in self.truths]

    @property
    def average(self) -> float:
        """Mean accuracy over the evaluations after the first, which comes before all learning."""
        return float(np.mean(list(self.accuracy.values())[1:]))

    def take(self, turn: Turn) -> None:
        """Count one more turn."""
        if turn.turn:
            self.asked.append(len(turn.experiences))
            self.trained.append(0 if turn.update is None else turn.update.experiences)
        if "held_out" in turn.evaluations:
            self.truths[turn.turn] = Marks.of(turn.evaluations["held_out"]).truths


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """All courses of one cohort."""

    courses: Mapping[Key, Course]
    seconds: float
    """Of all turns, without loading."""

    def of(self, label: str) -> list[Course]:
        """Return a label's courses in the order of the seeds."""
        return [course for (name, _), course in self.courses.items() if name == label]

    def accuracies(self, label: str) -> NDArray[np.float64]:
        """Return accuracies with a row a seed and a column an evaluation."""
        return np.array([list(course.accuracy.values()) for course in self.of(label)])

    def raw(self) -> list[dict[str, object]]:
        """Return every course as JSON values."""
        return [
            {
                "label": label,
                "seed": seed,
                "accuracy": {str(turn): round(value, 6) for turn, value in course.accuracy.items()},
                "asked": sum(course.asked),
                "trained": course.trained,
            }
            for (label, seed), course in self.courses.items()
        ]


def open_classroom(entries: Sequence[Entry], seeds: Sequence[int], overrides: Sequence[str]) -> World:
    """Seat every entry and seed before one learner."""
    return load_world([stage_of(entry, seeds, overrides) for entry in entries])


def stage_of(entry: Entry, seeds: Sequence[int], overrides: Sequence[str]) -> Prepared:
    """Prepare an entry for its student of each seed."""
    path = ROOT / "scenarios" / f"{entry.scenario}.yaml"
    seats = [Seat(name=f"{entry.label}-{seed}", number=0, seed=seed) for seed in seeds]
    return prepare(load_scenario(path, [*overrides, *entry.overrides]), seats)


def play(entries: Sequence[Entry], seeds: Sequence[int], overrides: Sequence[str], console: Console) -> Played:
    """Play all turns of all students together."""
    with console.status("loading"):
        world = open_classroom(entries, seeds, overrides)
    courses = {(entry.label, seed): Course() for entry, seed in product(entries, seeds)}
    began = time.perf_counter()
    with console.status("the first look") as status:
        for number in range(world.turns + 1):
            turns = play_turn(world, number) if number else first_look(world)
            for course, turn in zip(courses.values(), turns, strict=True):
                course.take(turn)
            status.update(f"turn {number} of {world.turns}")
    return Played(courses=courses, seconds=time.perf_counter() - began)
