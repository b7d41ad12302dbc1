"""The tester: it holds the tests, calls the candidate through proxies, and alone writes what came of it."""

import builtins
import json
import os
import random
import reprlib
import sys
from typing import Any

from agents.sandbox.inside import wire
from agents.sandbox.inside.calls import MESSAGE, BadReturn, Calls
from agents.sandbox.inside.line import Gone, Line
from agents.sandbox.inside.names import STOPPED, asserts_after, compiled, own_names
from agents.sandbox.inside.printed import offer
from agents.sandbox.inside.rebuilding import Stopped

Json = wire.Json
NO_CALL = "the test called nothing of the program"
DEEPEST = 6000
"""Functions within functions: a call of the program takes a few here."""
UNSHOWN: tuple[Any, ...] = (BadReturn, Exception)
"""What making a text of a value may raise: it may ask the program for it."""


def attempt(code: str, calls: Calls, namespace: dict[str, object]) -> Json:
    """Run one piece of test code; return its verdict and message."""
    calls.begin()
    calls_before = calls.call_count
    try:
        exec(compiled(code), namespace)  # type: ignore[arg-type]
    except BaseException as error:  # noqa: BLE001 - whatever a test raises, it has not passed
        return broken(calls) or failed(calls, error)
    if (came := broken(calls)) is not None:
        return came
    if calls.failure:
        return outcome("failed", calls.failure)
    if any(asserts_after(code, line) for line in calls.suppressed):
        return outcome("bad_return", "the program kept an error of the test to itself")
    return outcome("failed", NO_CALL) if calls.call_count == calls_before else outcome("passed")


def broken(calls: Calls) -> Json | None:
    """Return what came of a test that went no further, whether or not it caught what told it so."""
    if calls.lost:
        return outcome("gone")
    if calls.bad:
        return outcome("bad_return", calls.bad)
    return outcome("unsupported", calls.unsupported) if calls.unsupported else None


def outcome(verdict: str, message: str = "") -> Json:
    """Return what came of a test."""
    return {"verdict": verdict, "message": message[:MESSAGE]}


def failed(calls: Calls, error: BaseException) -> Json:
    """Return what came of a test that raised."""
    if isinstance(error, MemoryError):
        return outcome("memory", described(error))
    if not isinstance(error, AssertionError) or hasattr(error, "of_program"):
        return outcome("failed", described(error))
    return outcome("bad_return", calls.noted) if calls.noted else outcome("failed", f"returned {shown(calls.last)}")


def described(error: BaseException) -> str:
    """Return what was raised, in words; a test's error may hold values that no text can be made of."""
    try:
        text = str(error)
    except Gone:
        text = "something that cannot be shown"
    except UNSHOWN:
        text = "something that cannot be shown"
    return f"{type(error).__name__}: {text}"[:MESSAGE]


def shown(value: object) -> str:
    """Return a value's shortened representation."""
    try:
        return reprlib.repr(value)[:MESSAGE]
    except Gone:
        return "something that cannot be shown"
    except UNSHOWN:
        return "something that cannot be shown"


def run(line: Line, job: Json) -> list[Json]:
    """Judge a loaded program; return an outcome per test."""
    random.seed(job["seed"])
    sys.setrecursionlimit(DEEPEST)
    tests: list[str] = job["tests"]
    calls = Calls(line, frozenset(job["classes"]))
    if job["script"]:
        offer(calls)
    namespace: dict[str, object] = {"__builtins__": builtins, "__name__": "tests", STOPPED: Stopped}
    failure = loaded(calls, line) or prepare(calls, job, namespace)
    outcomes = []
    for test in tests:
        came = attempt(test, calls, namespace) if failure is None else dict(failure)
        outcomes.append({**came, "output": line.new_output()})
    return outcomes


def loaded(calls: Calls, line: Line) -> Json | None:
    """Wait until the program is loaded; return the outcome of every test where that goes wrong."""
    try:
        calls.checked(line.receive(), 0)
    except Gone:
        return outcome("gone")
    except BadReturn:
        return outcome("bad_return", calls.bad)
    except BaseException as error:  # noqa: BLE001 - whatever loading raised
        return outcome("memory" if isinstance(error, MemoryError) else "load_error", described(error))
    return None


def prepare(calls: Calls, job: Json, namespace: dict[str, object]) -> Json | None:
    """Bind names and run the setup; return the outcome of every test where that goes wrong."""
    if job["broken"]:
        return outcome("infra_error", f"a test is not Python: {job['broken']}")
    try:
        if job["lent"]:
            exec(compile(job["lent"], "lent", "exec", dont_inherit=True), namespace)
    except BaseException as error:  # noqa: BLE001 - whatever the task's own code raises
        return outcome("unsupported", f"what the tests take from the reference cannot be run: {described(error)}")
    try:
        if job["shared"]:
            calls.share(job["shared"], namespace)
        calls.bind(own_names(job["open"], job["called"], set(namespace)), namespace)
    except Gone:
        return outcome("gone")
    except BadReturn:
        return outcome("bad_return", calls.bad)
    except Exception as error:  # noqa: BLE001 - whatever the program raised in place of a value
        return outcome("failed", described(error))
    if not job["setup"].strip():
        return None
    came = attempt(job["setup"], calls, namespace)
    return came if came["verdict"] != "passed" and came["message"] != NO_CALL else None


def report(verdicts: int, outcomes: list[Json]) -> None:
    """Write the outcomes where only the framework reads."""
    data = memoryview(json.dumps(outcomes).encode())
    while data:
        data = data[os.write(verdicts, data) :]
