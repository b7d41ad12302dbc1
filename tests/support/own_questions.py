"""Questions that a test plans, and how they are written as the files that people bring."""

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass

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
