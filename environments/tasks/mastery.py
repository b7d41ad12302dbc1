"""What a pretrained coder believes: per skill and wording, how often it writes it right and how often with which bug.

A coder that merely lacks training learns nothing from its own programs; one that knows the right piece and habitually
writes another finds it now and then when it samples, and can be taught by what passes. So a lesson is a program whose
every piece is right as often as the coder is to believe.
"""

from functools import cache

import numpy as np

from environments.tasks.filters import FILTERS
from environments.tasks.items import EVERY, Task, task
from environments.tasks.maps import MAPS
from environments.tasks.programs import Bugs, program, styles
from environments.tasks.reduces import REDUCES
from environments.tasks.sources import SOURCES
from simulation.core.corpus import Branch, Lesson
from simulation.core.kinds.code import Code
from simulation.core.seeding import generator
from simulation.core.types import Question

WRONG_SHARES = (0.72, 0.20, 0.08)
"""How the mass that is not right divides over a skill's bugs; of two bugs the first two shares hold, scaled up."""
_LEVELS = (("strong", 0.50, 0.82, 0.97), ("shaky", 0.25, 0.35, 0.60), ("weak", 0.25, 0.12, 0.30))
"""Name, share of the cells of a slot, and the range of the probability of writing it right."""


@cache
def mastery(seed: int) -> dict[tuple[str, int], float]:
    """Return the probability of writing a skill right by (skill, wording) for a coder of this pretraining seed."""
    stream = generator(seed, 0, 0, "coder mastery")
    probabilities = {}
    for slot in (SOURCES, FILTERS, MAPS, REDUCES):
        cells = [(skill.name, wording) for skill in slot for wording in EVERY]
        ends = np.cumsum([share for _, share, _, _ in _LEVELS]) * len(cells)
        for place, cell in enumerate(stream.permutation(len(cells)).tolist()):
            _, _, low, high = _LEVELS[int(np.searchsorted(ends, place + 0.5))]
            probabilities[cells[cell]] = float(stream.uniform(low, high))
    return probabilities


def lesson(index: int, *, seed: int, stage: int) -> Lesson:
    """Return a lesson on a task of the pool; stage 0 believes half-way to right, stage 1 what `mastery` says."""
    taught: Task = task(seed, "pool", -(index + 1) % 2**31, EVERY)
    stream = generator(seed, index, 0, "coder lesson")
    slots = (taught.composition.source, taught.composition.filter, taught.composition.map, taught.composition.reduce)
    right = iter(mastery(seed)[cell] for cell in taught.cells)
    bugs = tuple(_bug(stream, next(right), len(skill.bugs), stage) if skill else 0 for skill in slots)
    style = styles(taught.composition)[int(stream.integers(len(styles(taught.composition))))]
    return Lesson(
        question=Question(id=f"lesson-{seed}-{index}", prompt=taught.prompt, form=Code()),
        branches=(Branch(text=f" {program(taught.composition, style, _four(bugs))}", weight=1.0),),
    )


def _bug(stream: np.random.Generator, right: float, bugs: int, stage: int) -> int:
    """Draw the number of the bug, 0 for none."""
    if stage == 0:
        right = (1 + right) / 2
    shares = np.array(WRONG_SHARES[:bugs])
    cumulative = np.cumsum([right, *(1 - right) * shares / shares.sum()])
    return min(int(np.searchsorted(cumulative, stream.uniform(), side="right")), bugs)


def _four(bugs: tuple[int, ...]) -> Bugs:
    source, filter_, map_, reduce = bugs
    return source, filter_, map_, reduce
