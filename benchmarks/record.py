"""How a benchmark is run and written down: its options, its surroundings, its result."""

import gzip
import json
import os
import platform
import subprocess
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from simulation.core.errors import SimulationError

ROOT = Path(__file__).resolve().parent.parent
LIBRARIES = ("torch", "transformers", "tokenizers", "peft", "trl", "accelerate", "datasets", "numpy", "scipy", "mesa")
Result = dict[str, Any]
"""What a benchmark found, as plain JSON values (Any: numbers, texts, lists and mappings)."""


def options(description: str | None) -> ArgumentParser:
    """Return a parser with what every benchmark takes."""
    parser = ArgumentParser(description=description, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="embedded", help="the student: embedded, or a model folder")
    parser.add_argument("--teacher", help="another teacher than the scenarios name, such as answer_key")
    parser.add_argument("--write", action="store_true", help="write the result beside the others")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results", help="where it is written")
    return parser


def lying(what: str, *file_names: str) -> Callable[[str], Path]:
    """Return what reads a path from the command line at which `what`, said with where it is to be had, must lie.

    It is a folder with files of these names, or a file where none are named. A default is read by it too, where it is a
    text.
    """

    def path_of(text: str) -> Path:
        path = Path(text)
        if not path.exists():
            raise ArgumentTypeError(f"{path} is not there; give the path of {what}")
        if lacking := [name for name in file_names if not (path / name).is_file()]:
            raise ArgumentTypeError(f"{path} lacks {' and '.join(lacking)}; give the path of {what}")
        if not file_names and not path.is_file():
            raise ArgumentTypeError(f"{path} is no file; give the path of {what}")
        return path

    return path_of


MBPP = "a folder with mbpp.jsonl.gz and sanitized-mbpp.json.gz, made of google-research-datasets/mbpp on the Hub"
"""What stands in for MBPP's rows, in both of its files."""
MBPP_FOLDER = lying(MBPP, "mbpp.jsonl.gz", "sanitized-mbpp.json.gz")


def overrides(arguments: Namespace) -> list[str]:
    """Return the scenario overrides that the common options ask for."""
    teacher = [] if arguments.teacher is None else [f"teacher={arguments.teacher}"]
    return [f"students.model={arguments.model}", *teacher]


def run(name: str, parser: ArgumentParser, measure: Callable[[Namespace, Console], Result]) -> None:
    """Measure, and with --write record what was found and where, under the result's own name if it has one."""
    arguments = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 110)
    around, began = surroundings(), time.perf_counter()
    try:
        result = measure(arguments, console)
    except (SimulationError, json.JSONDecodeError, gzip.BadGzipFile) as error:
        raise SystemExit(f"{name}: what it was given cannot be read: {error}") from error
    around["seconds"] = round(time.perf_counter() - began, 1)
    around["load_after"] = os.getloadavg()[0]
    console.print(f"[dim]{name}: {around['seconds']:.0f} s on {around['machine']['cpu']}[/dim]")
    if arguments.write:
        command = " ".join(["python -m", f"benchmarks.{name}", *sys.argv[1:]])
        arguments.results.mkdir(parents=True, exist_ok=True)
        path = arguments.results / f"{result.pop('name', name)}.json"
        document = {"command": command, **around, "result": result}
        path.write_text(json.dumps(document, indent=1, default=float, allow_nan=False) + "\n", encoding="utf-8")
        console.print(f"written to {path}")


def surroundings() -> Result:
    """Return what a figure depends on besides the program."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "revision": revision(),
        "machine": {"cpu": processor(), "cores": len(os.sched_getaffinity(0)), "threads": threads()},
        "load_before": os.getloadavg()[0],
        "versions": {"python": platform.python_version(), **versions(LIBRARIES)},
    }


def versions(names: Iterable[str]) -> dict[str, str]:
    """Return the installed versions."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def revision() -> str:
    """Return the commit, with "+" where what is measured was changed since."""
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    if commit.returncode:
        return "unknown"
    measured = ["agents", "environments", "policies", "scenarios", "simulation", "training", "benchmarks/*.py"]
    changed = subprocess.run(["git", "status", "--porcelain", "--", *measured], cwd=ROOT, capture_output=True)
    return commit.stdout.strip() + ("+" if changed.stdout.strip() else "")


def processor() -> str:
    """Return the processor's name."""
    information = Path("/proc/cpuinfo")
    for line in information.read_text(encoding="utf-8").splitlines() if information.exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def threads() -> int:
    """Return how many threads torch starts with here, without importing it."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdigit() else len(os.sched_getaffinity(0))


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return a table whose first column holds names and the others figures."""
    made = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        made.add_column(column, justify="left" if index == 0 else "right")
    for row in rows:
        made.add_row(*row)
    return made
