"""What programs cost in time: an idle one its limit once, and the signals of its own clocks the same at every level."""

import time

import pytest

from agents.judges.executor import AllTests, Executor
from agents.sandbox import Limits, Program, Sandbox, SandboxUnavailable
from tests.support.judged_programs import GOOD, judged

IDLE = Limits(cpu_seconds=4, wall_seconds=1.0)


@pytest.fixture(scope="module", params=["full", "lock"])
def sandbox(request):
    try:
        with Sandbox(level=request.param) as sandbox:
            yield sandbox
    except SandboxUnavailable as error:
        pytest.skip(str(error))


def report_of(sandbox, source, limits=IDLE):
    (report,) = sandbox.run([Program(source=source, tests=("assert f(1) == 2",), limits=limits)])
    return report


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.sleep(60)",
        "import time\ndef f(x): time.sleep(60)",
        "import threading\ndef f(x): threading.Event().wait()",
        "import signal\ndef f(x): signal.pause()",
        "import queue\ndef f(x): return queue.Queue().get()",
        "import os\ndef f(x): os.read(os.pipe()[0], 1)",
        "import select\ndef f(x): select.select([], [], [])",
        "import asyncio\ndef f(x): asyncio.run(asyncio.sleep(60))",
    ],
)
def test_an_idle_program_costs_its_wall_limit_once(sandbox, source):
    began = time.monotonic()
    report = report_of(sandbox, source)
    seconds = time.monotonic() - began
    assert report.verdict == "timeout" and report.wall_seconds < 2.0, report
    assert seconds < report.wall_seconds + 1.0, "it was run once"


def test_a_program_that_computes_on_a_crowded_machine_is_given_its_wall_limit_once_more(sandbox):
    source = """
import time
began = time.monotonic()
def f(x):
    while time.process_time() < 0.4 or time.monotonic() < began + 0.4: pass
    time.sleep(max(0, began + 3.3 - time.monotonic()))
    return 2
"""
    report = report_of(sandbox, source, Limits(cpu_seconds=4, wall_seconds=3.0))
    assert report.verdict == "passed" and report.wall_seconds > 3, report


@pytest.mark.parametrize(
    "source",
    [
        "import signal, time\ndef f(x):\n    signal.alarm(1)\n    time.sleep(30)",
        "import signal, time\nsignal.setitimer(signal.ITIMER_REAL, 0.1)\ntime.sleep(30)",
        "import signal, time\ndef f(x):\n    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)\n    time.sleep(30)",
        "import signal\ndef f(x):\n    signal.setitimer(signal.ITIMER_VIRTUAL, 0.1)\n    while True: pass",
        "import signal\ndef f(x):\n    signal.setitimer(signal.ITIMER_PROF, 0.1)\n    while True: pass",
        "import ctypes, time\ndef f(x):\n    ctypes.CDLL(None).alarm(1)\n    time.sleep(30)",
    ],
)
def test_a_program_that_its_own_alarm_ends_has_died_at_every_level(sandbox, source):
    assert report_of(sandbox, source, Limits(wall_seconds=8.0)).verdict == "died"


def test_a_program_that_handles_its_alarm_goes_on(sandbox):
    source = """
import signal, time
class Late(Exception): pass
def ring(*_): raise Late
def f(x):
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        time.sleep(30)
    except Late:
        return x + 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
"""
    assert report_of(sandbox, source, Limits(wall_seconds=8.0)).verdict == "passed"


def test_a_programs_own_time_is_counted_without_that_of_its_tester(sandbox):
    busy = "def f(x):\n    sum(range(2000000))\n    return 2"
    (mine,) = sandbox.run([Program(source=busy, tests=("assert f(1) == 2",))])
    (tests,) = sandbox.run([Program(source=GOOD, tests=("sum(range(2000000))\nassert f(1) == 2",))])
    assert mine.verdict == tests.verdict == "passed"
    assert 0 < tests.program_seconds < mine.program_seconds <= mine.cpu_seconds


@pytest.mark.usefixtures("sandboxed")
def test_a_judge_tells_once_how_long_programs_have_computed():
    judge = Executor(cpu_seconds=7)
    assert judge.metered() == {"programs": 0.0}
    judged(judge, GOOD, "def f(x): return sum(range(100000))")
    seconds = judge.metered()["programs"]
    assert seconds > 0 and judge.metered() == {"programs": 0.0}
    judged(AllTests(cpu_seconds=7), GOOD)
    assert judge.metered() == {"programs": 0.0}, "what is known is not run again"
