"""Multiple-choice maths lessons: a generated bank of problems with typed misconceptions, or rows of MathQA."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from environments.bank import mastery
from environments.bank.graph import PREREQUISITES
from environments.bank.items import MOST_DISTINCT, SKILL_NAMES, Bank, distinct
from environments.mathqa import load_rows
from environments.row_files import named_on_hub
from environments.splits import HELD_OUT_PERCENT, FixedQuestions, rows_apart, shuffled
from simulation.core.corpus import Lesson
from simulation.core.errors import nearest
from simulation.core.paths import FileOrHubName
from simulation.core.questions import Measure, Splits
from simulation.core.registry import environment
from simulation.core.seeding import Seed
from simulation.core.wording import LAYOUT, Wording

PROSE = "question|replace(' .', '.')|replace(' ,', ',')|replace(' ?', '?') }}"
"""The bank sets signs apart, as the shipped models read them."""


@environment("math_word_problems")
class MathWordProblems(FixedQuestions):
    """Word problems with options: a generated bank that needs no files, or MathQA rows from the Hub or a local path."""

    bank_seed: Seed = 0
    """Another seed draws other problems; what belongs to which split never changes."""
    skills: tuple[str, ...] = ()
    """Only these skills of the bank, by name, such as "what remains"; none means all. Not for `rows`."""
    rows: FileOrHubName | None = None
    """MathQA rows instead of the bank: a file, a folder, or a dataset on the Hub such as "allenai/math_qa". Worked
    problems without options are read too: question and answer as GSM8K has them, or problem and solution as MATH."""
    pool_split: str = "dev"
    """The split of `rows` that may be asked; the probe set is taken out of it."""
    held_out_split: str = "challenge_test"
    """The split of `rows` that only the evaluation sees; a single file gives 15 percent of its questions."""
    pool_size: Annotated[int, Field(ge=1, le=1_000_000)] = 8000
    """How many problems of the bank may be asked; rows are all used."""
    probe_size: Annotated[int, Field(ge=0, le=MOST_DISTINCT)] = 300
    """How many problems policies may measure the student on."""
    held_out_size: Annotated[int, Field(ge=1, le=MOST_DISTINCT)] = 600
    """How many problems of the bank are held out; rows are all used."""

    measures = (Measure(name="accuracy"),)
    exact_judge = "answer_key"
    cues = mastery.CUES

    @model_validator(mode="after")
    def _check_skills(self) -> Self:
        if self.skills and self.rows is not None:
            raise ValueError("skills are of the bank, and rows stand in its place; leave one of them out")
        for skill in self.skills:
            if skill not in SKILL_NAMES:
                raise ValueError(f"skills: the bank has no {skill!r}; {nearest(skill, SKILL_NAMES)}")
            if self.skills.count(skill) > 1:
                raise ValueError(f"skills: {skill!r} is named twice; name it once")
        return self

    def prerequisites(self) -> Mapping[str, tuple[str, ...]]:
        """Return which skills of the bank come before which; rows have none, as their tags name no skills."""
        if self.rows is not None:
            return {}
        named = self.skills or SKILL_NAMES
        return {
            skill: tuple(earlier for earlier in before if earlier in named)
            for skill, before in PREREQUISITES.items()
            if skill in named
        }

    def elsewhere(self) -> Sequence[str]:
        """Name rows that are on the Hub."""
        return named_on_hub(self.rows)

    def worded(self) -> Wording:
        """Return how questions are put to models that read ordinary words."""
        return Wording() if self.rows is not None else Wording(layout=LAYOUT.replace("question }}", PROSE))

    def lesson(self, index: int, *, seed: int, stage: int) -> Lesson:
        """Return a pretraining lesson; see `environments/bank/mastery.py`."""
        return mastery.lesson(index, seed=seed, stage=stage)

    @cached_property
    def _splits(self) -> Splits:
        return self._generated() if self.rows is None else self._read(self.rows)

    def _generated(self) -> Splits:
        return Splits(
            pool=Bank(seed=self.bank_seed, split="pool", size=self.pool_size, skills=self.skills),
            probe=distinct(seed=self.bank_seed, split="probe", size=self.probe_size, skills=self.skills),
            held_out=distinct(seed=self.bank_seed, split="held_out", size=self.held_out_size, skills=self.skills),
        )

    def _read(self, rows: str) -> Splits:
        asked, refused = load_rows(rows, self.pool_split)
        if Path(rows).is_file():
            asked = shuffled(asked, self.bank_seed)
            held_out = asked[: len(asked) * HELD_OUT_PERCENT // 100]
        else:
            held_out, more_refused = load_rows(rows, self.held_out_split)
            refused += more_refused
        evaluated = {question.id for question in held_out}
        fresh = shuffled((question for question in asked if question.id not in evaluated), self.bank_seed)
        return rows_apart(rows, fresh, held_out, refused, probe_size=self.probe_size)
