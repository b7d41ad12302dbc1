"""One sandbox serves all judges of a process: what it keeps, how it is closed, and what its faults do."""

import multiprocessing
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from agents.judges.executor import AllTests, Executor
from agents.reading.programs import program_tests
from agents.sandbox import Program, Report, Sandbox, SandboxUnavailable, shared
from agents.sandbox.program import alike
from simulation.core.errors import SimulationError
from simulation.core.registry import build
from tests.support.judged_programs import GOOD, QUESTION, judged

pytestmark = pytest.mark.usefixtures("sandboxed")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Program]]:
    """What the sandbox runs from here on, with nothing kept of what it ran before."""
    shared.close()
    ran: list[Program] = []
    run = Sandbox.run

    def counting(self: Sandbox, programs: Sequence[Program]) -> list[Report]:
        ran.extend(programs)
        return run(self, programs)

    monkeypatch.setattr(Sandbox, "run", counting)
    yield ran
    shared.close()


def test_equal_programs_are_run_once(counted: list[Program]) -> None:
    first = judged(Executor(), GOOD, "def f(x): pass", GOOD, f"```\n{GOOD}\n```")
    assert judged(Executor(correct=True), GOOD)[0].outcomes == first[0].outcomes
    assert len(counted) == 2
    judged(Executor(cpu_seconds=3), GOOD)
    judged(AllTests(), GOOD)
    judged(Executor(), GOOD, question=replace(QUESTION, id="another"))
    assert len(counted) == 4, "other limits or seeds may give another verdict; the exact judge runs the same tests"


def test_what_hidden_tests_find_is_no_part_of_what_a_student_learns_from(counted: list[Program]) -> None:
    (told,) = judged(Executor(), "def f(x): return 2 if x == 1 else 3")
    assert len(counted[0].tests) == len(program_tests(QUESTION).tests) > len(told.outcomes)
    visible = [test for test in program_tests(QUESTION).tests if not test.hidden]
    assert len(told.outcomes) == len(visible)
    late = "def f(x):\n    if x == 41: __import__('os')._exit(0)\n    return x + 1"
    (told,) = judged(Executor(), late)
    assert (told.score, told.reason) == (1.0, "passed")
    (truth,) = judged(AllTests(), late)
    assert (truth.score, truth.reason) == (0.0, "died")


def test_the_reports_that_are_kept_are_bounded(monkeypatch: pytest.MonkeyPatch, counted: list[Program]) -> None:
    monkeypatch.setattr(shared, "MOST_KEPT", 2)
    texts = [f"def f(x): return x + {each}" for each in range(4)]
    judged(Executor(), *texts)
    judged(Executor(), texts[3])
    assert len(counted) == 4
    judged(Executor(), texts[0])
    assert len(counted) == 5


def test_what_is_printed_is_kept_short_and_without_addresses() -> None:
    (found,) = judged(Executor(), "def f(x):\n    print('a' * 2000)\n    return f")
    first, second = found.outcomes
    assert first.evidence == "a" * 1000 + "…"
    (found,) = judged(Executor(), "def f(x):\n    print(object())\n    raise ValueError(object())")
    assert found.outcomes[0].evidence == "<object object at 0x…>\n"
    assert found.outcomes[0].detail == "ValueError: <object object at 0x…>"
    assert second.reason == "bad_return"


def test_verdicts_are_the_same_in_another_sandbox() -> None:
    texts = [
        "import random\ndef f(x):\n    print(random.random(), hash('a'), list({'a', 'b', 'c'}))\n    return x + 1",
        "import random\ndef f(x): return x + random.randint(0, 1)",
        "def f(x): return {x: f}[f]",
    ]
    first = judged(Executor(), *texts)
    shared.close()
    assert judged(Executor(lanes=3), *texts) == first


@pytest.mark.parametrize("verdict", ["infra_error", "sandbox_unavailable"])
def test_a_fault_of_the_machine_stops_the_study_and_is_not_kept(verdict: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shared.close()
    with monkeypatch.context() as patched:
        patched.setattr(
            Sandbox, "run", lambda _, programs: [alike(each, verdict, "no memory", "full") for each in programs]
        )
        with pytest.raises(SimulationError, match=r"question 'q' could not be judged.*no memory.*resume") as raised:
            judged(Executor(), GOOD)
        assert isinstance(raised.value, SandboxUnavailable) == (verdict == "sandbox_unavailable")
    assert judged(Executor(), GOOD)[0].score == 1.0


def test_a_weaker_level_is_stamped_into_every_verdict() -> None:
    try:
        (found,) = judged(Executor(level="lock"), GOOD)
    except SandboxUnavailable as error:
        pytest.skip(str(error))
    assert (found.judge, found.score) == ("executor at level lock", 1.0)
    (found,) = judged(AllTests(level="rlimits", allow_weaker=True), GOOD)
    assert found.judge == "all_tests at level rlimits"
    with pytest.raises(SandboxUnavailable, match="isolates nothing"):
        Executor(level="rlimits").check()


def test_check_names_the_layer_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    shared.close()

    def lacking(**_: object) -> Sandbox:
        raise SandboxUnavailable("the layer 'landlock' does not work here. Ways out: another machine.")

    with monkeypatch.context() as patched:
        patched.setattr(shared, "Sandbox", lacking)
        for judge in (Executor(), AllTests()):
            with pytest.raises(SandboxUnavailable, match=r"landlock.*Ways out"):
                judge.check()
    Executor().check()


def test_an_exact_judge_can_have_the_sandbox_of_another() -> None:
    teacher = Executor(level="lock", lanes=2, cpu_seconds=1, correct=True)
    exact = build("judge", "all_tests", teacher.shares())
    assert (exact.place, exact.cpu_seconds, exact.correct) == (teacher.place, 1, False)
    assert Executor.executes and AllTests.executes
    assert teacher.fingerprint() == {"python": platform.python_version()}


def seen_in_fork(connection: Any) -> None:  # a multiprocessing connection
    connection.send([each.score for each in judged(Executor(), GOOD, "def f(x): return 7")])
    connection.close()
    shared.close()


@pytest.mark.usefixtures("counted")
def test_a_forked_process_opens_a_sandbox_of_its_own() -> None:
    judged(Executor(), GOOD)
    here, there = multiprocessing.Pipe(duplex=False)
    child = os.fork()
    if child == 0:
        try:
            seen_in_fork(there)
        finally:
            os._exit(0)
    assert here.poll(60) and here.recv() == [1.0, 0.0]
    os.waitpid(child, 0)
    assert judged(Executor(), "def f(x): return x + 1 if x else 0")[0].score == 1.0
