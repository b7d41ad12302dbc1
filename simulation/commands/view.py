"""The command `view`: pages in the browser until Ctrl-C, or as files."""

import sys
from argparse import Namespace
from pathlib import Path

from simulation.commands.grammar import HOST
from simulation.core.errors import ScenarioError
from simulation.views.streams import say


def view_command(arguments: Namespace) -> int:
    """Serve the pages of a folder, or write them."""
    if arguments.bundle is not None:
        if (arguments.host, arguments.port) != (HOST, 0):
            raise ScenarioError(
                "--host and --port say where pages are served, --bundle writes them; leave one of them out"
            )
        from simulation.views.web.bundle import bundle

        bundle(arguments.folder, arguments.bundle, turn_numbers(arguments.turns), say)
        return 0
    if arguments.turns is not None:
        raise ScenarioError("--turns says which turns --bundle writes; without --bundle all are served")
    from simulation.views.web.server import serve

    folder = Path(arguments.folder)
    try:
        serve(folder, arguments.host, arguments.port, browser=not arguments.no_browser, say=announce)
    except KeyboardInterrupt:
        say("stopped")
    return 0


def announce(address: str) -> None:
    """Say where the pages are."""
    say(address)
    say("the pages are read-only; Ctrl-C ends them")
    sys.stdout.flush()


def turn_numbers(text: str | None) -> set[int] | None:
    """Return the turns of "all" or "1,5,20"; raises ScenarioError where it is neither."""
    if text is None or text == "all":
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise ScenarioError(f"--turns {text:.80}: name turns by number, such as 1,5,20, or all")
    numbers = [int(part) for part in parts]
    if twice := [number for number in numbers if numbers.count(number) > 1]:
        raise ScenarioError(f"--turns {text:.80}: {twice[0]} stands twice; write it once")
    return set(numbers)
