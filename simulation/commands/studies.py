"""The command `studies`: which studies and comparisons there are, with status and size, and how some are removed."""

# ruff: noqa: T201  # the command line is what speaks

import json
import shutil
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from simulation.commands.terminal import PROGRAM
from simulation.core.errors import ScenarioError
from simulation.play.folders import is_comparison
from simulation.play.shelf import Shelved, folders, found, remove, shelved
from simulation.views.sizes import readable_size
from simulation.views.streams import say, width_of
from simulation.views.text import folded, shown


def studies_command(arguments: Namespace) -> int:
    """List the studies of a folder, or remove some."""
    unused = "json" if arguments.action == "remove" else "yes"
    if getattr(arguments, unused):
        raise ScenarioError(f"--{unused} means nothing to `studies {arguments.action}`; leave it out")
    if arguments.action == "remove":
        return remove_studies(arguments)
    if arguments.names:
        raise ScenarioError(
            f"`studies list` takes no names, not {arguments.names[0]:.80}; another folder: --out FOLDER"
        )
    runs: Path = arguments.out
    if not runs.is_dir():
        raise ScenarioError(
            f"{runs} is no folder; name the one that holds your studies by --out, or run a scenario first"
        )
    entries = [shelved(folder) for folder in folders(runs)]
    if arguments.json:
        for entry in entries:
            print(json.dumps(asdict(entry)))
    elif not entries:
        say(f"no study lies in {runs}; play one: {PROGRAM} run random_selection")
    else:
        show(entries)
    return 0


def show(entries: Sequence[Shelved]) -> None:
    """Print a table of studies."""
    from rich.console import Console

    from simulation.views.studies_table import studies_table

    console = Console()
    if not console.is_terminal:
        console.width = width_of(console.file) or 120
    console.print(studies_table(entries))


def remove_studies(arguments: Namespace) -> int:
    """Remove the studies that are named, each after a question unless told not to ask."""
    if not arguments.names:
        raise ScenarioError(f"name the studies to remove; `{PROGRAM} studies` shows those there are")
    if is_comparison(arguments.out):
        raise ScenarioError(
            f"--out {arguments.out} is itself a comparison, which is removed as a whole; name its folder"
        )
    studies = [found(arguments.out, name) for name in arguments.names]
    if twice := [folder for folder in studies if studies.count(folder) > 1]:
        raise ScenarioError(f"{twice[0]} is named twice; name it once")
    for folder in studies:
        entry = shelved(folder)
        what = f"{entry.kind} {shown(str(folder))}, {entry.status}, {readable_size(entry.bytes)}"
        if not arguments.yes and not agreed(what):
            say(f"kept: {folder}")
            continue
        remove(folder)
        say(f"removed: {what}")
    return 0


def agreed(what: str) -> bool:
    """Ask whether to remove something for good; raises ScenarioError where nobody can be asked."""
    if not sys.stdin or not sys.stdin.isatty():
        raise ScenarioError(f"{what}: would be removed for good; nobody can be asked here, so say --yes")
    width = shutil.get_terminal_size().columns
    print(folded(f"remove {what}, for good? [y/N]", width), end=" ", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
