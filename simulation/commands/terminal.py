"""What all commands share of the terminal: how this program is called, what it warns of, what shows a study."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import AbstractContextManager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.core.errors import ScenarioError, StoreError
from simulation.core.paths import ROW_FILES
from simulation.views.streams import say

if TYPE_CHECKING:
    from simulation.views.progress import Quiet

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "simulation" if Path(sys.argv[0]).name == "simulation" else "python -m simulation"
"""How this program was called, and so how it is called again."""
RUNS = Path("runs")
"""Where studies are made unless another folder is named."""
TABLES = (*ROW_FILES, ".csv", ".tsv", ".xlsx", ".gift", ".aiken", ".txt")
"""Endings of files of questions."""
LIKE = 0.6
"""How alike two names are of which one may be meant by the other."""


def warn(text: str) -> None:
    """Say on stderr what a user should know."""
    say(f"warning: {text}", aside=True)


def divided(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return which words of a command line name something, and which are overrides KEY=VALUE."""
    overrides = [word for word in words if "=" in word and not is_there(Path(word))]
    return [word for word in words if word not in overrides], overrides


def once(overrides: Sequence[str]) -> list[str]:
    """Return overrides of which none sets what another sets too; a preset may stand beside another."""
    from simulation.scenario.setting import key_path, refuse_twice

    refuse_twice((key_path(text), text) for text in overrides)
    return list(overrides)


def measure_names(written: str | None) -> list[str]:
    """Return the names that `--measure NAME,NAME` gives, none where it is left out."""
    names = [name.strip() for name in (written or "").split(",") if name.strip()]
    if written and not names:
        raise ScenarioError(f"--measure {written!r:.80} names none; write NAME,NAME or leave it out")
    return names


def scenario_file(path: Path) -> Path:
    """Return the file that a path is, or the one of scenarios/ that it names; else say which may be meant."""
    if (file := known_scenario(path)) is None:
        if path.parent == Path():
            refuse_study(RUNS / path)
        raise ScenarioError(f"{path!s:.200}: no such file; {meant(path)}")
    if file.is_dir() or file.suffix not in (".yaml", ".yml"):
        refuse_study(file if file.is_dir() else file.parent)
    if file.name.endswith(TABLES):
        raise ScenarioError(
            f"{file!s:.200}: is no scenario, which is a YAML file of keys such as name and turns (it holds rows, "
            f"played by `{PROGRAM} run own_questions environment.rows=PATH`); name one"
        )
    return file


def known_scenario(path: Path) -> Path | None:
    """Return the file that a path is, or the one of scenarios/ that it names, None where there is none."""
    if is_there(path):
        return path
    named = ROOT / "scenarios" / f"{path.name.removesuffix('.yaml')}.yaml"
    return named if path.parent == Path() and is_there(named) else None


def meant(path: Path) -> str:
    """Return which scenario may be meant by a path where there is none, by its name without folder and ending."""
    if ":/" in str(path):
        return "it is an address, of which nothing is fetched; download the file and name it"
    near = sorted(path.parent.glob("*.yaml")) if path.parent.is_dir() else []
    choices = {scenario.stem.lower(): scenario.stem for scenario in (ROOT / "scenarios").glob("*.yaml")}
    choices |= {scenario.stem.lower(): str(scenario) for scenario in near}
    if close := get_close_matches(path.stem.lower(), choices, n=1, cutoff=LIKE):
        return f"did you mean {choices[close[0]]!r}?"
    from simulation.core.registry import kinds_of

    if kinds := kinds_of(str(path)):
        what = " and ".join(kind.replace("_", " ") for kind in kinds)
        return f"it names a component ({what}), not a scenario: `{PROGRAM} list` shows both"
    return f"`{PROGRAM} list` shows the scenarios and components"


def there(folder: Path) -> Path:
    """Return a folder that holds a study or a comparison; raises StoreError where it holds none."""
    from simulation.play.folders import can_be_read, is_comparison
    from simulation.play.shelf import folders
    from simulation.store import DATABASE

    if is_comparison(folder) or can_be_read(folder / DATABASE):
        return folder
    runs = folder.parent if folder.parent.name else RUNS
    if folder.is_file() and (is_comparison(folder.parent) or can_be_read(folder.parent / DATABASE)):
        raise StoreError(f"{folder!s:.200} is a file of a study; name its folder, {folder.parent}")
    close = get_close_matches(folder.name, {path.name: path for path in folders(runs)}, n=1, cutoff=LIKE)
    remedy = "name a folder that `run` made, below runs/"
    if close:
        remedy = f"did you mean '{runs / close[0]}'?"
    elif not RUNS.is_dir():
        remedy = "name a folder that `run` made; there is no runs/ here, so go to where it was played or give its path"
    raise StoreError(f"{folder!s:.200} is no study and no comparison: it has no {DATABASE}; {remedy}")


def refuse_study(folder: Path) -> None:
    """Refuse the folder of a study or a comparison where a scenario is named, with how to go on with it."""
    from simulation.play.folders import can_be_read, is_comparison
    from simulation.store import DATABASE

    what = "comparison" if is_comparison(folder) else "study"
    if what == "comparison" or can_be_read(folder / DATABASE):
        anew = f", or name {folder / 'scenario.yaml'} to play its scenario anew" if what == "study" else ""
        raise ScenarioError(f"{folder!s:.200}: is a {what}; go on with it by `{PROGRAM} resume {folder!s:.200}`{anew}")


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
