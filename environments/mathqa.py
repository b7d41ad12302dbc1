"""Reads MathQA rows, from a file, a folder or the Hub, into questions; a row that cannot be read is named, not dropped.

MathQA: Amini et al. 2019, "MathQA: Towards Interpretable Math Word Problem Solving", arXiv 1905.13319. A row holds
Problem, options ("a ) 38 , b ) 40 , ..."), correct ("a" to "e") and category; the other columns are not read.
"""

import ast
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from environments.row_files import Rows, read_questions, short
from environments.worked_problems import COLUMNS as WORKED
from environments.worked_problems import columns_of, worked
from simulation.core.errors import DataError
from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.types import Question

LETTERS = "abcde"
COLUMNS = ("Problem", "options", "correct", "category")


def load_rows(source: str | Path, split: str | None = None) -> Rows:
    """Read MathQA's rows, or worked problems, of a file, a folder or a dataset on the Hub, as `read_questions` does.

    A question's id is the hash of its content, so that it is the same wherever the row lies. Options that are equal are
    one choice.
    """
    columns = " or ".join(", ".join(names) for names in (COLUMNS, *WORKED))
    return read_questions(source, split, _question, kind="maths", columns=columns)


def parse_options(options: object) -> list[str]:
    """Return the five option texts of an options string, or of a list of five; raises DataError where they are not.

    Letters are looked for from left to right, first a, then b behind it, up to e: some 1.5 % of MathQA's rows repeat
    their letters ("a ) a ) 3 , b ) b ) 4"), so a pattern for any letter finds more than five.
    """
    if isinstance(options, str) and options.lstrip().startswith("["):
        try:
            options = ast.literal_eval(options.strip())
        except (ValueError, SyntaxError):
            raise DataError(f"options look like a list but cannot be read as one: {short(options)}") from None
    if isinstance(options, str):
        parts = _split(options)
    elif isinstance(options, list | tuple) and len(options) == len(LETTERS):
        parts = [str(option) for option in options]
    else:
        raise DataError(f"options must be a text or five texts, got {short(options)}")
    texts = [re.sub(r"^\s*(?:[a-e]\s*\)\s*)+", "", part).strip() for part in parts]
    empty = [letter for letter, text in zip(LETTERS, texts, strict=True) if not text]
    if empty:
        raise DataError(f"option {', '.join(empty)} is empty in {short(options)}")
    return texts


def _split(options: str) -> list[str]:
    starts, ends = [], []
    position = 0
    for letter in LETTERS:
        pattern = rf"{'^' if letter == 'a' else ','}\s*{letter}\s*\)"
        match = re.compile(pattern).search(options, position)
        if match is None:
            raise DataError(f"option {letter} is missing in {short(options)}")
        starts.append(match.end())
        ends.append(match.start())
        position = match.end()
    return [options[start:end] for start, end in zip(starts, [*ends[1:], len(options)], strict=True)]


def _question(row: object) -> Question:
    if not isinstance(row, Mapping):
        raise DataError(f"not a JSON object but {short(row)}")
    if "options" not in row and (pair := columns_of(row)) is not None:
        return worked(row, pair)
    missing = [column for column in COLUMNS if column not in row]
    if missing:
        raise DataError(f"lacks the column {', '.join(missing)}; it has {', '.join(map(str, row)) or 'none'}")
    problem, correct, category = row["Problem"], row["correct"], row["category"]
    if not isinstance(problem, str) or not problem.strip():
        raise DataError(f"Problem must be a text, got {short(problem)}")
    if not isinstance(correct, str) or correct.strip().lower() not in tuple(LETTERS):
        raise DataError(f"correct must be a letter from a to e, got {short(correct)}")
    if not isinstance(category, str) or not category.strip():
        raise DataError(f"category must be a text, got {short(category)}")
    texts = parse_options(row["options"])
    content = "\n".join([problem.strip(), *texts])
    try:
        category.encode()
        digest = hashlib.sha256(content.encode()).hexdigest()
    except UnicodeEncodeError:
        raise DataError(f"holds half a surrogate pair: {short(content + category)}") from None
    return Question(
        id=f"mathqa-{digest[:16]}",
        prompt=problem.strip(),
        form=Options(choices=tuple(dict.fromkeys(texts))),
        key=Reference(answer=texts[LETTERS.index(correct.strip().lower())]),
        tags=(category.strip(),),
    )
