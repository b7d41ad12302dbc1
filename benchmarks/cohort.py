"""Claim: a student in a cohort of 40 takes at most half the time of a run in a process of its own.

Both are `python -m simulation run scenarios/random_selection.yaml` from start to end, with imports, loading, store,
report and picture; only students.count differs. A further student's memory is the difference of the peaks of two
cohorts, by the number of students between them (goal: under 5 MB); the smaller one has 10, from where on the batches
through the model no longer grow. About 9 minutes on two quiet cores.
"""

from argparse import Namespace
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from benchmarks import process, record
from benchmarks.process import Ended

GOAL_RATIO, GOAL_BYTES = 0.5, 5e6


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Run single students and cohorts one after the other."""
    with TemporaryDirectory(prefix="cohort-") as folder:
        singles = [played(1, arguments, Path(folder), console) for _ in range(arguments.runs)]
        few = played(arguments.few, arguments, Path(folder), console)
        many = played(arguments.students, arguments, Path(folder), console)
    alone = sum(each.seconds for each in singles) / len(singles)
    together = many.seconds / arguments.students
    further = (many.peak_bytes - few.peak_bytes) / (arguments.students - arguments.few)
    rows = [
        row(f"1 (mean of {len(singles)} runs)", alone, 1, max(each.peak_bytes for each in singles)),
        row(str(arguments.few), few.seconds, arguments.few, few.peak_bytes),
        row(str(arguments.students), many.seconds, arguments.students, many.peak_bytes),
    ]
    columns = ("students in the process", "seconds", "seconds a student", "peak memory")
    console.print(record.table(f"random_selection, {arguments.turns} turns", columns, rows))
    console.print(f"time of a student, cohort / alone: {together / alone:.2f} (goal: at most {GOAL_RATIO})")
    console.print(f"memory of a further student: {further / 1e6:.2f} MB (goal: under {GOAL_BYTES / 1e6:.0f})")
    return {
        "ratio": together / alone,
        "ratio_goal": GOAL_RATIO,
        "further_student_bytes": further,
        "further_student_goal_bytes": GOAL_BYTES,
        "single_seconds": [each.seconds for each in singles],
        "single_processor_seconds": [each.processor_seconds for each in singles],
        "cohorts": {
            str(size): {
                "seconds": each.seconds,
                "processor_seconds": each.processor_seconds,
                "peak_bytes": each.peak_bytes,
            }
            for size, each in ((arguments.few, few), (arguments.students, many))
        },
    }


def played(students: int, arguments: Namespace, folder: Path, console: Console) -> Ended:
    """Run the scenario with this many students."""
    settings = [*record.overrides(arguments), f"students.count={students}", f"turns={arguments.turns}"]
    command = process.simulation("run", "scenarios/random_selection.yaml", *settings, "--quiet", "--out", str(folder))
    with console.status(f"{students} student(s)"):
        return process.run(command, folder / "log")


def row(name: str, seconds: float, students: int, peak: int) -> list[str]:
    """Return a line of the table."""
    return [name, f"{seconds:.1f}", f"{seconds / students:.2f}", f"{peak / 1e6:.0f} MB"]


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--students", type=int, default=40)
    parser.add_argument("--few", type=int, default=10, help="the smaller cohort, for the memory of a further student")
    parser.add_argument("--runs", type=int, default=3, help="single runs")
    parser.add_argument("--turns", type=int, default=20)
    record.run("cohort", parser, measure)
