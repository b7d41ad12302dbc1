"""What may be written on the command line: the commands, their options, and what is said of a wrong word."""

import argparse
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from simulation import __version__
from simulation.commands.words import Parser, number, study, whole

COMMANDS = {
    **dict.fromkeys(("run", "resume", "report", "replay", "export"), "study"),
    **dict.fromkeys(("check", "list", "doctor"), "components"),
    "compare": "comparison",
    "power": "power",
    "view": "view",
    "studies": "studies",
    "completion": "completion",
}
"""The module of each command."""
FORMATS = ("jsonl", "parquet", "peft")
KINDS = ("environment", "students", "judge", "question_policy", "experience_policy", "trainer")
"""Of components, as the registry has them."""
MOST_WORKERS = 1024
HOST = "127.0.0.1"
OVERRIDES = {"run": "overrides", "compare": "scenarios", "check": "scenario", "doctor": "scenario"}
"""The commands that take overrides, and where a parsed line holds those that stand after an option."""
SHELLS = ("bash", "zsh", "fish")


def parser() -> Parser:
    """Return the parser of every command."""
    top = Parser(
        prog="python -m simulation",
        description="Learning loops: students answer, judges evaluate, students are trained, policies decide.",
        epilog="Start with: python -m simulation run random_selection",
    )
    top.add_argument("--version", action="version", version=f"simulation {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    top.commands, add = commands.choices, commands.add_parser
    _run(add("run", help="play a scenario as a new study"))
    _resume(_study(add("resume", help="go on with a study or a comparison that was stopped")))
    _compare(add("compare", help="play scenarios over seeds and say which differ"))
    _power(add("power", help="say how many seeds and questions a difference needs, before anything is spent"))
    listing = add("list", help="list components and scenarios, or write the scenario schema")
    pages = listing.add_mutually_exclusive_group()
    pages.add_argument("--schema", nargs="?", const="-", metavar="FILE", help="write the JSON schema (default: stdout)")
    pages.add_argument("--markdown", choices=("components", "scenario"), help="a page of the documents, as Markdown")
    _check(add("check", help="check scenarios without loading a model, or components of your own"))
    _study(add("replay", help="re-play a study without its model and compare it byte for byte"))
    _view(add("view", help="show studies turn by turn in the browser, or write the pages as files"))
    _measure(_study(add("report", help="show a study's table and draw its learning curve")))
    _export(_study(add("export", help="write a study as JSON lines, Parquet or PEFT adapters")))
    _doctor(add("doctor", help="say what this machine has and lacks"))
    _studies(add("studies", help="list the studies there are, with status and size, or remove some"))
    completion = add("completion", help="write what makes a shell complete these commands")
    completion.add_argument("shell", choices=SHELLS, help="bash: put the output where its completions are read from")
    return top


def _resume(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cohort", type=whole(0, 9999), help=argparse.SUPPRESS)  # for the workers of a comparison,
    command.add_argument("--leash", action="store_true", help=argparse.SUPPRESS)  # which end with their parents
    workers_help = "processes to go on with a comparison in"
    command.add_argument("--workers", type=whole(1, MOST_WORKERS), metavar="N", help=workers_help)
    _measure(command)
    _display(command)


def _doctor(command: argparse.ArgumentParser) -> None:
    scenario_help = "scenarios whose models are loaded and tried too, and overrides for all of them"
    command.add_argument("scenario", nargs="*", default=[], metavar="SCENARIO|KEY=VALUE", help=scenario_help)
    command.add_argument("--json", action="store_true", help="one JSON object")


def _export(command: argparse.ArgumentParser) -> None:
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="a new or empty folder")
    command.add_argument("--format", choices=FORMATS, default="jsonl", help="default: jsonl")
    base_help = "how adapters name their base in place of where it lies here, such as owner/name"
    command.add_argument("--base-id", metavar="NAME", help=base_help)


def _studies(command: argparse.ArgumentParser) -> None:
    command.add_argument("action", nargs="?", choices=("list", "remove"), default="list", help="default: list")
    command.add_argument("names", nargs="*", default=[], metavar="NAME", help="the studies and comparisons to remove")
    command.add_argument(
        "--out", type=Path, default=Path("runs"), metavar="FOLDER", help="where the folders are (default: runs)"
    )
    command.add_argument("--yes", action="store_true", help="remove without asking")
    command.add_argument("--json", action="store_true", help="JSON lines on stdout, one a study")


def _set(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--set", dest="set", action="append", default=[], metavar="KEY=VALUE", help="the same as a bare KEY=VALUE"
    )


def _run(command: argparse.ArgumentParser) -> None:
    command.add_argument("scenario", metavar="SCENARIO", help="a scenario file, or the name of one of scenarios/")
    overrides_help = "dotted overrides, such as ask.questions=80; they may stand before the scenario too"
    command.add_argument("overrides", nargs="*", default=[], metavar="KEY=VALUE", help=overrides_help)
    command.add_argument(
        "--out", type=Path, default=Path("runs"), metavar="FOLDER", help="where study folders are made (default: runs)"
    )
    command.add_argument("--preset", metavar="NAME", help="a named set of overrides of the file")
    command.add_argument("--turns", type=whole(1, 1_000_000), metavar="N", help="short for the override turns=N")
    command.add_argument("--threads", type=whole(1, 1024), metavar="N", help="short for the override threads=N")
    _display(command)


def _compare(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "scenarios",
        nargs="+",
        metavar="SCENARIO|KEY=VALUE",
        help="scenario files or names, and overrides for all of them",
    )
    command.add_argument(
        "--vary",
        action="append",
        default=[],
        metavar="KEY=VALUE,VALUE",
        help="play each scenario with each value, such as ask.policy=random,category; may be given again "
        "(default: what the file says under compare)",
    )
    command.add_argument(
        "--seeds", metavar="N|A,B,C", help="how many seeds, or which (default: what the file says, else 8)"
    )
    command.add_argument("--preset", metavar="NAME", help="a named set of overrides of the files")
    _measure(command)
    workers_help = "processes to play in (default: one a core; one where a GPU is)"
    command.add_argument("--workers", type=whole(1, MOST_WORKERS), metavar="N", help=workers_help)
    command.add_argument(
        "--out", type=Path, default=Path("runs"), metavar="FOLDER", help="where folders are made (default: runs)"
    )
    _display(command)


def _power(command: argparse.ArgumentParser) -> None:
    points, seeds, questions = number(0, 100, above=True), whole(1, 100_000), whole(2, 10_000_000)
    correlation = number(-1, 1)
    points_help = "the difference to be shown, in points (default: 3)"
    command.add_argument("--points", type=points, default=3.0, metavar="POINTS", help=points_help)
    command.add_argument("--seeds", type=seeds, metavar="N", help="how many seeds there will be")
    command.add_argument("--questions", type=questions, metavar="N", help="how many held-out questions there will be")
    pilot_help = "take the variances of a comparison played"
    command.add_argument("--pilot", type=study, metavar="COMPARISON", help=pilot_help)
    command.add_argument("--measure", metavar="NAME", help="by which measure of it (default: the truth)")
    sd_help = "sd of accuracy between seeds (default: 3)"
    command.add_argument("--seed-sd", type=number(0, 100), metavar="POINTS", help=sd_help)
    command.add_argument("--seed-correlation", type=correlation, metavar="R", help="of two policies (default: 0.7)")
    accuracy_help = "expected accuracy, 0 to 1 (default: 0.3)"
    command.add_argument("--accuracy", type=number(0, 1), metavar="SHARE", help=accuracy_help)
    correlation_help = "of two policies' truths of one seed (default: 0.8)"
    command.add_argument("--question-correlation", type=correlation, metavar="R", help=correlation_help)
    pairs_help = "pairs compared, for Holm's adjustment (default: 1)"
    command.add_argument("--pairs", type=whole(1, 1_000_000), default=1, metavar="N", help=pairs_help)
    chance_help = "the power wanted (default: 0.8)"
    command.add_argument("--chance", type=number(0.06, 0.999), default=0.8, metavar="SHARE", help=chance_help)
    command.add_argument("--json", action="store_true", help="one JSON object")


def _view(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "folder",
        type=study,
        nargs="?",
        default=Path("runs"),
        metavar="FOLDER",
        help="a folder of studies, a study or a comparison (default: runs)",
    )
    command.add_argument("--port", type=whole(0, 65535), default=0, metavar="N", help="default: any that is free")
    command.add_argument("--host", default=HOST, metavar="NAME", help="default: 127.0.0.1, this machine alone")
    command.add_argument("--no-browser", action="store_true", help="print the address, open nothing")
    command.add_argument("--bundle", type=Path, metavar="DIR", help="write the pages into a new folder instead")
    command.add_argument("--turns", metavar="all|N,N", help="of which turns --bundle writes pages (default: all)")


def _check(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "scenario",
        nargs="+",
        metavar="SCENARIO|MODULE:CLASS|KEY=VALUE",
        help="scenario files or names, or components, and overrides; one scenario alone is shown with all its defaults",
    )
    command.add_argument("--kind", choices=KINDS, help="what the components are (default: told by their members)")
    command.add_argument(
        "--environment",
        metavar="NAME",
        help="try judges, students and question policies on this environment's questions (default: scripted ones)",
    )
    command.add_argument(
        "--audit",
        action="store_true",
        help="also judge every reference of code tasks, not only a sample of them",
    )
    command.add_argument(
        "--offline",
        action="store_true",
        help="look at nothing but what lies here, and list what could not be looked at: names on the Hub, APIs",
    )
    _set(command)


def _study(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    command.add_argument("study", type=study, metavar="STUDY", help="a study folder, or its name below runs/")
    return command


def _measure(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--measure",
        metavar="NAME,NAME",
        help="report by these stored measures, such as pass@5, the first counts (default: the truth); a study by one",
    )


def _display(command: argparse.ArgumentParser) -> None:
    shows = command.add_mutually_exclusive_group()
    shows.add_argument("--json", action="store_true", help="JSON lines on stdout, everything else on stderr")
    shows.add_argument("--quiet", action="store_true", help="no progress, only the report")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse a command line; overrides may stand before, between and after options, which argparse alone cannot do."""
    top = parser()
    parsed, rest = top.parse_known_args(arguments)
    takes = OVERRIDES.get(parsed.command)
    if takes is not None and not any(text.startswith("-") for text in rest):
        getattr(parsed, takes).extend(rest)
    elif rest:
        command = top.of_command(parsed.command) if parsed.command else top
        keys = scenario_keys if takes else dict
        command.error("; ".join(command.strangers(rest, keys, top.commands, partial(unsettable, parsed))))
    return parsed


def unsettable(parsed: argparse.Namespace, word: str) -> str:
    """Return why a word KEY=VALUE can set nothing and what to do, nothing where the command takes such words."""
    if parsed.command in OVERRIDES:
        return ""
    if parsed.command != "resume":
        takers = " and ".join(f"`{command}`" for command in OVERRIDES)
        return f"{word!r:.80} sets a key of a scenario, which {takers} do; leave it out"
    anew = {
        "scenario.yaml": f"`run {parsed.study}/scenario.yaml {word:.80}` plays it anew so",
        "comparison.yaml": f"compare its scenarios anew with {word:.80}",
    }
    remedies = ["leave it out", *(remedy for file, remedy in anew.items() if (parsed.study / file).is_file())]
    return f"{word!r:.80}: a study goes on as it was begun, so no key of it is set now; {', or '.join(remedies)}"


def scenario_keys() -> Mapping[str, Any]:
    """Return what may stand at the top of a scenario (Any: what is known of each key)."""
    from simulation.scenario.scenario import Scenario

    return Scenario.model_fields
