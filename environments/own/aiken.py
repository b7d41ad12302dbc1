"""Reads Aiken: a question, its options each behind a letter, and a line that says which of them is right.

The format is Moodle's (docs.moodle.org, "Aiken format"). It has no category and no feedback.
"""

import re
from collections.abc import Iterator
from string import ascii_uppercase

from environments.own.draft import Draft
from environments.row_files import short
from simulation.core.errors import DataError

OPTION = re.compile(r"\s*([A-Z])[.)]\s*(.*?)\s*")
ANSWER = re.compile(r"\s*ANSWER\s*:\s*(.*?)\s*", re.IGNORECASE)


def aiken_drafts(text: str) -> Iterator[tuple[int, Draft | DataError]]:
    """Yield the questions of a file, each with the line in which it begins, or why it cannot be one."""
    prompt: list[str] = []
    options: list[tuple[str, str]] = []
    strays: list[str] = []
    start = 0
    for number, line in enumerate(text.split("\n"), start=1):
        answer, option = ANSWER.fullmatch(line), OPTION.fullmatch(line)
        start = number if not (prompt or options or strays) and line.strip() else start
        if answer:
            yield start, drafted(prompt, options, strays, answer[1])
            prompt, options, strays = [], [], []
        elif option and (prompt or options):
            options.append((option[1], option[2]))
        elif line.strip() and not options:
            prompt.append(line.strip())
        elif line.strip():
            strays.append(f"line {number} ({short(line.strip())})")
        elif options:
            yield start, DataError("it has no line ANSWER: before a blank one; write ANSWER: and the letter below it")
            prompt, options, strays = [], [], []
    if prompt or options or strays:
        yield start, DataError("it has no line ANSWER:; write ANSWER: and the letter of the right option below it")


def drafted(prompt: list[str], options: list[tuple[str, str]], strays: list[str], answer: str) -> Draft | DataError:
    """Return a question, or why it is none."""
    letters = "".join(name for name, _ in options)
    if strays:
        return DataError(f"{', '.join(strays)} is neither an option such as 'B. text' nor ANSWER:; put it on one line")
    if not options:
        return DataError("it has no options such as 'A. text'; write one a line")
    if letters != ascii_uppercase[: len(letters)]:
        return DataError(f"its options are called {', '.join(letters)}; call them A, B, C … in order")
    return Draft(
        prompt="\n".join(prompt),
        options=tuple(text for _, text in options),
        labels=tuple(letters.lower()),
        correct=answer,
    )
