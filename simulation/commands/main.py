"""The command line: `python -m simulation COMMAND`; what a command needs is imported when it runs."""

import signal
import sys
from collections.abc import Sequence
from errno import ENAMETOOLONG
from importlib import import_module

from simulation.commands.grammar import COMMANDS, parse, parser
from simulation.core.errors import INTERRUPTED, USER_ERROR, SimulationError
from simulation.core.ranks import RanksLost, check_launch, rank
from simulation.views.streams import endure, lost, say, say_error

PLAYING = ("run", "resume")
"""The commands that several processes carry out together; of others, rank 0 does all."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; an error of the user is one line on stderr and exit code 2."""
    parsed = parse(arguments)
    if parsed.command is None:
        parser().print_help()
        return 0
    try:
        from simulation._siblings import check_siblings

        check_siblings()
        check_launch()
        if rank() and parsed.command not in PLAYING:
            return 0
        module = import_module(f"simulation.commands.{COMMANDS[parsed.command]}")
        code: int = getattr(module, f"{parsed.command}_command")(parsed)
        sys.stdout.flush()
    except SimulationError as error:
        if not rank() or isinstance(error, RanksLost):  # what else the others find, rank 0 says
            say_error(error)
        return USER_ERROR
    except OSError as error:
        if error.errno != ENAMETOOLONG:
            raise
        say(f"{str(error.filename)[:80]!r}…: {error.strerror}; give a shorter path", aside=True)
        return USER_ERROR
    except KeyboardInterrupt:
        say("stopped", aside=True)
        return INTERRUPTED
    return code


def program() -> int:
    """Run the command of this process: nothing that happens to its streams ends it, and a request to end is heard."""
    endure()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # who runs it under nohup keeps that
            signal.signal(number, signal.default_int_handler)
    try:
        code = main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    reason = lost()
    if reason is None:
        return code
    if not isinstance(reason, BrokenPipeError):  # a reader that has seen enough knows it
        say(f"stdout could not be written ({reason.strerror}); what was to be said there is lost", aside=True)
    return code or 1
