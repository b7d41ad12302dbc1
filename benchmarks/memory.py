"""Claim: the demo peaks under 1.2 GB, and the cost of a turn does not grow over 2,000 turns.

The long runs have few questions a turn and a learning rate near zero, so that every turn brings the same load: real
answers, real gradients, a changed adapter, a commit. What still grew would be the loop's, the store's or the replay
buffer's own. The scripted run has no model, so there loop, store and buffer alone are measured. The slope is Theil's
and Sen's median of pairwise slopes with its 95 % interval. About 6 minutes on two quiet cores.
"""

import json
import subprocess
import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console

from benchmarks import process, record
from simulation.core.errors import SimulationError

GOAL_BYTES = 1.2e9
WARM_UP = 20
"""Turns left out at the beginning."""
SCRIPTED = """\
name: long_scripted
turns: 2000
environment: {name: "tests.support.scripted:TinyEnvironment"}
students: {name: "tests.support.scripted:ScriptedStudents"}
teacher: tests.support.scripted:ScriptedJudge
ask: {policy: random, questions: 8, candidates: 16}
learn: {trainer: {name: "tests.support.scripted:ScriptedTrainer", learning_rate: 1e-9}}
evaluate: {every: 1000000, questions: 20}
"""
REAL = (
    "ask.questions=8",
    "ask.candidates=16",
    "evaluate.every=1000000",
    "evaluate.questions=40",
    "learn.trainer.learning_rate=1e-9",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Long:
    """A long run: the seconds from turn to turn and the memory after each, without turns that evaluate."""

    seconds: tuple[float, ...]
    bytes_: tuple[int, ...]


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Run the demo, then the long runs."""
    with TemporaryDirectory(prefix="memory-") as name:
        folder = Path(name)
        with console.status("the demo"):
            demo = process.run(demo_command(arguments, folder), folder / "log")
        console.print(f"the demo peaks at {demo.peak_bytes / 1e6:.0f} MB (goal: under {GOAL_BYTES / 1e6:.0f})")
        scripted = folder / "scripted.yaml"
        scripted.write_text(SCRIPTED, encoding="utf-8")
        real = ["scenarios/random_selection.yaml", *record.overrides(arguments), *REAL]
        runs = {
            "real training": long_run(real, arguments.turns, folder, console),
            "scripted": long_run([str(scripted)], arguments.turns, folder, console),
        }
    growth = {name: describe(each) for name, each in runs.items()}
    show(console, growth, arguments.turns)
    return {"demo_peak_bytes": demo.peak_bytes, "demo_goal_bytes": GOAL_BYTES, "turns": arguments.turns, "long": growth}


def demo_command(arguments: Namespace, folder: Path) -> list[str]:
    """Return what `make demo` runs."""
    settings = [*record.overrides(arguments), *([f"turns={arguments.demo_turns}"] if arguments.demo_turns else [])]
    return process.simulation("run", "scenarios/random_selection.yaml", *settings, "--out", str(folder))


def long_run(scenario: Sequence[str], turns: int, folder: Path, console: Console) -> Long:
    """Play a scenario with --json and look at its process after every turn."""
    command = process.simulation("run", *scenario, f"turns={turns}", "--json", "--out", str(folder))
    seconds, bytes_ = [], []
    with (
        (folder / "errors").open("w+", encoding="utf-8") as errors,
        subprocess.Popen(command, cwd=record.ROOT, stdout=subprocess.PIPE, stderr=errors, text=True) as child,
        console.status(scenario[0]) as status,
    ):
        before = time.perf_counter()
        for line in child.stdout or ():
            event, now = json.loads(line), time.perf_counter()
            if event["event"] == "turn":
                taken, before = now - before, now
            if event["event"] == "turn" and WARM_UP < event["turn"] < turns:
                seconds.append(taken)
                bytes_.append(process.resident(child.pid)["now"])
                status.update(f"{Path(scenario[0]).stem}: turn {event['turn']} of {turns}")
        if child.wait():
            errors.seek(0)
            raise SimulationError(f"{' '.join(command)} ended with {child.returncode}: {errors.read()[-2000:]}")
    return Long(seconds=tuple(seconds), bytes_=tuple(bytes_))


def describe(run: Long) -> record.Result:
    """Return medians at the beginning, middle and end, and the slopes by 1,000 turns."""
    seconds, memory = np.array(run.seconds), np.array(run.bytes_, dtype=np.float64)
    part = max(1, len(seconds) // 10)
    middle = (len(seconds) - part) // 2
    places = {"beginning": slice(0, part), "middle": slice(middle, middle + part), "end": slice(-part, None)}
    return {
        "median_seconds": {name: float(np.median(seconds[place])) for name, place in places.items()},
        "median_bytes": {name: float(np.median(memory[place])) for name, place in places.items()},
        "seconds_slope_by_1000_turns": slope(seconds),
        "seconds_slope_share_by_1000_turns": [value / float(np.median(seconds)) for value in slope(seconds)],
        "bytes_slope_by_1000_turns": slope(memory),
    }


def slope(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[float]:
    """Return the Theil-Sen slope by 1,000 turns with its 95 % interval: value, low, high."""
    from scipy import stats  # type: ignore[import-untyped]  # only now: the processes measured have ended

    found = stats.theilslopes(values, np.arange(len(values)) / 1000, alpha=0.95)
    return [float(found.slope), float(found.low_slope), float(found.high_slope)]


def show(console: Console, growth: record.Result, turns: int) -> None:
    """Print what a turn costs early and late."""
    rows = []
    for name, each in growth.items():
        value, low, high = (100 * share for share in each["seconds_slope_share_by_1000_turns"])
        memory = each["bytes_slope_by_1000_turns"][0] / 1e6
        seconds = [f"{1000 * each['median_seconds'][place]:.1f}" for place in ("beginning", "middle", "end")]
        sizes = " / ".join(f"{each['median_bytes'][place] / 1e6:.0f}" for place in ("beginning", "middle", "end"))
        rows.append([name, *seconds, f"{value:+.2f} % ({low:+.2f} to {high:+.2f})", sizes, f"{memory:+.2f}"])
    columns = ("run", "ms, first tenth", "middle", "last tenth", "growth by 1,000 turns", "MB", "MB by 1,000")
    console.print(record.table(f"A turn of 8 questions over {turns} turns", columns, rows))


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--turns", type=int, default=2000, help="of the long runs")
    parser.add_argument("--demo-turns", type=int, help="a shorter demo, to try the script")
    record.run("memory", parser, measure)
