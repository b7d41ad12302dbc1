"""Programming tasks: a generated bank of small functions with typed bugs, or rows of MBPP and its like."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from environments.program_rows import EVALUATE, LEARN, VALIDATE, load_programs, number
from environments.row_files import Refused, named_on_hub
from environments.splits import HELD_OUT_PERCENT, FixedQuestions, noticed, rows_apart, shuffled
from environments.tasks import mastery
from environments.tasks.items import MOST_DISTINCT, SEEN, UNSEEN, bank, distinct
from simulation.core.corpus import Lesson
from simulation.core.kinds.program_tests import Tests
from simulation.core.paths import FileOrHubName
from simulation.core.questions import Measure, Splits
from simulation.core.registry import environment
from simulation.core.seeding import Seed
from simulation.core.types import Question
from simulation.core.wording import Wording

SPANS = (LEARN, VALIDATE, EVALUATE)
"""The task_ids of MBPP that are asked, probed and held out."""
WORDING = Wording(
    layout="""\
{% for shot in shots %}
Task: {{ shot.question }}
```python
{{ shot.answer }}
```

{% endfor %}
{% if opening %}
{{ question }}
{% else %}
Task: {{ question }}
{{ answer }}
{% endif %}
""",
    answer="Write the Python program for this task, in one block of code and without any explanation.",
)
"""What stands as code already is continued; else a task is told as one."""


@environment("code_tasks")
class CodeTasks(FixedQuestions):
    """Python functions to write, judged by tests: a generated bank that needs no files, or rows such as MBPP's."""

    bank_seed: Seed = 0
    """Another seed draws other tasks and other tests; what belongs to which split never changes."""
    rows: FileOrHubName | None = None
    """Rows instead of the bank, of MBPP, HumanEval, APPS or CodeContests: a file, a folder, or a dataset on the Hub.

    MBPP's own ranges of task_id say what is asked, probed and held out; other rows are split by their content, as are
    those of MBPP that leave one of the three empty.
    """
    held_out_rows: FileOrHubName | None = None
    """Other rows to evaluate on, such as HumanEval's; all are held out, in place of those of `rows` or the bank."""
    pool_size: Annotated[int, Field(ge=1, le=1_000_000)] = 8000
    """How many tasks of the bank may be asked."""
    probe_size: Annotated[int, Field(ge=0, le=MOST_DISTINCT)] = 100
    """How many tasks policies may measure the student on; MBPP's own are all used."""
    held_out_size: Annotated[int, Field(ge=1, le=MOST_DISTINCT)] = 200
    """How many tasks of the bank are held out, compositions of skills that are never asked; rows are all used."""
    held_out_wordings: Literal["seen", "unseen"] = "seen"
    """Whether held-out tasks come in the wordings of the pool or in others, which are never asked."""

    measures = (Measure(name="pass@1"), Measure(name="pass_rate", graded=True), Measure(name="exact_match"))
    exact_judge = "all_tests"
    cues = ()

    def elsewhere(self) -> Sequence[str]:
        """Name rows that are on the Hub."""
        return named_on_hub(self.rows, self.held_out_rows)

    def worded(self) -> Wording:
        """Return how questions are put to models that read ordinary words."""
        return WORDING

    def lesson(self, index: int, *, seed: int, stage: int) -> Lesson:
        """Return a pretraining lesson; see `environments/tasks/mastery.py`."""
        return mastery.lesson(index, seed=seed, stage=stage)

    @cached_property
    def _splits(self) -> Splits:
        other_held_out, refused = load_programs(self.held_out_rows) if self.held_out_rows else ((), ())
        if self.rows is not None:
            return self._read(self.rows, other_held_out, refused)
        notices = noticed(str(self.held_out_rows), len(other_held_out), refused)
        splits = self._generated()
        return replace(splits, held_out=other_held_out, notices=notices) if other_held_out else splits

    def _generated(self) -> Splits:
        wordings = SEEN if self.held_out_wordings == "seen" else UNSEEN
        return Splits(
            pool=bank(seed=self.bank_seed, split="pool", size=self.pool_size),
            probe=distinct(seed=self.bank_seed, split="probe", size=self.probe_size),
            held_out=distinct(seed=self.bank_seed, split="held_out", size=self.held_out_size, wordings=wordings),
        )

    def _read(self, rows: str, other_held_out: Sequence[Question], refused: Sequence[Refused]) -> Splits:
        questions, more_refused = load_programs(rows)
        refused = (*more_refused, *refused)
        asked, probed, evaluated = (
            tuple(question for question in questions if number(question) in span) for span in SPANS
        )
        if asked and probed and (other_held_out or evaluated):
            held_out = other_held_out or evaluated
            asked, probed = fresh(asked, held_out), fresh(probed, held_out)
            read = len(asked) + len(probed) + len(held_out)
            return Splits(pool=asked, held_out=held_out, probe=probed, notices=noticed(rows, read, refused))
        mixed = shuffled(questions, self.bank_seed)
        held_out = other_held_out or mixed[: len(mixed) * HELD_OUT_PERCENT // 100]
        return rows_apart(rows, fresh(mixed, held_out), held_out, refused, probe_size=self.probe_size)


def fresh(questions: Sequence[Question], held_out: Sequence[Question]) -> tuple[Question, ...]:
    """Return the questions that are not held out and have a visible test, without which a student is told nothing."""
    held_out_ids = {question.id for question in held_out}
    return tuple(
        question
        for question in questions
        if isinstance(question.key, Tests) and any(not test.hidden for test in question.key.tests)
        if question.id not in held_out_ids
    )
