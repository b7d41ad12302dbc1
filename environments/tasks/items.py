"""Tasks of the bank: each a pure function of (seed, split, index)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from environments.splits import Lazy, first_distinct
from environments.tasks.checks import checks
from environments.tasks.composition import CATEGORIES, SHAPES, Composition, group
from environments.tasks.programs import heading, program, styles
from simulation.core.kinds.code import Code
from simulation.core.kinds.program_tests import Tests
from simulation.core.seeding import generator
from simulation.core.types import Question

SEEN, UNSEEN, EVERY = (0, 1), (2,), (0, 1, 2)
"""The wordings that are asked in, those that never are, and all, which pretraining shows."""
MOST_DISTINCT = 200
"""How many distinct tasks a split of evaluation is sure to hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A composition in words."""

    composition: Composition
    wordings: tuple[int, ...]
    """Of each of its skills."""

    @property
    def cells(self) -> list[tuple[str, int]]:
        """Each of its skills with the wording it comes in."""
        return [(skill.name, wording) for skill, wording in zip(self.composition.skills, self.wordings, strict=True)]

    @property
    def prompt(self) -> str:
        """The task in words."""
        phrases = [
            skill.wordings[wording] for skill, wording in zip(self.composition.skills, self.wordings, strict=True)
        ]
        return f"write {heading(self.composition)}: {', '.join(phrases)}"

    def question(self, identity: str, seed: int) -> Question:
        """Return the task as a question called `identity`, with the tests of a seed."""
        source, *others = [skill.name for skill in self.composition.skills]
        return Question(
            id=identity,
            prompt=self.prompt,
            form=Code(),
            key=Tests(
                tests=checks(self.composition, seed),
                reference=program(self.composition, styles(self.composition)[-1]),
            ),
            tags=(self.composition.source.category, source, *others),
        )


def task(seed: int, split: str, index: int, wordings: Sequence[int]) -> Task:
    """Return task `index` of a split; equal arguments give equal tasks on every machine.

    Categories and shapes are equally frequent, though they hold very different numbers of compositions.
    """
    stream = generator(seed, index, 0, f"tasks {split}")
    category, shape = stream.integers((len(CATEGORIES), len(SHAPES))).tolist()
    compositions = group(split, CATEGORIES[category], SHAPES[shape])
    composition = compositions[int(stream.integers(len(compositions)))]
    places = stream.integers(len(wordings), size=len(composition.skills)).tolist()
    return Task(composition=composition, wordings=tuple(wordings[place] for place in places))


def bank(*, seed: int, split: str, size: int) -> Lazy:
    """Return the first `size` tasks of a split as questions, made when they are looked at."""
    return Lazy(partial(_question, seed, split, SEEN), size)


def distinct(*, seed: int, split: str, size: int, wordings: Sequence[int] = SEEN) -> tuple[Question, ...]:
    """Return `size` questions of a split, no two about the same composition; at most `MOST_DISTINCT`."""
    tasks = first_distinct(
        lambda index: task(seed, split, index, wordings), lambda drawn: drawn.composition, size, most=MOST_DISTINCT
    )
    return tuple(drawn.question(f"{split}-{seed}-{index}", seed) for index, drawn in tasks)


@lru_cache(maxsize=1 << 14)
def _question(seed: int, split: str, wordings: tuple[int, ...], index: int) -> Question:
    """Return task `index` as a question; what is asked again is not made again."""
    return task(seed, split, index, wordings).question(f"{split}-{seed}-{index}", seed)
