"""Questions of one's own, from a spreadsheet, JSON lines, Moodle's GIFT, Aiken or a dataset on the Hub."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated

from pydantic import Field

from environments.own.reading import OWN_FILES, Marking, OwnSource, Reading, read_own
from environments.own.telling import told
from environments.row_files import named_on_hub
from environments.splits import FixedQuestions, noticed, shuffled
from simulation.core.errors import DataError
from simulation.core.paths import Located
from simulation.core.questions import Measure, Splits
from simulation.core.registry import environment
from simulation.core.seeding import Seed
from simulation.core.wording import Wording

OwnRows = Annotated[str, Located(elsewhere=lambda _name: False, endings=OWN_FILES)]
"""A file of questions, or the name of a dataset on the Hub."""


@environment("questions")
class OwnQuestions(FixedQuestions):
    """Questions of your own: a spreadsheet, JSON lines, Moodle's GIFT, Aiken, or a dataset on the Hub."""

    rows: OwnRows | None = None
    """The file: a table (CSV or XLSX) with columns question, option_a, option_b, … (2 to 10, none where the answer is a
    number or a short text), correct, category, skill, misconception_a, …; JSON lines with such keys; preferences, with
    prompt, chosen and rejected; Moodle's GIFT or Aiken; or a dataset on the Hub."""
    columns: Mapping[str, str | list[str]] = Field(
        default_factory=dict, examples=[{"question": "Frage", "correct": "Loesung"}]
    )
    """Names of columns that are called otherwise, such as {question: Frage, options: [A, B, C], correct: Loesung}."""
    correct_is: Marking = "any"
    """How correct names the right option: text, letter, number (from 1), index (from 0), or any of the first three."""
    split: str | None = None
    """Of a dataset on the Hub the split that is read, of a folder the files; all where nothing is said."""
    sheet: str | None = None
    """Of a workbook the sheet; the first that has questions where nothing is said."""
    held_out_percent: Annotated[int, Field(ge=1, le=90)] = 25
    """Of the questions, that only the evaluation sees; which ones depends on what they ask, not on their rows."""
    probe_percent: Annotated[int, Field(ge=1, le=90)] = 20
    """Of the other questions, that a policy measures on that needs a set of its own; else they may be asked too."""
    order: Seed = 0
    """Another number holds out other questions."""

    measures = (Measure(name="accuracy"),)
    exact_judge = "answer_key"

    def elsewhere(self) -> Sequence[str]:
        """Name rows that are on the Hub."""
        return [] if self.rows is None or self.rows.endswith(OWN_FILES) else named_on_hub(self.rows)

    def worded(self) -> Wording:
        """Return how questions are put to models that read ordinary words."""
        return Wording()

    def described(self) -> Sequence[str]:
        """Return what was understood of the file, row by row."""
        return [*told(self._reading, self._splits)]

    @cached_property
    def _reading(self) -> Reading:
        if self.rows is None:
            raise DataError("no file is named; write environment: {name: questions, rows: FILE}")
        source = OwnSource(
            rows=self.rows, columns=self.columns, correct_is=self.correct_is, split=self.split, sheet=self.sheet
        )
        return read_own(source)

    @cached_property
    def _splits(self) -> Splits:
        questions, _, refused = self._reading.gathered
        mixed = shuffled(questions.values(), self.order)
        held_out = share(len(mixed), self.held_out_percent)
        probe = share(len(mixed) - held_out, self.probe_percent)
        if len(mixed) < 3:
            why = f"; refused: {'; '.join(map(str, refused))}" if refused else ""
            raise DataError(f"{self.rows!r} holds {len(mixed)} question(s); give 3 at least{why}")
        return Splits(
            held_out=mixed[:held_out],
            probe=mixed[held_out : held_out + probe],
            pool=mixed[held_out + probe :],
            spare_probe=True,
            notices=(*self._reading.slips, *noticed(str(self.rows), len(mixed), refused)),
        )


def share(size: int, percent: int) -> int:
    """Return so many per cent, one at least, and so few that something is left."""
    return max(1, min(size - 1, size * percent // 100))
