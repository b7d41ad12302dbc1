"""What all commands share of the terminal: how this program is called, what it warns of, what shows a study."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.core.errors import ScenarioError, nearest
from simulation.views.streams import say

if TYPE_CHECKING:
    from simulation.views.progress import Quiet

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "simulation" if Path(sys.argv[0]).name == "simulation" else "python -m simulation"
"""How this program was called, and so how it is called again."""


def warn(text: str) -> None:
    """Say on stderr what a user should know."""
    say(f"warning: {text}", aside=True)


def divided(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return which words of a command line name something, and which are overrides KEY=VALUE."""
    overrides = [word for word in words if "=" in word and not is_there(Path(word))]
    return [word for word in words if word not in overrides], overrides


def once(overrides: Sequence[str]) -> list[str]:
    """Return overrides of which none sets a key that another sets too; a preset may stand beside another."""
    written: dict[str, str] = {}
    for text in overrides:
        key = ".".join(part.strip() for part in text.partition("=")[0].split("."))
        if key in written and key != "preset":
            raise ScenarioError(f"{key} is set twice, by {written[key]!r:.80} and by {text!r:.80}; write one of them")
        written[key] = text
    return list(overrides)


def scenario_file(path: Path) -> Path:
    """Return the file that a path is, or the one of scenarios/ that it names; else say which may be meant."""
    if is_there(path):
        return path
    named = ROOT / "scenarios" / f"{path.name.removesuffix('.yaml')}.yaml"
    if path.parent == Path() and is_there(named):
        return named
    near = sorted(path.parent.glob("*.yaml")) if path.parent.is_dir() else []
    choices = [str(scenario) for scenario in near]
    if path.parent == Path():
        choices += [scenario.stem for scenario in (ROOT / "scenarios").glob("*.yaml")]
    hint = nearest(str(path), choices).partition("known:")[0].strip()
    raise ScenarioError(f"{path!s:.200}: no such file; {hint or f'`{PROGRAM} list` shows the scenarios'}")


def is_there(path: Path) -> bool:
    """Tell whether there is a file or folder; raises ScenarioError where no file could have such a name."""
    try:
        return path.exists()
    except OSError as error:
        if "=" in str(path):
            return False  # an override may be longer than any name of a file
        raise ScenarioError(f"{str(path)!r:.80}…: {error.strerror}; give a shorter path") from error
    except ValueError as error:
        raise ScenarioError(f"{str(path)!r:.80}: {error}") from error


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
