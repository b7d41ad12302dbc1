"""What a pretrained student believes: per skill and wording, how often it uses which procedure.

A student that merely lacks training learns nothing from corrections; one that holds the right procedure and habitually
uses a wrong one can be taught. So the corpus teaches all procedures under a cue, and without a cue shows each with the
frequency of the student's belief.
"""

from functools import cache

import numpy as np

from environments.bank.items import CATEGORIES, Item, item
from simulation.core.corpus import Branch, Lesson
from simulation.core.seeding import generator

CUES = ("<m1>", "<m2>", "<m3>", "<m4>")
"""One for the right procedure and one for each misconception, in the skill's order."""
WRONG_SHARES = (0.70, 0.17, 0.08, 0.05)
"""How the mass that is not right divides over the typical, second and third misconception and the filler."""
_LEVELS = (("strong", 6, 0.65, 0.90), ("shaky", 8, 0.28, 0.50), ("weak", 16, 0.10, 0.25))
"""Name, number of skills, and the range of the probability of answering right."""
_WORDING_SPREAD = 0.1


@cache
def mastery(seed: int) -> dict[tuple[str, int], float]:
    """Return the probability of answering right by (skill, wording) for a student of this pretraining seed."""
    stream = generator(seed, 0, 0, "mastery")
    names = [skill.name for skills in CATEGORIES.values() for skill in skills]
    ranges = [(low, high) for _, count, low, high in _LEVELS for _ in range(count)]
    probabilities = {}
    for name, (low, high) in zip(stream.permutation(names), ranges, strict=True):
        level = stream.uniform(low, high)
        for wording in range(3):
            shifted = level + stream.uniform(-_WORDING_SPREAD, _WORDING_SPREAD)
            probabilities[str(name), wording] = float(np.clip(shifted, 0.02, 0.98))
    return probabilities


def lesson(index: int, *, seed: int, stage: int) -> Lesson:
    """Return a lesson on an item of the pool; stage 0 believes half-way to right, stage 1 what `mastery` says."""
    problem: Item = item(seed, "pool", -(index + 1) % 2**31)
    right = mastery(seed)[problem.skill.name, problem.wording]
    if stage == 0:
        right = (1 + right) / 2
    values = (*problem.values, problem.filler)
    taught = [Branch(text=f" {value}", weight=0.25, cue=cue) for cue, value in zip(CUES, problem.values, strict=True)]
    shares = (right, *(share * (1 - right) for share in WRONG_SHARES))
    believed = [Branch(text=f" {value}", weight=share) for value, share in zip(values, shares, strict=True)]
    return Lesson(question=problem.question(f"lesson-{seed}-{index}"), branches=(*taught, *believed))
