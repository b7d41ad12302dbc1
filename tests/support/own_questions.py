"""Questions that a test plans, and how they are written as the files that people bring."""

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments.questions import OwnQuestions
from simulation.core.types import Question

WORDS = (
    "sum", "Größe", "naïve", "数", "of", "12", "3/4", "0.5", "a,b", "x;y", 'say "no"', "{set}", "a = b", "~not", "# 4",
    "10:30", "back\\slash", "50%", "–", "it's", "=start", "[html]", "<b>", "A)", "$5", "//", "->", "\tTab", "e.g.",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A question, as it should be read back."""

    prompt: str
    options: tuple[str, ...] = ()
    right: int = 0
    remarks: tuple[str, ...] = ()
    """Parallel to the options, "" for the right one."""
    answer: str = ""
    category: str = ""
    praise: str = ""

    def read_as(self) -> tuple[object, ...]:
        named = any(self.remarks)
        reveals = tuple("right" if place == self.right else remark for place, remark in enumerate(self.remarks))
        answer = self.options[self.right] if self.options else self.answer
        return self.prompt, self.options, answer, reveals if named else (), (self.category or "no category",)


def as_planned(question: Question) -> tuple[object, ...]:
    key = question.key
    return question.prompt, question.form.alternatives, key.reference, key.reveals, question.tags


def phrase(draw: random.Random, *, lines: bool) -> str:
    words = [draw.choice(WORDS) for _ in range(draw.randint(1, 6))]
    gaps = [draw.choice((" ", " ", " ", "  ", "\n" if lines else " ")) for _ in words[1:]]
    return "".join(word + gap for word, gap in zip(words, [*gaps, ""], strict=True)).strip()


def planned(count: int, seed: int, *, lines: bool = True, remarks: bool = True, free: bool = True) -> list[Planned]:
    """Return so many different questions; `lines` may break, `free` ones have no options."""
    draw = random.Random(seed)
    questions = []
    for number in range(count):
        prompt = f"{number} {phrase(draw, lines=lines)}"
        category = draw.choice(("", "algebra", "Brüche, gekürzt", "a;b"))
        if free and draw.random() < 0.2:
            questions.append(Planned(prompt=prompt, answer=draw.choice(("42", "-3.5", "Paris")), category=category))
            continue
        size = draw.randint(2, 10)
        options = tuple(f"{phrase(draw, lines=False)} {place}" for place in range(size))
        right = draw.randrange(size)
        named = tuple(
            "" if place == right or not remarks or draw.random() < 0.4 else f"takes {phrase(draw, lines=False)}"
            for place in range(size)
        )
        named = tuple(" ".join(remark.split()) for remark in named)
        questions.append(Planned(prompt=prompt, options=options, right=right, remarks=named, category=category))
    return questions


def as_table(questions: Sequence[Planned], separator: str, *, correct: str = "letter") -> str:
    """Write a table as a spreadsheet does, each right option by its letter, number or text."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\r\n")
    letters = "abcdefghij"
    writer.writerow([
        "question", *(f"option_{name}" for name in letters), "correct", "category",
        *(f"misconception_{name}" for name in letters),
    ])  # fmt: skip
    for question in questions:
        named = {
            "letter": letters[question.right],
            "number": str(question.right + 1),
            "text": question.options[question.right] if question.options else "",
        }
        writer.writerow([
            question.prompt, *padded(question.options), named[correct] if question.options else question.answer,
            question.category, *padded(question.remarks),
        ])  # fmt: skip
    return text.getvalue()


def padded(cells: Sequence[str]) -> list[str]:
    return [*cells, *[""] * (10 - len(cells))]


def as_gift(questions: Sequence[Planned]) -> str:
    """Write GIFT as Moodle exports it, a category before each question that has another than the one before."""
    parts = ["// questions of a course"]
    category = ""
    for number, question in enumerate(questions):
        if question.category != category:
            category = question.category
            parts.append(f"$CATEGORY: $course$/top/{category}" if category else "$CATEGORY: $course$/top")
        answers = [f"={escaped(question.answer)}"]
        if question.options:
            answers = [
                ("=" if place == question.right else "~") + escaped(option) + (f"#{escaped(remark)}" if remark else "")
                for place, (option, remark) in enumerate(zip(question.options, told(question), strict=True))
            ]
        elif question.answer[-1].isdigit() and number % 2:
            answers = [f"#{question.answer}"]
        inside = "\n".join(f"\t{answer}" for answer in answers)
        title = f"::{escaped(titled(question))}::" if number % 3 else ""
        parts.append(f"{title}{escaped(question.prompt)}{{\n{inside}\n}}")
    return "\n\n".join(parts) + "\n"


def titled(question: Planned) -> str:
    """Return how a question is called in a file that has names."""
    return question.prompt[:9].splitlines()[0]


def told(question: Planned) -> list[str]:
    """Return what is fed back to each option, the right one's praise among it."""
    return [question.praise if place == question.right else text for place, text in enumerate(question.remarks)]


def escaped(text: str) -> str:
    escapes = {character: f"\\{character}" for character in "\\~=#{}:"} | {"\n": "\\n"}
    marked = "".join(escapes.get(character, character) for character in text)
    return f"[plain]{marked}" if text.startswith("[html]") else marked


def as_aiken(questions: Sequence[Planned], mark: str) -> str:
    """Write Aiken; `mark` stands behind the letters of options."""
    parts = []
    for question in questions:
        letters = "ABCDEFGHIJ"[: len(question.options)]
        options = [f"{name}{mark} {option}" for name, option in zip(letters, question.options, strict=True)]
        parts.append("\n".join([question.prompt, *options, f"ANSWER: {letters[question.right]}"]))
    return "\n\n".join(parts) + "\n"


def as_workbook(questions: Sequence[Planned], path: Path) -> None:
    """Write a workbook with a sheet of notes and one of questions, whose third row is empty."""
    import openpyxl  # type: ignore[import-untyped]

    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active["A1"] = "written in spring"
    sheet = book.create_sheet("Questions")
    first, *rows = csv.reader(io.StringIO(as_table(questions, ","), newline=""))
    for place, row in enumerate([first, rows[0], [], *rows[1:]], start=1):
        for column, text in enumerate(row, start=1):
            if text:
                sheet.cell(place, column).value = text
                sheet.cell(place, column).data_type = "s"
    book.save(path)


def every_question(environment: OwnQuestions) -> list[Question]:
    splits = environment.questions(0)
    return [*splits.pool, *splits.probe, *splits.held_out]


def read(path: Path, **parameters: Any) -> dict[str, Question]:
    environment = OwnQuestions(rows=str(path), **parameters)
    assert environment.questions(0).notices == ()
    return {question.prompt: question for question in every_question(environment)}


def table(folder: Path, *lines: str, name: str = "own.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(lines), encoding="utf-8")
    return path
