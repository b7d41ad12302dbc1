"""Reads problems without options, each with a worked solution: GSM8K's rows, and those of MATH and NuminaMath.

GSM8K: Cobbe et al. 2021, arXiv 2110.14168: question, and an answer that ends in "#### 18". MATH: Hendrycks et al. 2021,
arXiv 2103.03874, and NuminaMath (Li et al. 2024): problem, and a solution whose last \\boxed{…} is what it comes to;
"#### …" is put behind it, so that what is demonstrated says its answer in one way.
"""

import hashlib
from collections.abc import Mapping

from environments.row_files import short
from simulation.core.errors import DataError
from simulation.core.kinds.reference import Reference
from simulation.core.types import Question

MARK = "####"
BOX = "\\boxed{"
COLUMNS = (("question", "answer"), ("problem", "solution"))
"""What is asked and how it is worked out, by either name."""
TAGS = ("type", "subject", "source", "level")
"""Columns of which the first that a row has is its category."""


def columns_of(row: Mapping[str, object]) -> tuple[str, str] | None:
    """Return the columns of a worked problem that a row has, None where it is none."""
    return next((pair for pair in COLUMNS if all(column in row for column in pair)), None)


def worked(row: Mapping[str, object], columns: tuple[str, str]) -> Question:
    """Return the question that a row is; raises DataError with the reason where it is none."""
    asked, solution = (row[column] for column in columns)
    for column, value in zip(columns, (asked, solution), strict=True):
        if not isinstance(value, str) or not value.strip():
            raise DataError(f"{column} must be a text, got {short(value)}")
    prompt, answer = str(asked).strip(), ended(str(solution).strip(), columns[1])
    try:
        digest = hashlib.sha256(prompt.encode()).hexdigest()
        answer.encode()
    except UnicodeEncodeError:
        raise DataError(f"holds half a surrogate pair: {short(prompt + answer)}") from None
    tags = (str(row[name]) for name in TAGS if isinstance(row.get(name), str) and str(row[name]).strip())
    return Question(
        id=f"worked-{digest[:16]}", prompt=prompt, key=Reference(answer=answer), tags=tuple(tags)[:1] or ("worked",)
    )


def ended(solution: str, column: str) -> str:
    """Return a solution that ends with what it comes to, behind "####"."""
    if MARK in solution:
        if not solution.rpartition(MARK)[2].strip():
            raise DataError(f"nothing stands behind {MARK} in {column} {short(solution[-60:])}")
        return solution
    content = boxed(solution)
    if content is None:
        raise DataError(f"{column} says neither {MARK} nor {BOX}…}} at its end: {short(solution[-60:])}")
    return f"{solution}\n{MARK} {content}"


def boxed(solution: str) -> str | None:
    """Return what stands in the last \\boxed{…}, braces matched; None where there is none, or it is empty or open."""
    start = solution.rfind(BOX)
    if start < 0:
        return None
    depth = 1
    for place in range(start + len(BOX), len(solution)):
        depth += {"{": 1, "}": -1}.get(solution[place], 0)
        if depth == 0:
            return solution[start + len(BOX) : place].strip() or None
    return None
