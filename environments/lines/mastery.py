"""Lessons for a writer of lines, in stages: single conditions, combinations, and combinations that are heeded in part.

The shipped writer takes the first two. A recipe that goes on to the third makes one that knows how each condition is
met and habitually leaves some of them out: a line meets each condition as often as it is to be heeded, and for the
others the prompt asks what another line would meet.
"""

from collections.abc import Mapping, Sequence

from environments.lines.asking import request
from environments.lines.combinations import KINDS, Combination, Kind, owned
from environments.lines.items import prompt
from simulation.core.corpus import Branch, Lesson
from simulation.core.seeding import generator
from simulation.core.types import Question

HEEDED: Mapping[Kind, float] = {
    "topic": 0.9, "words": 0.6, "contains": 0.7, "avoids": 0.6, "begins": 0.75, "ends": 0.65, "case": 0.75,
    "order": 0.65, "repeats": 0.6,
}  # fmt: skip
"""How often a condition is heeded in the last stage; before it each one is."""
ALONE = 0.25
"""How often a lesson asks for one condition alone, which is no combination of any split; in the first stage all do."""


def lesson(index: int, *, seed: int, stage: int) -> Lesson:
    """Return a lesson: stage 0 asks for one condition, 1 for a combination of the pool too, both met; 2 as `HEEDED`."""
    stream = generator(seed, index, 0, "lines lesson")
    combinations: Sequence[Combination] = owned("pool")
    if stream.random() < ALONE or stage == 0:
        combinations = [(kind,) for kind in KINDS]
    kinds = combinations[int(stream.integers(len(combinations)))]
    taught, other = request(kinds, stream), request(kinds, stream)
    conditions = {
        kind: (taught if stage < 2 or stream.random() < HEEDED[kind] else other).asked[kind].condition for kind in kinds
    }
    return Lesson(
        question=Question(id=f"lesson-{seed}-{index}", prompt=prompt(conditions, stream)),
        branches=(Branch(text=f" {taught.write(taught.line)}", weight=1.0),),
    )
