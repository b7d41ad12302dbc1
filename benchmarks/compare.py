"""Claim: a comparison of 40 runs takes at most 0.4 of the time that the same runs take as processes of their own.

One `compare` of five policies over eight seeds, from start to report, against `run` for each policy with one seed, one
process after the other, each with its imports, report and picture, times the number of seeds. The tables, verdicts and
pictures of the comparison are kept beside the result. Then the same policies on simulated students over 200 seeds.
About 8 minutes on two quiet cores.
"""

import json
import shutil
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from benchmarks import process, record
from benchmarks.process import Ended

POLICIES = ("random", "category", "log_probability", "log_probability_category", "learnability")
GOAL_RATIO, GOAL_SECONDS, GOAL_SURROGATE_SECONDS = 0.4, 600, 120
KEPT = ("tables.txt", "verdicts.json", "learning_curves.png", "differences.png", "categories.png")


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Play the comparison, a subset of its runs alone, and the comparison of simulated students."""
    seeds, vary = str(arguments.seeds), ["--vary", f"ask.policy={','.join(POLICIES)}"]
    settings = [*record.overrides(arguments), f"turns={arguments.turns}"]
    with TemporaryDirectory(prefix="compare-") as folder:
        whole, alone, simulated = Path(folder) / "whole", Path(folder) / "alone", Path(folder) / "simulated"
        with console.status("the comparison"):
            together = played(["compare", RANDOM, *settings, *vary, "--seeds", seeds], whole)
        singles = {}
        for policy in POLICIES:
            with console.status(f"{policy} alone"):
                singles[policy] = played(["run", RANDOM, *settings, f"ask.policy={policy}"], alone)
        with console.status("simulated students"):
            many = ["compare", SURROGATE, f"turns={arguments.turns}", *vary, "--seeds", str(arguments.simulated)]
            surrogate = played(many, simulated)
        verdicts = {name: told(path) for name, path in (("students", whole), ("simulated", simulated))}
        if arguments.write:
            keep(whole, arguments.results / "compare")
            keep(simulated, arguments.results / "compare_simulated")
    one_by_one = arguments.seeds * sum(each.seconds for each in singles.values())
    ratio = together.seconds / one_by_one
    show(console, arguments, together, singles, surrogate)
    console.print(f"one comparison / its runs one by one: {ratio:.2f} (goal: at most {GOAL_RATIO})")
    return {
        "ratio": ratio,
        "ratio_goal": GOAL_RATIO,
        "seconds": together.seconds,
        "seconds_goal": GOAL_SECONDS,
        "peak_bytes_of_the_largest_process": together.peak_bytes,
        "single_seconds": {policy: each.seconds for policy, each in singles.items()},
        "simulated_seconds": surrogate.seconds,
        "simulated_seconds_goal": GOAL_SURROGATE_SECONDS,
        "simulated_seeds": arguments.simulated,
        "verdicts": verdicts,
    }


RANDOM, SURROGATE = "scenarios/random_selection.yaml", "scenarios/surrogate.yaml"


def played(command: list[str], folder: Path) -> Ended:
    """Run a command of the project, its studies into `folder`."""
    folder.mkdir(exist_ok=True)
    return process.run(process.simulation(*command, "--quiet", "--out", str(folder)), folder.with_suffix(".log"))


def told(folder: Path) -> list[str]:
    """Return the verdicts of the one comparison in a folder, in words."""
    (found,) = folder.glob("*/verdicts.json")
    return [verdict["text"] for verdict in json.loads(found.read_text(encoding="utf-8"))["measures"][0]["verdicts"]]


def keep(folder: Path, to: Path, names: Sequence[str] = KEPT) -> None:
    """Copy what a comparison found."""
    (found,) = folder.iterdir()
    to.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copyfile(found / name, to / name)


def show(console: Console, arguments: Namespace, together: Ended, singles: dict[str, Ended], surrogate: Ended) -> None:
    """Print the times."""
    rows = [[f"{policy} alone", "1", f"{each.seconds:.1f}"] for policy, each in singles.items()]
    students = len(POLICIES) * arguments.seeds
    rows.append(
        [f"compare, {len(POLICIES)} policies x {arguments.seeds} seeds", str(students), f"{together.seconds:.1f}"]
    )
    many = len(POLICIES) * arguments.simulated
    rows.append([f"compare, simulated, x {arguments.simulated} seeds", str(many), f"{surrogate.seconds:.1f}"])
    console.print(record.table(f"{arguments.turns} turns", ("what", "runs", "seconds"), rows))


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--simulated", type=int, default=200, help="seeds of the simulated students")
    record.run("compare", parser, measure)
