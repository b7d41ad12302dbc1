"""From what a student writes to the program that is run: fences taken off, openings continued, tests looked at."""

import re
import textwrap
from functools import lru_cache

from simulation.core.errors import DataError
from simulation.core.kinds.program_tests import Tests
from simulation.core.python_source import check_compiles, same_program
from simulation.core.types import Question

FENCE = re.compile(r" {0,3}```[ \t]*+([\w.+-]*)[ \t]*\r?")
"""A line that opens or closes a code block of Markdown; "*+" keeps what it took, or many spaces take very long."""
PYTHON = ("python", "python3", "py")
DEFINITION = re.compile(r"^(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)


def program_in(question: Question, text: str) -> str:
    """Return the program that an answer's text is.

    A code block of Markdown is taken out of what stands around it. Where the question has an opening, the text
    continues it, unless it defines the opening's last function itself: then it follows what stands before that
    function, such as imports.
    """
    code = unfenced(text)
    opening = question.form.opening
    if not opening:
        return code
    last_function = function_of(opening)
    if last_function is not None and last_function[1] in DEFINITION.findall(code):
        return opening[: last_function[0]] + code
    return opening + (shifted(opening, code) if opening.endswith("\n") else code)


def unfenced(text: str) -> str:
    """Return the first block of Python in Markdown, else the first block, else the text as it stands.

    A block that is never closed goes to the end. A bare fence behind code that began before the text closes it.
    """
    lines = text.split("\n")
    fences = [(index, fence[1].lower()) for index, line in enumerate(lines) if (fence := FENCE.fullmatch(line))]
    if not fences:
        return text
    first_fence, language = fences[0]
    if not language and "".join(lines[:first_fence]).strip() and (len(fences) == 1 or fences[1][1]):
        return "\n".join(lines[:first_fence])
    openers, closers = fences[::2], [*(index for index, _ in fences[1::2]), len(lines)]
    blocks = [(language, lines[start + 1 : end]) for (start, language), end in zip(openers, closers, strict=False)]
    program_lines = next((block for language, block in blocks if language in PYTHON), blocks[0][1])
    return "\n".join(program_lines)


def function_of(opening: str) -> tuple[int, str] | None:
    """Return where the last function of an opening begins, its decorators included, and its name."""
    definitions = list(DEFINITION.finditer(opening))
    if not definitions:
        return None
    start = definitions[-1].start()
    while (before := opening[:start]).rpartition("\n")[0] and line_before(before).startswith("@"):
        start = before[:-1].rfind("\n") + 1
    return start, definitions[-1][1]


def line_before(text: str) -> str:
    """Return the last whole line of a text that ends with a line break."""
    return text[:-1].rpartition("\n")[2]


def shifted(opening: str, code: str) -> str:
    """Return code that continues whole lines, indented as they are where its own indentation is lost.

    A text whose surrounding space was stripped lacks the indentation of its first line only; one that begins at the
    margin throughout lacks all of it.
    """
    lines = [line for line in code.split("\n") if line.strip()]
    if not lines or lines[0][0] in " \t":
        return code
    margin = margin_of(opening)
    begins_block = lines[0].rstrip().endswith((":", "(", "[", "{", "\\"))
    inner = margin + " " if begins_block else margin
    if len(lines) == 1 or indentation(lines[1]).startswith(inner):
        return margin + code.lstrip("\r\n")
    return textwrap.indent(code, margin)


def margin_of(opening: str) -> str:
    """Return the indentation of what follows an opening's last line."""
    last_line = next((line for line in reversed(opening.split("\n")) if line.strip()), "")
    return indentation(last_line) + ("    " if last_line.rstrip().endswith(":") else "")


def indentation(line: str) -> str:
    """Return the white space that a line begins with."""
    return line[: len(line) - len(line.lstrip())]


def equals_reference(question: Question, source: str) -> bool:
    """Say whether a program is the reference but for formatting and comments."""
    reference = question.key.reference
    if reference is None:
        return False
    try:
        return same_program(source, program_in(question, reference))
    except DataError:
        return False


def untested(question: Question) -> str | None:
    """Return that a question has no tests and what to do, where it has none."""
    if isinstance(question.key, Tests) and question.key.tests:
        return None
    what = f"question {question.id!r} has no tests, so that no program can be judged by it"
    return f"{what}; give it tests, or name another judge"


@lru_cache(maxsize=1 << 14)
def program_tests(question: Question) -> Tests:
    """Return what judges a program; raises DataError where it can judge nothing."""
    key = question.key
    if not isinstance(key, Tests) or not key.tests:
        raise DataError(untested(question))
    named_tests = [(f"test {number}", test.code) for number, test in enumerate(key.tests, start=1)]
    for part, code in (("setup", key.setup), *named_tests):
        try:
            check_compiles(code)
        except DataError as error:
            raise DataError(f"{part} of question {question.id!r} {error}; correct it: {code[:80]!r}") from None
    return key
