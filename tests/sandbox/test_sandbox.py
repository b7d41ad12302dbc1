"""The sandbox judges programs as they deserve: verdicts, values that cross the line, output, and MBPP."""

import ast
import gzip
import json
import warnings
from pathlib import Path

import pytest

from agents.sandbox import Limits, Program, Sandbox, SandboxUnavailable, process, run_programs
from benchmarks.executor import soak
from simulation.core.errors import DataError

MBPP = Path(__file__).resolve().parents[3] / "shared" / "data" / "mbpp"
SMALL = Limits(cpu_seconds=1, wall_seconds=1.0)


@pytest.fixture(scope="module", params=["full", "lock"])
def sandbox(request):
    try:
        with Sandbox(level=request.param) as sandbox:
            yield sandbox
    except SandboxUnavailable as error:
        pytest.skip(str(error))


def judged(sandbox, source, *tests, **fields):
    (report,) = sandbox.run([Program(source=source, tests=tests, **fields)])
    return report


def test_each_test_has_its_outcome_with_what_was_printed(sandbox):
    source = "def f(x):\n    print('called with', x)\n    return x + 1"
    report = judged(sandbox, source, "assert f(1) == 2", "assert f(2) == 4", "assert f(3) == 4")
    assert [outcome.verdict for outcome in report.outcomes] == ["passed", "failed", "passed"]
    assert [outcome.output for outcome in report.outcomes] == [f"called with {x}\n" for x in (1, 2, 3)]
    assert (report.verdict, report.passed, report.level) == ("failed", 2, sandbox.level)
    assert report.outcomes[1].message == "returned 3" and 0 < report.cpu_seconds < 1


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        ("def f(x): return x + 1", "passed"),
        ("def f(x): pass", "failed"),
        ("def g(x): return 2", "failed"),
        ("def f(x: return 2", "load_error"),
        ("raise ValueError('no')", "load_error"),
        ("def f(x): return [0] * 10**9", "memory"),
        ("def f(x): return object()", "bad_return"),
        ("import sys; sys.exit(0)", "died"),
        ("def f(x): __import__('os')._exit(0)", "died"),
        ("def f(x): __import__('os').fork()", "blocked"),
        ("while True: pass", "timeout"),
        ("__import__('time').sleep(9)", "timeout"),
    ],
)
def test_a_program_gets_the_verdict_it_deserves(sandbox, source, verdict):
    assert judged(sandbox, source, "assert f(1) == 2", limits=SMALL).verdict == verdict


@pytest.mark.parametrize(
    ("source", "test"),
    [
        ("def f(a): a.append([1]); a[0][0] = 5",
         "a = [[1], 2]\nb = a[0]\nf(a)\nassert a == [[5], 2, [1]] and b == [5]"),
        ("def f(d): d['x'].add(3)", "d = {'x': {1}}\nf(d)\nassert d == {'x': {1, 3}}"),
        ("def f(x): return x", "assert f((1, [2.5, None], {'a': {1, 2}}, b'y', 1j, 10**30, True, '\\ud800'))"),
        ("def f(x): return x",
         "v = (float('inf'), -0.0, frozenset({1}), bytearray(b'a'))\nassert repr(f(v)) == repr(v)"),
        ("from collections import Counter as f", "assert f('aab') == {'a': 2, 'b': 1}"),
        ("class Node:\n    def __init__(s, v): s.v = v\ndef f(n): return n.left.v", "n = Node(1)\nn.left = Node(2)\n"
         "assert f(n) == 2 and n.left.v == 2"),
        ("def f(x, kind): return isinstance(x, kind)", "assert f(1, int)"),
        ("import re\ndef f(x): return re.match('a', x)", "assert f('a') and not f('b')"),
        ("def f(x): raise KeyError(x)", "try:\n    f(1)\nexcept KeyError:\n    pass\nelse:\n    assert False"),
        ("def sum(a, b): return a * b", "assert sum(2, 3) == 6"),
        ("import math\ndef f(): return math.pi", "assert math.isclose(f(), 3.14159, rel_tol=1e-3)"),
        ("def f(*a, **b): return a, b", "assert f(1, c=2) == ((1,), {'c': 2})"),
        ("def f(x): return x + 1", "def check(f):\n    assert f(1) == 2 and [f for f in ()] == []\ncheck(f)"),
        ("def len(x): return 0\ndef f(x): return [x]", "assert len(f(1)) == 1"),
        ("import random\ndef f(): return random.random()", "assert f() == random.Random(3).random()"),
    ],
)  # fmt: skip
def test_values_cross_the_line_unchanged(sandbox, source, test):
    report = judged(sandbox, source, test, seed=3, setup="import random")
    assert report.verdict == "passed", report


def test_a_program_without_tests_or_too_long_is_refused_before_it_runs(sandbox):
    with pytest.raises(DataError, match="without tests"):
        Program(source="", tests=())
    assert judged(sandbox, "#" * (1 << 20) + "\n", "assert f()").verdict == "load_error"


def test_a_broken_test_is_not_the_programs_fault(sandbox):
    report = judged(sandbox, "def f(): return 1", "assert f( == 1")
    assert report.verdict == "infra_error" and "SyntaxError" in report.outcomes[0].message


def test_a_level_that_isolates_nothing_must_be_allowed_and_is_stamped():
    with pytest.raises(SandboxUnavailable, match="isolates nothing"):
        Sandbox(level="rlimits")
    program = Program(source="def f(): return 1", tests=("assert f() == 1",))
    (report,) = run_programs([program], level="rlimits", allow_weaker=True)
    assert (report.verdict, report.level) == ("passed", "rlimits")


def tasks(every):
    if not MBPP.exists():
        pytest.skip(f"no MBPP at {MBPP}")
    rows = [json.loads(line) for line in gzip.decompress((MBPP / "mbpp.jsonl.gz").read_bytes()).splitlines()]
    clean = json.loads(gzip.decompress((MBPP / "sanitized-mbpp.json.gz").read_bytes()))
    found = [(row["code"], tuple(row["test_list"]), row["test_setup_code"]) for row in rows[::every]]
    return found + [(row["code"], tuple(row["test_list"]), "\n".join(row["test_imports"])) for row in clean[::every]]


def test_reference_solutions_pass(sandbox):
    programs = [Program(source=code, tests=tests, setup=setup) for code, tests, setup in tasks(19)]
    assert {report.verdict for report in sandbox.run(programs)} == {"passed"}


def test_emptied_solutions_fail(sandbox):
    programs = [Program(source=emptied(code), tests=tests, setup=setup) for code, tests, setup in tasks(19)]
    assert {report.verdict for report in sandbox.run(programs)} <= {"failed", "bad_return", "load_error"}


def emptied(code):
    with warnings.catch_warnings(action="ignore"):  # of backslashes in MBPP's patterns
        tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body = [ast.Pass()]
    return ast.unparse(tree)


def test_an_interrupted_lane_is_not_used_again(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    program = Program(source="def f(): return 1", tests=("assert f() == 1",))
    with Sandbox(level="lock") as sandbox:
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(process, "everything", interrupted)
            sandbox.run([program])
        assert [report.verdict for report in sandbox.run([program])] == ["passed"]


def test_nothing_is_left_and_no_verdict_is_wrong_after_many_programs():
    found = soak([Program(source="def f(x): return x + 1", tests=("assert f(1) == 2",))], 120)
    assert found["wrong"] == [] and max(found["left"].values()) <= 0 and found["processes_after_closing"] == 0
