"""Claim: which of seven replay policies differ, over five seeds of students that write programs, is told in 12 minutes.

One `compare scenarios/btp_ablation.yaml`, from start to report; its tables, verdicts and pictures are kept beside the
result. Then one `run scenarios/btp_code.yaml`, from start to picture. About 12 minutes on two quiet cores.
"""

from argparse import Namespace
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from benchmarks import record
from benchmarks.compare import keep, played, told

ABLATION, RUN = "scenarios/btp_ablation.yaml", "scenarios/btp_code.yaml"
GOAL_SECONDS, GOAL_RUN_SECONDS = 720, 60
KEPT = ("tables.txt", "verdicts.json", "learning_curves.png", "differences.png", "draws.png")


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Play the comparison and one run, and keep what the comparison found."""
    with TemporaryDirectory(prefix="ablation-") as folder:
        whole, alone = Path(folder) / "whole", Path(folder) / "alone"
        with console.status("one run"):
            single = played(["run", RUN], alone)
        with console.status("the comparison"):
            together = played(["compare", ABLATION, *arguments.overrides], whole)
        verdicts = told(whole)
        if arguments.write:
            keep(whole, arguments.results / "ablation", KEPT)
    for text in verdicts:
        console.print(text, highlight=False)
    console.print(f"{RUN}: {single.seconds:.0f} s (goal: {GOAL_RUN_SECONDS})")
    console.print(f"{ABLATION}: {together.seconds:.0f} s (goal: {GOAL_SECONDS})")
    return {
        "seconds": together.seconds,
        "seconds_goal": GOAL_SECONDS,
        "run_seconds": single.seconds,
        "run_seconds_goal": GOAL_RUN_SECONDS,
        "run_processor_seconds": single.processor_seconds,
        "verdicts": verdicts,
    }


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="overrides of the comparison")
    record.run("ablation", parser, measure)
