"""What all commands share of the terminal: how this program is called, what it warns of, what shows a study."""

# ruff: noqa: T201  # the command line is what speaks

import sys
from argparse import Namespace
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.core.errors import ScenarioError, nearest
from simulation.views.text import shown

if TYPE_CHECKING:
    from simulation.views.progress import Quiet

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "simulation" if Path(sys.argv[0]).name == "simulation" else "python -m simulation"
"""How this program was called, and so how it is called again."""


def warn(text: str) -> None:
    """Say on stderr what a user should know."""
    print(shown(f"warning: {text}"), file=sys.stderr)


def scenario_file(path: Path) -> Path:
    """Return `path`, or say which scenario may be meant."""
    try:
        missing = not path.exists()
    except OSError as error:
        raise ScenarioError(f"{str(path)!r:.80}: {error.strerror}") from error
    if missing:
        scenarios = [str(scenario) for scenario in sorted(path.parent.glob("*.yaml"))] if path.parent.is_dir() else []
        hint = nearest(str(path), scenarios).partition("known:")[0].strip()
        raise ScenarioError(f"{path}: no such file; {hint or f'`{PROGRAM} list` shows the scenarios'}")
    return path


def display(arguments: Namespace) -> "AbstractContextManager[Quiet]":
    """Return the display that the command line asks for."""
    from simulation.views.json_lines import JsonLines
    from simulation.views.progress import LiveDisplay, PlainLines, Quiet

    if arguments.json:
        return JsonLines(sys.stdout)
    if arguments.quiet:
        return Quiet()
    if sys.stdout.isatty():
        from rich.console import Console

        return LiveDisplay(Console())
    return PlainLines(sys.stdout)
