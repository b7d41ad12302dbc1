"""A right program gets the verdict that it gets where nothing stands between it and its tests; a cheat never passes."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from agents.sandbox import Limits, Program, Sandbox, SandboxUnavailable
from tests.sandbox.programs import programs

RIGHT = programs()
CHEATS = programs(Path(__file__).parent / "cheats")
QUICK = [cheat for cheat in CHEATS if not cheat.flags]
SLOW = [cheat for cheat in CHEATS if cheat.flags]


@pytest.fixture(scope="module", params=["full", "lock"])
def sandbox(request):
    try:
        with Sandbox(level=request.param) as sandbox:
            yield sandbox
    except SandboxUnavailable as error:
        pytest.skip(str(error))


def named(tried):
    return f"{tried.family}: {tried.name}"


def program(tried, **fields):
    classes = tuple(node.name for node in ast.parse(tried.source).body if isinstance(node, ast.ClassDef))
    return Program(source=tried.source, tests=(tried.test,), classes=classes, **fields)


def plainly(source, test):
    """Return what comes of a program and its test in one process."""
    names = {"__name__": "plain"}
    exec(compile(source, "program.py", "exec", dont_inherit=True), names)
    try:
        exec(compile(test, "test", "exec", dont_inherit=True), names)
    except Exception:  # noqa: BLE001 - whatever a test raises, it has not passed
        return "failed"
    return "passed"


@pytest.fixture(scope="module")
def verdicts(sandbox):
    reports = sandbox.run([program(tried) for tried in RIGHT])
    return {named(tried): report for tried, report in zip(RIGHT, reports, strict=True)}


@pytest.mark.parametrize("tried", RIGHT, ids=named)
def test_a_right_program_gets_the_verdict_that_it_gets_in_one_process(verdicts, tried):
    report = verdicts[named(tried)]
    assert plainly(tried.source, tried.test) == "passed"
    assert report.verdict in ("passed", "unsupported"), report


def test_nearly_all_right_programs_pass_and_there_are_enough_of_every_kind(verdicts):
    passed = sum(report.verdict == "passed" for report in verdicts.values())
    assert passed >= 0.97 * len(RIGHT) and len(verdicts) == len(RIGHT) >= 160
    assert min(Counter(tried.family for tried in RIGHT).values()) >= 15


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("values: a generator", "i * i", "i + i"),
        ("values: a generator that is sent values", "+=", "="),
        ("values: a decimal", "1.10", "1.1"),
        ("values: a date", "days=1", "days=2"),
        ("values: a range", "0, n, 2", "0, n, 3"),
        ("values: a named tuple", "P(1, 2)", "P(2, 1)"),
        ("values: a deque", "maxlen=2", "maxlen=3"),
        ("values: an ordered dictionary", '[("b", 1), ("a", 2)]', '[("a", 2), ("b", 1)]'),
        ("values: a list of a class of its own", "self[-1]", "self[0]"),
        ("values: a text of a class of its own", '"!"', '"?"'),
        ("values: a coroutine", "x + 1", "x"),
        ("values: a function that makes functions", "x + n", "x - n"),
        ("values: what is printed", "hello", "hullo"),
        ("exceptions: a message", "bad value", "wrong value"),
        ("exceptions: a class of its own", "ValueError", "TypeError"),
        ("exceptions: attributes of its own", "self.missing = missing", "self.missing = 0"),
        ("exceptions: a cause", " from error", " from None"),
        ("exceptions: the end of an iteration", "self.n == 0", "self.n == 1"),
        ("callbacks: a lambda", "function(x)", "function(x) + 1"),
        ("callbacks: a function of the test", "(start, x)", "(start, start)"),
        ("callbacks: an iterator as argument", "sum(xs)", "len(list(xs))"),
        ("classes: equality", "isinstance(other, Vector) and", "True or"),
        ("classes: iteration", "yield self.b", "yield self.a"),
        ("classes: with", "is ValueError", "is KeyError"),
        ("classes: constants of a class", "LIMIT = 5", "LIMIT = 6"),
        ("classes: an enumeration", "BLUE = 2", "BLUE = 3"),
        ("classes: a data class", "x: int", "x: int = 0; y: int = 0"),
        ("classes: arithmetic", "self.n * k", "self.n + k"),
        ("identity: the argument comes back", "return xs", "return xs[:]"),
        ("identity: shared within what comes back", "[[0] * 2] * 2", "[[0] * 2 for _ in range(2)]"),
        ("identity: one argument twice", "a is b", "a is not b"),
        ("identity: kept from one call to the next", "cache.setdefault(key, [])", "[]"),
    ],
)  # fmt: skip
def test_a_wrong_program_fails_where_a_right_one_passes(sandbox, name, old, new):
    (tried,) = [tried for tried in RIGHT if named(tried) == name]
    assert old in tried.source
    source = tried.source.replace(old, new)
    (report,) = sandbox.run([Program(source=source, tests=(tried.test,), classes=program(tried).classes)])
    assert plainly(source, tried.test) == "failed" and report.verdict in ("failed", "bad_return"), report


def test_there_are_enough_cheats():
    assert len(CHEATS) >= 100 and len({named(cheat) for cheat in CHEATS}) == len(CHEATS)


@pytest.mark.parametrize("cheat", QUICK, ids=named)
def test_a_cheat_does_not_pass(sandbox, cheat):
    limits = Limits(cpu_seconds=2, wall_seconds=8.0)
    (report,) = sandbox.run([Program(source=cheat.source, tests=(cheat.test,), limits=limits)])
    assert report.verdict in ("failed", "bad_return", "died"), report


def test_a_cheat_on_time_or_memory_does_not_pass():
    with Sandbox(lanes=4) as sandbox:
        limits = Limits(cpu_seconds=1, wall_seconds=3.0)
        programs_of = [Program(source=cheat.source, tests=(cheat.test,), limits=limits) for cheat in SLOW]
        reports = dict(zip(map(named, SLOW), sandbox.run(programs_of), strict=True))
    ends = ("failed", "bad_return", "died", "timeout", "memory", "killed")
    assert {name: report.verdict for name, report in reports.items() if report.verdict not in ends} == {}


@pytest.mark.parametrize(
    ("passes", "said"),
    [
        ("f(Own())", "an object of type Own"),
        ("f(Own)", "the class Own"),
        ("f([Own()])", "an object of type Own"),
        ("f(x=Own())", "an object of type Own"),
        ("f(open('/dev/null'))", "an object of type TextIOWrapper"),
        ("f(__import__('threading').Lock())", "an object of type lock"),
        ("f(lambda: Own())", "an object of type Own"),
    ],
)
def test_what_a_test_cannot_hand_over_is_the_tasks_fault_and_not_the_programs(sandbox, passes, said):
    source = "def f(x):\n    return x() if callable(x) else x"
    test = f"class Own: pass\ntry:\n    {passes}\nexcept BaseException:\n    pass"
    (report,) = sandbox.run([Program(source=source, tests=(test, "assert f(1) == 1"))])
    assert [outcome.verdict for outcome in report.outcomes] == ["unsupported", "passed"], report
    assert said in report.outcomes[0].message


def test_what_no_test_can_look_into_is_the_programs_fault_unless_the_reference_gives_the_same(sandbox):
    equal = "class Equal:\n    def __eq__(self, other): return True\ndef f(x): return "
    tests = ("assert f(1) == 2", "assert f(2) == 2")
    right, cheat, odd = "def f(x): return 2", equal + "Equal()", equal + "Equal() if x == 1 else 2"
    reports = sandbox.run(
        [
            Program(source=source, tests=tests, reference=reference)
            for source, reference in ((cheat, right), (cheat, odd), (odd, odd), (cheat, ""))
        ]
    )
    assert [[outcome.verdict for outcome in report.outcomes] for report in reports] == [
        ["bad_return", "bad_return"],
        ["unsupported", "bad_return"],
        ["unsupported", "passed"],
        ["bad_return", "bad_return"],
    ]
