"""Kills a real study with SIGKILL at random times, resumes it, and checks that it ends as the one never killed.

    python benchmarks/durability.py scenarios/random_selection.yaml turns=6 --kills 100

Every attempt is a process of its own, forked from one that has imported the libraries but computed nothing, so that the
kills fall into the study and not into the imports. Up to `--each` kills strike one study before it may end.
"""

# ruff: noqa: T201  # a benchmark prints its figures

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from simulation.commands.main import main
from simulation.core.errors import StoreError
from simulation.store import Study, study_folders

IMPORTED_FIRST = (
    "torch", "transformers", "peft", "safetensors.torch", "mesa", "pandas", "matplotlib.pyplot",
    "agents.models.causal", "training.cohort.loop", "training.cohort.sampling",
)  # fmt: skip


def start(arguments: Sequence[str]) -> int:
    """Run one command of the program in a forked process and return its number."""
    number = os.fork()
    if number:
        return number
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os._exit(main(list(arguments)))


def finish(number: int) -> int:
    """Wait for a process and return its exit code, or minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def command(runs: Path, play: Sequence[str]) -> list[str]:
    """Return the command that begins the study of a folder of runs, or goes on with it."""
    for folder in study_folders(runs):
        try:
            Study.open(folder).close()
        except StoreError:
            continue  # killed while it was made: no study yet
        return ["resume", str(folder), "--quiet"]
    return ["run", *play, "--out", str(runs), "--quiet"]


def outcome(runs: Path) -> tuple[str, int]:
    """Return the trace hash of the one finished study, and its last turn."""
    for folder in study_folders(runs):
        try:
            with Study.open(folder) as study:
                if study.status == "finished":
                    study.verify()
                    return study.trace_hash, study.last_turn
        except StoreError as error:
            if "never begun" not in str(error):
                raise
    raise SystemExit(f"no finished study in {runs}")


def standing(runs: Path) -> tuple[int, bool]:
    """Return the last committed turn of the study of a folder of runs, -1 for none, and if it is finished."""
    for folder in study_folders(runs):
        try:
            with Study.open(folder) as study:
                return study.last_turn, study.status == "finished"
        except StoreError as error:
            if "never begun" not in str(error):
                raise
    return -1, False


def torment(runs: Path, play: Sequence[str], chance: random.Random, seconds: float, each: int) -> list[int]:
    """Kill one study up to `each` times, let it end, and return the last committed turn at each kill."""
    struck: list[int] = []
    for _ in range(each):
        number = start(command(runs, play))
        time.sleep(chance.uniform(0.0, seconds))
        os.kill(number, signal.SIGKILL)
        killed = finish(number) == -signal.SIGKILL
        turn, finished = standing(runs)
        if finished:
            return struck  # a kill after the last commit proves nothing and is not counted
        if killed:
            struck.append(turn)
    code = finish(start(command(runs, play)))
    if code:
        raise SystemExit(f"the last resume in {runs} ended with code {code}")
    return struck


def benchmark(play: Sequence[str], kills: int, each: int, seed: int) -> int:
    """Run the benchmark; the exit code is 1 where a study ended otherwise."""
    for module in IMPORTED_FIRST:
        __import__(module)
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as temporary:
        began = time.perf_counter()
        whole = Path(temporary) / "whole"
        if code := finish(start(["run", *play, "--out", str(whole), "--quiet"])):
            return code
        seconds = time.perf_counter() - began
        wanted, turns = outcome(whole)
        print(f"never killed: {turns} turns in {seconds:.1f} s, trace hash {wanted}")
        struck: list[int] = []
        equal = studies = 0
        while len(struck) < kills:
            runs = Path(temporary) / str(studies)
            struck += torment(runs, play, chance, seconds, each)
            studies += 1
            equal += outcome(runs)[0] == wanted
            print(f"{len(struck)} kills, {equal} of {studies} studies ended with the same trace hash", flush=True)
        where = ", ".join(f"{turn}: {times}" for turn, times in sorted(Counter(struck).items()))
        print(f"kills by the last committed turn (-1: before turn 0): {where}")
        return int(equal != studies)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("play", nargs="+", metavar="SCENARIO [KEY=VALUE]")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--each", type=int, default=5, help="kills a study suffers at most")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    sys.exit(benchmark(given.play, given.kills, given.each, given.seed))
