"""Whether this checkout costs as much CPU time as another: the same studies, in interleaved pairs.

    git worktree add /tmp/before COMMIT
    python -m benchmarks.against /tmp/before --pairs 10 --write

Each study is played through the command line in one thread, a pair at a time and in changing order. The ratio is ours
over theirs, in CPU seconds of all processes; its interval is Student's t over the logarithms of the pairs' ratios.
`--python` plays the other checkout by another interpreter, to compare versions of a library.
"""

import math
import os
import resource
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from benchmarks import record
from simulation.measures.statistics import mean_interval

STUDIES = {
    "main": ("run", "scenarios/random_selection.yaml"),
    "turn": ("run", "scenarios/random_selection.yaml", "turns=6", "evaluate.every=6", "evaluate.questions=200"),
    "compare": (
        *("compare", "scenarios/random_selection.yaml", "turns=2", "evaluate.questions=100", "--workers", "1"),
        *("--vary", "ask.policy=random,log_probability,learnability", "--seeds", "2"),
    ),
    "decoding": ("run", "scenarios/btp_code.yaml", "turns=1", "evaluate.questions=30", "ask.questions=30"),
    "surrogate": ("run", "scenarios/surrogate.yaml", "turns=25", "students.count=40"),
}


def cpu_seconds(python: str, checkout: Path, study: tuple[str, ...]) -> float:
    """Play a study by the program of a checkout; return the CPU seconds of all its processes."""
    with TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [python, "-m", "simulation", *study, "threads=1", "--quiet", "--out", folder],
            cwd=checkout,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": ""},
            check=True,
            capture_output=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Play every study by both in turn, and compare."""
    result: record.Result = {}
    table = Table("study", "pairs", "ours, s", "theirs, s", "ratio (95 % interval)")
    us: tuple[str, Path] = (sys.executable, record.ROOT)
    them: tuple[str, Path] = (arguments.python, arguments.other)
    for name in arguments.studies:
        study = STUDIES[name]
        for side in (us, them):
            cpu_seconds(*side, study)  # fills caches of the disk and of compiled files
        ours: list[float] = []
        theirs: list[float] = []
        for pair in range(arguments.pairs):
            first_ours = pair % 2 == 0
            for is_ours in (first_ours, not first_ours):
                seconds = cpu_seconds(*(us if is_ours else them), study)
                (ours if is_ours else theirs).append(seconds)
        logarithms = [math.log(own / other) for own, other in zip(ours, theirs, strict=True)]
        ratio, low, high = map(math.exp, mean_interval(logarithms))
        result[name] = {"ratio": ratio, "low": low, "high": high, "ours": ours, "theirs": theirs}
        means = [f"{sum(seconds) / len(seconds):.2f}" for seconds in (ours, theirs)]
        table.add_row(name, str(arguments.pairs), *means, f"{ratio:.3f} ({low:.3f} to {high:.3f})")
    console.print(table)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=arguments.other, capture_output=True, text=True)
    return {"other": commit.stdout.strip(), "studies": result}


def main() -> None:
    """Compare with the checkout that the command line names."""
    parser = record.options(__doc__)
    parser.add_argument("other", type=Path, help="a checkout of another commit")
    parser.add_argument("--python", default=sys.executable, help="the interpreter of the other (default: this one)")
    parser.add_argument("--studies", nargs="+", choices=list(STUDIES), default=list(STUDIES), help="default: all")
    parser.add_argument("--pairs", type=int, default=10, help="pairs of runs for each study (default: 10)")
    record.run("against", parser, measure)


if __name__ == "__main__":
    main()
