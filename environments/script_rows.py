"""Reads programming tasks whose tests are pairs of an input and an output: rows of APPS and of CodeContests.

APPS: Hendrycks et al. 2021, "Measuring Coding Challenge Competence With APPS", arXiv 2105.09938; a row holds problem_id
(or id), question, input_output and, where they are, solutions, starter_code and difficulty. Those with a fn_name call a
function; the others, and all of CodeContests, are scripts that read standard input.
CodeContests: Li et al. 2022, "Competition-level code generation with AlphaCode", arXiv 2203.07814; a row holds name,
description, public_tests and, where they are, private_tests, generated_tests and solutions.

Every pair counts for the truth. Of those that the description does not show the first half is visible.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from environments.row_files import short
from environments.row_texts import text_in
from simulation.core import brought_json
from simulation.core.errors import DataError
from simulation.core.kinds.code import Code
from simulation.core.kinds.program_tests import SCRIPT, Test, Tests
from simulation.core.python_source import check_compiles
from simulation.core.types import Question

APPS = ("problem_id", "question", "input_output")
CONTESTS = ("name", "description", "public_tests")
READS = "Write a program in Python that reads from standard input and writes to standard output."
PYTHON_3 = (3, "PYTHON3")
"""How CodeContests marks a solution in Python 3."""
Pair = tuple[Any, Any]  # JSON values of the row: an input and the output it should give


def of_apps(row: Mapping[str, object]) -> Question:
    """Return the question of a row of APPS; raises DataError where it is none."""
    identity = row.get("problem_id", row.get("id"))
    if not isinstance(identity, str | int) or isinstance(identity, bool) or not str(identity).strip():
        raise DataError(f"problem_id must be a text or a number, got {short(identity)}")
    tests = decoded(row, "input_output")
    if not isinstance(tests, Mapping):
        raise DataError(f"input_output must hold inputs and outputs, got {short(tests)}")
    description, starter, function = text_in(row, "question").strip(), str(row.get("starter_code") or ""), None
    pairs = pairs_of(tests, "inputs", "outputs")
    if tests.get("fn_name") is not None:
        function = called(tests["fn_name"], starter)
    prompt = "\n".join(part for part in (description, starter.rstrip() or ("" if function else READS)) if part)
    return Question(
        id=f"apps-{identity}",
        prompt=prompt,
        form=Code(),
        key=Tests(
            tests=marked([], pairs, description, function),
            setup="" if function else SCRIPT,
            reference=first_program(decoded(row, "solutions") if row.get("solutions") else []),
        ),
        tags=("apps", *([str(row["difficulty"])] if row.get("difficulty") else [])),
    )


def of_contest(row: Mapping[str, object]) -> Question:
    """Return the question of a row of CodeContests; raises DataError where it is none."""
    name, description = text_in(row, "name").strip(), text_in(row, "description").strip()
    shown, *others = (
        pairs_of(row[part], "input", "output") if row.get(part) else []
        for part in ("public_tests", "private_tests", "generated_tests")
    )
    solutions = row.get("solutions") or {}
    if not isinstance(solutions, Mapping):
        raise DataError(f"solutions must hold language and solution, got {short(solutions)}")
    languages, sources = solutions.get("language", []), solutions.get("solution", [])
    programs = [source for language, source in zip(languages, sources, strict=False) if language in PYTHON_3]
    return Question(
        id=f"codecontests-{name}",
        prompt=f"{description}\n{READS}",
        form=Code(),
        key=Tests(
            tests=marked(shown, [pair for part in others for pair in part], description, None),
            setup=SCRIPT,
            reference=first_program(programs),
        ),
        tags=("codecontests",),
    )


def decoded(row: Mapping[str, object], column: str) -> Any:  # JSON
    """Return a column that holds JSON, as text or as itself."""
    value = row[column]
    if not isinstance(value, str):
        return value
    try:
        return brought_json.decoded(value)
    except DataError as error:
        raise DataError(f"{column}: {error}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{column} is not JSON ({error}): {short(value)}") from None


def pairs_of(tests: object, inputs: str, outputs: str) -> list[Pair]:
    """Return the pairs of a column; raises DataError where inputs and outputs are not as many of both."""
    columns = [tests.get(name) for name in (inputs, outputs)] if isinstance(tests, Mapping) else []
    given, expected = columns or (None, None)
    is_list = all(isinstance(column, Sequence) and not isinstance(column, str) for column in (given, expected))
    if not is_list or len(given) != len(expected):  # type: ignore[arg-type]
        raise DataError(f"{inputs} and {outputs} must be lists of equal length, got {short(given)}, {short(expected)}")
    return list(zip(given, expected, strict=True))  # type: ignore[arg-type]


def marked(shown: Sequence[Pair], others: Sequence[Pair], description: str, function: str | None) -> tuple[Test, ...]:
    """Return the tests of pairs: hidden where the description shows them, and the second half of the others."""
    words = " ".join(description.split())
    is_shown = [function is None and " ".join(text_of(given).split()) in words for given, _ in others]
    fresh = [code_of(pair, function) for pair, seen in zip(others, is_shown, strict=True) if not seen]
    seen = [
        code_of(pair, function) for pair in [*shown, *(p for p, seen in zip(others, is_shown, strict=True) if seen)]
    ]
    fresh = [code for code in dict.fromkeys(fresh) if code not in seen]
    if not fresh and not seen:
        raise DataError("has no tests: there is no pair of an input and an output")
    half = (len(fresh) + 1) // 2
    hidden = dict.fromkeys([*seen, *fresh[half:]])
    return (*(Test(code=code) for code in fresh[:half]), *(Test(code=code, hidden=True) for code in hidden))


def text_of(value: object) -> str:
    """Return an input or an output of a script, which may be given line by line."""
    lines: Sequence[Any] = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    if not all(isinstance(line, str) for line in lines):
        raise DataError(f"an input or output of a script must be a text or lines, got {short(value)}")
    return "\n".join(lines)


def code_of(pair: Pair, function: str | None) -> str:
    """Return a test as Python; a function's answer may stand in a list, and as a list where it is a tuple."""
    given, expected = pair
    if function is None:
        return f"assert printed({text_of(given)!r}) == {text_of(expected)!r}"
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise DataError(f"an input of a function must be the list of its arguments, got {short(given)}")
    arguments = ", ".join(map(repr, given))
    answers = [expected, *(expected[:1] if isinstance(expected, list) else [])]
    call = f"answer = {function}({arguments})\nanswer = list(answer) if isinstance(answer, tuple) else answer"
    return f"{call}\nassert " + " or ".join(f"answer == {answer!r}" for answer in answers)


def called(name: object, starter: str) -> str:
    """Return how a test calls a function: that of a class where the starter code begins one."""
    if not isinstance(name, str) or not name.isidentifier():
        raise DataError(f"fn_name must be a function's name, got {short(name)}")
    return f"Solution().{name}" if "class Solution" in starter else name


def first_program(sources: object) -> str | None:
    """Return the first source that Python 3 compiles; None where there is none."""
    for source in sources if isinstance(sources, Sequence) and not isinstance(sources, str) else []:
        try:
            check_compiles(str(source))
        except DataError:
            continue
        return str(source)
    return None
