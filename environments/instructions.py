"""Texts under conditions that can be checked: a generated bank of short lines, or rows such as IFEval's."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from environments.lines import items as lines
from environments.lines import mastery, vocabulary
from environments.lines.items import MOST_DISTINCT
from environments.lines.published import load_prompts
from environments.row_files import named_on_hub
from environments.sentences import items as sentences
from environments.splits import HELD_OUT_PERCENT, FixedQuestions, noticed, rows_apart, shuffled
from simulation.core.corpus import Lesson
from simulation.core.paths import FileOrHubName
from simulation.core.questions import Measure, Splits
from simulation.core.registry import environment
from simulation.core.seeding import Seed
from simulation.core.wording import Wording


@environment("instructions")
class Instructions(FixedQuestions):
    """Short lines under conditions, thousands right for a prompt: a bank that needs no files, or rows of prompts."""

    bank: Literal["lines", "sentences"] = "lines"
    """"lines" asks for lines of a small vocabulary, in the dialect of the shipped writer; "sentences" in ordinary words
    for a sentence on an everyday topic under two conditions, for models that people use."""
    bank_seed: Seed = 0
    """Another seed draws other prompts; which combinations of conditions belong to which split never changes."""
    rows: FileOrHubName | None = None
    """Prompts instead of the bank: a file, a folder, or a dataset on the Hub, in IFEval's format or without conditions.

    A .txt file is a prompt a line. Where nothing is asked, as of a story or a poem, any text but an empty one is right.
    A response beside such a prompt, as UltraFeedback has it, is what is demonstrated.
    """
    split: str | None = None
    """The split of `rows` that is read, such as "train_sft"; all where nothing is said."""
    held_out_rows: FileOrHubName | None = None
    """Other prompts to evaluate on, such as IFEval's; all are held out, in place of those of `rows` or the bank."""
    pool_size: Annotated[int, Field(ge=1, le=1_000_000)] = 8000
    """How many prompts of the bank may be asked."""
    probe_size: Annotated[int, Field(ge=0, le=MOST_DISTINCT)] = 100
    """How many prompts policies may measure the student on."""
    held_out_size: Annotated[int, Field(ge=1, le=MOST_DISTINCT)] = 200
    """How many prompts of the bank are held out, combinations of conditions that are never asked; rows are all used."""

    measures = (
        Measure(name="prompt_strict"),
        Measure(name="instruction_strict", graded=True),
        Measure(name="prompt_loose"),
        Measure(name="instruction_loose", graded=True),
    )
    exact_judge = "conditions"
    cues = ()

    def elsewhere(self) -> Sequence[str]:
        """Name rows that are on the Hub."""
        local = (source for source in (self.rows, self.held_out_rows) if source and not source.endswith(".txt"))
        return named_on_hub(*local)

    def worded(self) -> Wording:
        """Return how questions are put to models that read ordinary words."""
        return Wording(answer="")

    def lesson(self, index: int, *, seed: int, stage: int) -> Lesson:
        """Return a pretraining lesson; see `environments/lines/mastery.py`."""
        return mastery.lesson(index, seed=seed, stage=stage)

    def vocabulary(self) -> Sequence[str]:
        """Return every word that the bank's prompts and lines hold."""
        return vocabulary.vocabulary()

    @cached_property
    def _splits(self) -> Splits:
        other_held_out, refused = load_prompts(self.held_out_rows) if self.held_out_rows else ((), ())
        if self.rows is None:
            notices = noticed(str(self.held_out_rows), len(other_held_out), refused)
            splits = self._generated()
            return replace(splits, held_out=other_held_out, notices=notices) if other_held_out else splits
        questions, more_refused = load_prompts(self.rows, self.split)
        mixed = shuffled(questions, self.bank_seed)
        held_out = other_held_out or mixed[: len(mixed) * HELD_OUT_PERCENT // 100]
        held_out_ids = {question.id for question in held_out}
        fresh = tuple(question for question in mixed if question.id not in held_out_ids)
        return rows_apart(self.rows, fresh, held_out, (*more_refused, *refused), probe_size=self.probe_size)

    def _generated(self) -> Splits:
        source = {"lines": lines, "sentences": sentences}[self.bank]
        return Splits(
            pool=source.bank(seed=self.bank_seed, split="pool", size=self.pool_size),
            probe=source.distinct(seed=self.bank_seed, split="probe", size=self.probe_size),
            held_out=source.distinct(seed=self.bank_seed, split="held_out", size=self.held_out_size),
        )
