"""Rows of APPS and CodeContests become questions whose pairs of input and output judge a program."""

import json
from pathlib import Path
from typing import Any

import pytest

from agents.judges.executor import AllTests, Executor
from environments.program_rows import load_programs
from simulation.core.errors import DataError
from simulation.core.kinds.program_tests import SCRIPT, Tests
from simulation.core.types import Question
from tests.support.judged_programs import judged

pytestmark = pytest.mark.usefixtures("sandboxed")
TWICE = "print(int(input()) * 2)"


def apps(**changes: object) -> dict[str, Any]:
    pairs = {"inputs": ["1\n", "2\n", "3\n", "40\n"], "outputs": ["2\n", "4\n", ["6"], "80\n"]}
    return {
        "problem_id": 7,
        "question": "Double a number.\n-----Example-----\nInput\n40\nOutput\n80",
        "solutions": json.dumps(["print int(raw_input()) * 2", TWICE]),
        "input_output": json.dumps(pairs),
        "difficulty": "interview",
        "starter_code": "",
    } | changes


def contest(**changes: object) -> dict[str, Any]:
    return {
        "name": "1_A. Double",
        "description": "Double a number.",
        "public_tests": {"input": ["1\n"], "output": ["2\n"]},
        "private_tests": {"input": ["2\n", "1\n"], "output": ["4\n", "2\n"]},
        "generated_tests": {"input": ["5\n", "6\n"], "output": ["10\n", "12\n"]},
        "solutions": {"language": [2, 1, 3], "solution": ["int main(){}", "print 1", TWICE]},
        "incorrect_solutions": {"language": [], "solution": []},
    } | changes


CALLS = apps(
    input_output=json.dumps({"fn_name": "f", "inputs": [[1, [2]], [3, [4]]], "outputs": [[[1, 2]], [[3, 4]]]}),
    solutions=json.dumps(["def f(a, b):\n    return [a, *b]"]),
    starter_code="def f(a, b):\n\t",
)
METHOD = apps(
    problem_id="8",
    input_output={"fn_name": "f", "inputs": [[1], [2]], "outputs": [2, 3]},
    solutions=["class Solution:\n    def f(self, x):\n        return x + 1"],
    starter_code="class Solution:\n    def f(self, x: int) -> int:\n        ",
)


def read(tmp_path: Path, row: object) -> Question:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row), encoding="utf-8")
    (question,) = load_programs(path).questions
    return question


def codes(question: Question) -> tuple[list[str], list[str]]:
    """The visible tests and the hidden ones."""
    assert isinstance(question.key, Tests)
    visible = [test.code for test in question.key.tests if not test.hidden]
    return visible, [test.code for test in question.key.tests if test.hidden]


def test_a_row_of_apps_is_a_script_whose_shown_pairs_only_measure(tmp_path: Path) -> None:
    question = read(tmp_path, apps())
    assert (question.id, question.tags, question.key.reference) == ("apps-7", ("apps", "interview"), TWICE)
    assert question.prompt.startswith("Double a number.") and question.prompt.endswith("writes to standard output.")
    visible, hidden = codes(question)
    assert visible == ["assert printed('1\\n') == '2\\n'", "assert printed('2\\n') == '4\\n'"]
    assert hidden == ["assert printed('40\\n') == '80\\n'", "assert printed('3\\n') == '6'"]
    assert isinstance(question.key, Tests) and question.key.setup == SCRIPT


def test_a_row_of_code_contests_counts_all_its_tests_once(tmp_path: Path) -> None:
    question = read(tmp_path, contest())
    assert (question.id, question.tags, question.key.reference) == (
        "codecontests-1_A. Double",
        ("codecontests",),
        TWICE,
    )
    visible, hidden = codes(question)
    assert visible == ["assert printed('2\\n') == '4\\n'", "assert printed('5\\n') == '10\\n'"]
    assert hidden == ["assert printed('1\\n') == '2\\n'", "assert printed('6\\n') == '12\\n'"]
    alone = read(tmp_path, contest(private_tests=None, generated_tests=None, solutions=None))
    assert codes(alone) == ([], ["assert printed('1\\n') == '2\\n'"]) and alone.key.reference is None


@pytest.mark.parametrize(
    ("row", "right", "wrong", "half"),
    [
        (apps(), "n = input()\nprint(2 * int(n))", "print(input())", "n = int(input())\nprint(2 * n if n < 3 else 0)"),
        (contest(), "print(float(input()) * 2)", "", "n = int(input())\nprint(2 * n if n < 6 else 0)"),
        (CALLS, "def f(a, b): return (a, b[0])", "def f(a, b): return a", "def f(a, b): return [1, 2]"),
        (METHOD, "class Solution:\n    def f(self, n): return n + 1", "class Solution: pass",
         "class Solution:\n    def f(self, n): return 2"),
    ],
)  # fmt: skip
def test_a_program_is_judged_by_its_pairs(tmp_path: Path, row: object, right: str, wrong: str, half: str) -> None:
    question = read(tmp_path, row)
    assert AllTests().audit([question]) == Executor().audit([question]) == []
    for judge, scores in ((AllTests(), [1.0, 0.0, 0.0]), (Executor(), [1.0, 0.0, 1.0])):
        assert [feedback.score for feedback in judged(judge, right, wrong, half, question=question)] == scores


def test_what_is_said_of_a_script_names_the_input_and_what_it_printed(tmp_path: Path) -> None:
    (said,) = judged(Executor(), "print(int(input()) + 3)", question=read(tmp_path, apps()))
    assert said.explanation == "Test 1 of 2 failed (returned '4\\n'): assert printed('1\\n') == '2\\n'"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (apps(problem_id=None), "problem_id must be a text or a number"),
        (apps(question=" "), "question must be a text"),
        (apps(input_output="{"), "input_output is not JSON"),
        (apps(input_output="[]"), "input_output must hold inputs and outputs"),
        (apps(input_output='{"inputs": ["1"], "outputs": []}'), "must be lists of equal length"),
        (apps(input_output='{"inputs": "1", "outputs": "1"}'), "must be lists of equal length"),
        (apps(input_output='{"inputs": [], "outputs": []}'), "has no tests"),
        (apps(input_output='{"inputs": [1], "outputs": [2]}'), "must be a text or lines, got 1"),
        (apps(input_output='{"fn_name": "a b", "inputs": [[1]], "outputs": [2]}'), "fn_name must be a function's name"),
        (apps(input_output='{"fn_name": "f", "inputs": [1], "outputs": [2]}'), "must be the list of its arguments"),
        (apps(solutions="["), "solutions is not JSON"),
        (contest(name=None), "name must be a text"),
        (contest(public_tests={"input": ["1"]}), "must be lists of equal length"),
        (contest(public_tests=None, private_tests=None, generated_tests=None), "has no tests"),
        (contest(solutions=[1]), "solutions must hold language and solution"),
    ],
)
def test_a_bad_row_is_refused_with_its_reason(tmp_path: Path, row: object, reason: str) -> None:
    with pytest.raises(DataError, match=f"rows.jsonl:1: .*{reason}"):
        read(tmp_path, row)
