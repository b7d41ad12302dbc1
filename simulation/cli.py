"""The command line: `python -m simulation COMMAND`; what a command needs is imported when it runs."""

# ruff: noqa: T201  # the command line is what speaks

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from simulation.core.errors import SimulationError
from simulation.display import shown

USER_ERROR = 2
INTERRUPTED = 130
FORMATS = ("jsonl", "parquet", "peft")


def parser() -> argparse.ArgumentParser:
    """Return the parser of every command."""
    top = argparse.ArgumentParser(
        prog="python -m simulation",
        description="Learning loops: students answer, judges evaluate, students are trained, policies decide.",
        epilog="Start with: python -m simulation run scenarios/random_selection.yaml",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add = commands.add_parser
    _run(add("run", help="play a scenario as a new study"))
    resume = _study(add("resume", help="go on with a study that was stopped"))
    _display(resume)
    listing = add("list", help="list components and scenarios, or write the scenario schema")
    listing.add_argument(
        "--schema", nargs="?", const="-", metavar="FILE", help="write the JSON schema (default: stdout)"
    )
    listing.add_argument("--markdown", action="store_true", help="as Markdown tables")
    check = add("check", help="check scenarios without loading a model")
    check.add_argument("scenario", type=Path, nargs="+", help="scenario files")
    check.add_argument("--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE", help="an override")
    _study(add("replay", help="re-play a study without its model and compare it byte for byte"))
    _study(add("report", help="show a study's table and draw its learning curve"))
    export = _study(add("export", help="write a study as JSON lines, Parquet or PEFT adapters"))
    export.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="a new or empty folder")
    export.add_argument("--format", choices=FORMATS, default="jsonl", help="default: jsonl")
    doctor = add("doctor", help="say what this machine has and lacks")
    doctor.add_argument("--json", action="store_true", help="one JSON object")
    return top


def _run(command: argparse.ArgumentParser) -> None:
    command.add_argument("scenario", type=Path, help="a scenario file")
    command.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="dotted overrides, such as ask.questions=80")
    command.add_argument("--out", type=Path, default=Path("runs"), help="where study folders are made (default: runs)")
    command.add_argument("--turns", type=int, help="short for the override turns=N")
    command.add_argument("--threads", type=int, help="short for the override threads=N")
    _display(command)


def _study(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    command.add_argument("study", type=Path, help="a study folder")
    return command


def _display(command: argparse.ArgumentParser) -> None:
    shows = command.add_mutually_exclusive_group()
    shows.add_argument("--json", action="store_true", help="JSON lines on stdout, everything else on stderr")
    shows.add_argument("--quiet", action="store_true", help="no progress, only the report")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse a command line; overrides may stand before, between and after options, which argparse alone cannot do."""
    top = parser()
    parsed, rest = top.parse_known_args(arguments)
    if parsed.command == "run" and not any(text.startswith("-") for text in rest):
        parsed.overrides += rest
    elif rest:
        top.error(f"unrecognized arguments: {' '.join(rest)}")
    return parsed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; an error of the user is one line on stderr and exit code 2."""
    parsed = parse(arguments)
    try:
        from simulation._siblings import check_siblings

        check_siblings()
        from simulation import commands

        code: int = getattr(commands, f"{parsed.command}_command")(parsed)
        sys.stdout.flush()
    except SimulationError as error:
        for line in str(error).splitlines():
            print(shown(line), file=sys.stderr)
        return USER_ERROR
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code
