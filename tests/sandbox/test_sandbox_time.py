"""What programs cost in time: an idle one its limit once, and the signals of its own clocks the same at every level."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from agents.judges.executor import AllTests, Executor
from agents.sandbox import Limits, Program, Sandbox, SandboxUnavailable
from simulation.core.optional_roles import Metering
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
        "import time\nwhile time.process_time() < 0.2: pass\ntime.sleep(60)",
    ],
)
def test_an_idle_program_costs_its_wall_limit_once(sandbox, source):
    began = time.monotonic()
    report = report_of(sandbox, source)
    seconds = time.monotonic() - began
    assert report.verdict == "timeout", report
    given_back = IDLE.wall_seconds  # at most: what it waited for a processor on a crowded machine
    assert report.wall_seconds < IDLE.wall_seconds + given_back + 1.0, report
    assert seconds < report.wall_seconds + 1.0, "it was run once"


@contextmanager
def crowded():
    """Share one processor with a process that is never idle."""
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})
    try:
        with subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"]) as busy:
            try:
                yield
            finally:
                busy.kill()
    finally:
        os.sched_setaffinity(0, processors)


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="this kernel does not count waits")
@pytest.mark.parametrize("level", ["full", "lock"])
def test_what_a_program_waits_for_a_processor_is_given_back(level):
    computing = "import time\nbegan = time.monotonic()\ndef f(x):\n    while {}: pass\n    return 2"
    long, endless = computing.format("time.monotonic() < began + 1.2"), computing.format("True")
    try:
        with crowded(), Sandbox(level=level) as sandbox:
            finished = report_of(sandbox, long)
            stopped = report_of(sandbox, endless, Limits(cpu_seconds=4, wall_seconds=0.5))
    except SandboxUnavailable as error:
        pytest.skip(str(error))
    assert finished.verdict == "passed" and finished.wall_seconds > IDLE.wall_seconds, finished
    assert stopped.verdict == "timeout", "no more is given back than as much again"


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
    judge.metered()  # of what other tests have judged
    slow = "def f(x): return sum(range(1000000))"
    judged(judge, GOOD, slow)
    metering = judge.metered()
    assert 0 < metering.answers["q", GOOD] < metering.answers["q", slow]
    assert metering.stages == {"programs": pytest.approx(sum(metering.answers.values()))}
    assert judge.metered() == Metering({"programs": 0.0})
    judged(AllTests(cpu_seconds=7), GOOD)
    again = Metering({"programs": 0.0}, {("q", GOOD): metering.answers["q", GOOD]})
    assert judge.metered() == again, "what is known is not run again, and its own time is known"
