"""The rows a teacher is trained on inside a scenario: a JSON object a line."""

from dataclasses import dataclass
from pathlib import Path

from simulation.core.brought_json import WrittenTwice, decoded
from simulation.core.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherRow:
    """A gold answer, what a student wrote, and whether that is right."""

    reference: str
    answer: str
    correct: bool


def read_rows(file: Path) -> tuple[TeacherRow, ...]:
    """Read `{"reference": …, "answer": …, "correct": true}` a line; `question` may stand for `reference`.

    Raises DataError naming the file and line of the first row that is not one.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"the teacher's rows cannot be read: {error}; correct `rows`") from error
    rows = tuple(read_row(line, f"{file}:{number}") for number, line in enumerate(lines, 1) if line.strip())
    if not rows:
        raise DataError(f"{file} holds no rows to train the teacher on")
    return rows


def read_row(line: str, where: str) -> TeacherRow:
    """Read one line."""
    row_format = 'an object with "reference" (or "question") and "answer" as texts and "correct" as true or false'
    try:
        row_json = decoded(line)
    except WrittenTwice as twice:
        raise DataError(f"{where}: {twice}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: not JSON ({error}); each line is {row_format}") from error
    if not isinstance(row_json, dict):
        raise DataError(f"{where}: {line[:80]!r} is not {row_format}")
    reference, answer, correct = (
        row_json.get("reference", row_json.get("question")),
        row_json.get("answer"),
        row_json.get("correct"),
    )
    if not isinstance(reference, str) or not isinstance(answer, str) or not isinstance(correct, bool):
        raise DataError(f"{where}: {line[:80]!r} is not {row_format}")
    return TeacherRow(reference=reference, answer=answer, correct=correct)
