"""Reads programming tasks, rows of MBPP, of HumanEval's format, of APPS or CodeContests, into questions with tests.

MBPP: Austin et al. 2021, "Program Synthesis with Large Language Models", arXiv 2108.07732; a row holds task_id, text
(sanitized: prompt), code, test_list and, where they are, test_setup_code and test_imports.
HumanEval: Chen et al. 2021, arXiv 2107.03374; a row holds task_id, prompt, entry_point, canonical_solution and test.

The truth is the published suite's own: every test of it counts. A test that a prompt shows is hidden, so that nobody
learns from passing it. MBPP shows its first test, without which nobody could know the function's name; its last test is
hidden too. Of HumanEval's asserts those whose call the prompt shows are hidden, and the second half of the others; a
check that is more than asserts is one hidden test. A row without a visible test is for evaluation only.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from environments.checks import asserts_in, is_shown
from environments.row_files import Rows, read_questions, short
from environments.row_texts import parsed_part, python_in, text_in
from environments.script_rows import APPS, CONTESTS, of_apps, of_contest
from simulation.core.errors import DataError
from simulation.core.kinds.code import Code
from simulation.core.kinds.program_tests import Test, Tests
from simulation.core.python_source import parsed, source_of
from simulation.core.types import Question

MBPP = ("task_id", "text", "code", "test_list")
HUMAN_EVAL = ("task_id", "prompt", "entry_point", "canonical_solution", "test")
LEARN = range(601, 975)
"""MBPP's own split by task_id: what may be learned from."""
VALIDATE = range(511, 601)
"""What policies may measure on."""
EVALUATE = range(11, 511)
"""What only the evaluation sees; 1 to 10 are examples for prompts."""


def load_programs(source: str | Path, split: str | None = None) -> Rows:
    """Read the tasks of a file, a folder or a dataset on the Hub, as `read_questions` does.

    A row with a test_list is MBPP's, one with an entry_point HumanEval's, one with input_output APPS's, one with
    public_tests that of CodeContests. `number` tells an MBPP question's place in
    the ranges `LEARN`, `VALIDATE` and `EVALUATE`.
    """
    formats = {"MBPP": MBPP, "HumanEval": HUMAN_EVAL, "APPS": APPS, "CodeContests": CONTESTS}
    columns = ", or ".join(f"{', '.join(names)} ({name})" for name, names in formats.items())
    return read_questions(source, split, _question, kind="programming", columns=columns)


def number(question: Question) -> int | None:
    """Return the task_id of an MBPP question; None for others."""
    match = re.fullmatch(r"mbpp-(\d+)", question.id)
    return None if match is None else int(match[1])


def _question(row: object) -> Question:
    if not isinstance(row, Mapping):
        raise DataError(f"not a JSON object but {short(row)}")
    try:
        if "test_list" in row:
            return _of_mbpp(row)
        if "entry_point" in row:
            return _of_human_eval(row)
        if "input_output" in row:
            return of_apps(row)
        if "public_tests" in row:
            return of_contest(row)
    except RecursionError:
        raise DataError("its Python nests too deeply") from None
    raise DataError(
        "has neither a test_list (MBPP) nor an entry_point (HumanEval), input_output (APPS) or public_tests "
        f"(CodeContests); it has {', '.join(map(str, row))}"
    )


def _of_mbpp(row: Mapping[str, object]) -> Question:
    identity = row.get("task_id")
    if type(identity) is not int or identity < 0:
        raise DataError(f"task_id must be a whole number, got {short(identity)}")
    text = text_in(row, "text" if "text" in row else "prompt")
    code = python_in(row, "code")
    tests = _tests(row, "test_list")
    if not tests:
        raise DataError("has no tests: test_list is empty")
    example, *others = tests
    others = [test for test in dict.fromkeys(others) if not _same(test, example)]
    visible = others[:-1] or others
    return Question(
        id=f"mbpp-{identity}",
        prompt=f"{text.strip()}\nYour program must pass this test, among others:\n{example}",
        form=Code(),
        key=Tests(
            tests=_marked(visible, [example, *others[len(visible) :]]),
            setup=_setup(row),
            reference=code.strip("\n"),
        ),
        tags=("mbpp",),
    )


def _setup(row: Mapping[str, object]) -> str:
    """Return what runs before an MBPP row's tests."""
    lines = row.get("test_imports") or []
    if not isinstance(lines, Sequence) or not all(isinstance(line, str) for line in lines):
        raise DataError(f"test_imports must be a list of texts, got {short(lines)}")
    imports = "\n".join(map(str, lines))
    code = python_in(row, "test_setup_code") if row.get("test_setup_code") else ""
    parsed_part("test_imports", imports)
    return "\n".join(part for part in (imports, code) if part)


def _of_human_eval(row: Mapping[str, object]) -> Question:
    identity, entry = row.get("task_id"), row.get("entry_point")
    if not isinstance(identity, str | int) or isinstance(identity, bool) or not str(identity).strip():
        raise DataError(f"task_id must be a text or a number, got {short(identity)}")
    if not isinstance(entry, str) or not entry.isidentifier():
        raise DataError(f"entry_point must be a function's name, got {short(entry)}")
    opening, continuation, check = text_in(row, "prompt"), text_in(row, "canonical_solution"), python_in(row, "test")
    opening = opening if opening.endswith("\n") else f"{opening}\n"
    tree = parsed_part("prompt with its canonical_solution", opening + continuation)
    if entry not in [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]:
        raise DataError(f"its prompt begins no function {entry!r}, which is its entry_point")
    setup, tests = _checks(check, entry, opening)
    place, _, rest = str(identity).strip().lower().rpartition("/")
    return Question(
        id=f"{place or 'humaneval'}-{rest}",
        prompt=opening,
        form=Code(opening=opening),
        key=Tests(tests=tests, setup=setup, reference=continuation.rstrip()),
        tags=(place or "humaneval",),
    )


def _checks(check: str, entry: str, opening: str) -> tuple[str, tuple[Test, ...]]:
    """Return the setup and the tests of a HumanEval row."""
    tree = parsed(check)
    if not any(isinstance(node, ast.FunctionDef) and node.name == "check" for node in tree.body):
        raise DataError("its test defines no function check")
    split = asserts_in(tree, entry)
    if split is None:
        return check, (Test(code=f"check({entry})", hidden=True),)
    setup, asserts = split
    shown = [code for code in dict.fromkeys(asserts) if is_shown(code, entry, opening)]
    others = [code for code in dict.fromkeys(asserts) if code not in shown]
    half = (len(others) + 1) // 2
    return setup, _marked(others[:half], [*shown, *others[half:]])


def _marked(visible: Sequence[str], hidden: Sequence[str]) -> tuple[Test, ...]:
    return (*(Test(code=code) for code in visible), *(Test(code=code, hidden=True) for code in hidden))


def _tests(row: Mapping[str, object], column: str) -> list[str]:
    """Return the tests of a column, each one Python."""
    values = row.get(column)
    if values is None:
        return []
    if not isinstance(values, Sequence) or isinstance(values, str | bytes):
        raise DataError(f"{column} must be a list of texts, got {short(values)}")
    named = {f"{column} {place}": value for place, value in enumerate(values, start=1)}
    return [python_in(named, name).strip() for name in named]


def _same(first: str, second: str) -> bool:
    """Say whether two tests are one but for their formatting."""
    return source_of(parsed(first)) == source_of(parsed(second))
