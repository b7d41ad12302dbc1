"""The tester: it holds the tests, calls the candidate through proxies, and alone writes what came of it."""

import ast
import builtins
import json
import os
import random
import reprlib
import symtable
from collections.abc import Iterator

from agents.sandbox.inside import wire
from agents.sandbox.inside.calls import MESSAGE, BadReturn, Calls
from agents.sandbox.inside.line import Gone, Line

Json = wire.Json
NO_CALL = "the test called nothing of the program"


def names_of_program(setup: str, tests: list[str]) -> list[str]:
    """Return the names that the tests take from the program, in order.

    A builtin's name is the program's only where tests use no other name: the task is then to write that function, and
    it is the first one called. So a program cannot replace the `set` or `sorted` that a test compares with.
    """
    loaded_names: dict[str, None] = {}
    stored_names: set[str] = set()
    for code in (setup, *tests):
        table = symtable.symtable(code, "test", "exec")
        stored_names |= {
            symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()
        }
        loaded_names |= dict.fromkeys(globals_of(table))
    free_names = [name for name in loaded_names if name not in stored_names]
    own_names = [name for name in free_names if name not in vars(builtins)]
    return own_names or [name for name in map(first_called, tests) if name in free_names]


def globals_of(table: symtable.SymbolTable) -> Iterator[str]:
    """Yield the names that a piece of code, or a function within it, looks up outside all functions."""
    outermost = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (outermost or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from globals_of(child)


def first_called(code: str) -> str:
    """Return the name that the outermost call of a test calls."""
    calls = (node.func for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    return next((function.id for function in calls if isinstance(function, ast.Name)), "")


def bind(calls: Calls, names: list[str], namespace: dict[str, object]) -> None:
    """Bind the names that the program has."""
    for name in names:
        reply = calls.reply({"do": "name", "name": name})
        if "missing" not in reply:
            namespace[name] = calls.unpack(reply.get("value"))


def attempt(code: str, calls: Calls, namespace: dict[str, object]) -> Json:
    """Run one piece of test code; return its verdict and message."""
    calls.bad, calls_before = "", calls.call_count
    try:
        exec(compile(code, "test", "exec", dont_inherit=True), namespace)
    except Gone:
        return {"verdict": "gone", "message": ""}
    except BadReturn:
        return {"verdict": "bad_return", "message": calls.bad[:MESSAGE]}
    except MemoryError as error:
        return {"verdict": "memory", "message": described(error)}
    except BaseException as error:  # noqa: BLE001 - whatever a test raises, it has not passed
        message = f"returned {shown(calls.last)}" if isinstance(error, AssertionError) else described(error)
        return {"verdict": "bad_return" if calls.bad else "failed", "message": calls.bad[:MESSAGE] or message}
    if calls.bad:
        return {"verdict": "bad_return", "message": calls.bad[:MESSAGE]}
    if calls.call_count == calls_before:
        return {"verdict": "failed", "message": NO_CALL}
    return {"verdict": "passed", "message": ""}


def described(error: BaseException) -> str:
    """Return what was raised, in words; a test's error may hold values that no text can be made of."""
    try:
        text = str(error)
    except (BadReturn, ValueError, RecursionError):
        text = "something that cannot be shown"
    return (text if hasattr(error, "of_program") else f"{type(error).__name__}: {text}")[:MESSAGE]


def shown(value: object) -> str:
    """Return a value's shortened representation."""
    try:
        return reprlib.repr(value)[:MESSAGE]
    except (BadReturn, ValueError, RecursionError):
        return "something that cannot be shown"


def run(line: Line, job: Json) -> list[Json]:
    """Judge a loaded program; return an outcome per test."""
    random.seed(job["seed"])
    tests: list[str] = job["tests"]
    calls = Calls(line)
    namespace: dict[str, object] = {"__builtins__": builtins, "__name__": "tests"}
    try:
        calls.checked(line.receive())
    except Gone:
        return [{"verdict": "gone", "message": "", "output": line.new_output()} for _ in tests]
    except BadReturn:
        return [{"verdict": "bad_return", "message": calls.bad, "output": line.new_output()} for _ in tests]
    except Exception as error:  # noqa: BLE001 - whatever loading raised
        verdict = "memory" if isinstance(error, MemoryError) else "load_error"
        return [{"verdict": verdict, "message": described(error), "output": line.new_output()} for _ in tests]
    setup_failure = prepare(calls, job, namespace)
    outcomes = []
    for test in tests:
        outcome = attempt(test, calls, namespace) if setup_failure is None else dict(setup_failure)
        outcomes.append({**outcome, "output": line.new_output()})
    return outcomes


def prepare(calls: Calls, job: Json, namespace: dict[str, object]) -> Json | None:
    """Bind names and run the setup; return the outcome of every test where that goes wrong."""
    try:
        names = names_of_program(job["setup"], job["tests"])
    except (SyntaxError, ValueError) as error:
        return {"verdict": "infra_error", "message": f"a test is not Python: {described(error)}"}
    try:
        bind(calls, names, namespace)
    except Gone:
        return {"verdict": "gone", "message": ""}
    except BadReturn:
        return {"verdict": "bad_return", "message": calls.bad}
    except Exception as error:  # noqa: BLE001 - whatever the program raised in place of a value
        return {"verdict": "failed", "message": described(error)}
    if not job["setup"].strip():
        return None
    outcome = attempt(job["setup"], calls, namespace)
    return outcome if outcome["verdict"] != "passed" and outcome["message"] != NO_CALL else None


def report(verdicts: int, outcomes: list[Json]) -> None:
    """Write the outcomes where only the framework reads."""
    data = memoryview(json.dumps(outcomes).encode())
    while data:
        data = data[os.write(verdicts, data) :]
