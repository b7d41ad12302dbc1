"""What each command of the command line does; imported when a command runs, and importing nothing heavy itself."""

# ruff: noqa: T201  # the command line is what speaks

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.cli import INTERRUPTED, USER_ERROR
from simulation.core.errors import ScenarioError, SimulationError, nearest
from simulation.display import shown

if TYPE_CHECKING:
    from simulation.progress import Quiet
    from simulation.scenario import Scenario
    from simulation.stage import Stage

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = "simulation" if Path(sys.argv[0]).name == "simulation" else "python -m simulation"
"""How this program was called, and so how it is called again."""
AUDITED = 40
"""Questions of a set whose references `check` judges, unless it is told to judge all."""


def run_command(arguments: Namespace) -> int:
    """Play a scenario as a new study."""
    from simulation.scenario import load_scenario
    from simulation.stage import set_stage

    short = {"turns": arguments.turns, "threads": arguments.threads}
    overrides = [*arguments.overrides, *(f"{key}={value}" for key, value in short.items() if value is not None)]
    stage = set_stage(load_scenario(scenario_file(arguments.scenario), overrides, arguments.preset))
    notices = stage.environment.notices()
    if notices:
        more = f" ({len(notices) - 1} details: `{PROGRAM} check {arguments.scenario}`)" if len(notices) > 1 else ""
        print(shown(f"notice: {notices[0]}{more}"), file=sys.stderr)
    from simulation.session import begin
    from simulation.store import new_folder

    folder = new_folder(arguments.out, stage.scenario.name)
    with display(arguments) as watch:
        whole = begin(folder, stage.scenario.resolved(), [stage], watch, warn, keep=stage.scenario.keep)
    return conclude(folder, whole, arguments)


def resume_command(arguments: Namespace) -> int:
    """Go on with a study or a comparison that was stopped."""
    from simulation.comparison import commands, is_comparison
    from simulation.session import go_on

    if is_comparison(arguments.study):
        return commands.resume(arguments)
    with display(arguments) as watch:
        whole = go_on(arguments.study, watch, warn)
    return conclude(arguments.study, whole, arguments)


def compare_command(arguments: Namespace) -> int:
    """Play scenarios over seeds and say which differ."""
    from simulation.comparison.commands import compare

    return compare(arguments)


def power_command(arguments: Namespace) -> int:
    """Say how many seeds and questions a difference needs."""
    from simulation.comparison.planning import plan

    return plan(arguments)


def warn(text: str) -> None:
    """Say on stderr what a user should know."""
    print(shown(f"warning: {text}"), file=sys.stderr)


def conclude(folder: Path, whole: bool, arguments: Namespace) -> int:
    """Report a whole study; say of a stopped one how to go on."""
    name = shown(str(folder))
    if not whole:
        print(f"stopped; no finished turn is lost; go on with: {PROGRAM} resume {name}", file=sys.stderr)
        return INTERRUPTED
    show_report(folder, aside=arguments.json)
    if not arguments.json:
        print(f"replay without the model: {PROGRAM} replay {name}")
        print("take it along, as jsonl, parquet or (LoRA students) peft:")
        print(f"  {PROGRAM} export {name} --to exports/{shown(folder.name)} --format jsonl")
    return 0


def report_command(arguments: Namespace) -> int:
    """Show what a study or a comparison found, and draw it."""
    from simulation.comparison import commands, is_comparison

    if is_comparison(arguments.study):
        return commands.report(arguments)
    show_report(arguments.study)
    return 0


def show_report(folder: Path, *, aside: bool = False) -> None:
    """Print the report of a stored study; on stderr where stdout belongs to a machine."""
    from rich.console import Console

    from simulation.report import report
    from simulation.store import Study

    with Study.open(folder) as study:
        report(study, Console(stderr=aside))


def replay_command(arguments: Namespace) -> int:
    """Re-play a study without its model and compare it byte for byte."""
    from simulation.comparison import studies_in
    from simulation.replay import replay
    from simulation.store import Study

    for folder in studies_in(arguments.study):
        with Study.open(folder) as study:
            print(replay(study))
    return 0


def export_command(arguments: Namespace) -> int:
    """Write a study in another format."""
    from simulation.comparison import studies_in
    from simulation.export import export
    from simulation.store import Study

    for folder in studies_in(arguments.study):
        to = arguments.to if folder == arguments.study else arguments.to / folder.name
        with Study.open(folder) as study:
            for path in export(study, to, arguments.format):
                print(shown(str(path)))
    return 0


def check_command(arguments: Namespace) -> int:
    """Check scenarios without loading a model; every complaint of every file is shown."""
    wrong = False
    for path in arguments.scenario:
        try:
            lines = check_file(path, arguments.overrides, whole_audit=arguments.audit, offline=arguments.offline)
        except SimulationError as error:
            wrong = True
            for line in str(error).splitlines():
                print(shown(line), file=sys.stderr)
            continue
        for line in lines:
            print(shown(line))
    return USER_ERROR if wrong else 0


def check_file(path: Path, overrides: Sequence[str], *, whole_audit: bool, offline: bool) -> list[str]:
    """Return what is to be said of a good scenario; raises where it is not good."""
    from simulation.readiness import check_here, elsewhere
    from simulation.scenario import load_scenario

    scenario = load_scenario(scenario_file(path), overrides)
    lying = elsewhere(scenario)
    stage = check_here(scenario, lying if offline else ())
    check_variants(path, overrides, scenario, staged=not (offline and lying))
    notices = []
    if stage is None:
        finding = "good, as far as it lies here"
    else:
        audit(stage, whole_audit)
        notices = [f"notice: {notice}" for notice in stage.environment.notices()]
        finding = (
            f"good; {len(stage.seats)} student(s), {scenario.turns} turns of {stage.plan.questions} questions from "
            f"{len(stage.pool)}, measured on {len(stage.held_out)}"
        )
    unseen = [f"{key} ({', '.join(names)})" for key, names in lying.items()]
    return [*notices, f"{path}: {finding}" + (f"; not looked at: {'; '.join(unseen)}" if unseen else "")]


def check_variants(path: Path, overrides: Sequence[str], scenario: "Scenario", *, staged: bool) -> None:
    """Refuse presets and comparisons of a file that could not be played; of comparisons all, or what is written."""
    from simulation.comparison.lineup import read_lineup
    from simulation.scenario import load_scenario

    for preset in scenario.presets:
        try:
            load_scenario(path, overrides, preset)
        except ScenarioError as error:
            raise scenario.blamed(f"presets.{preset}", error) from error
    if scenario.compare.vary:
        try:
            read_lineup([path], [], overrides, staged=staged)
        except ScenarioError as error:
            raise error if str(error).startswith(str(path)) else scenario.blamed("compare", error) from error


def audit(stage: "Stage", whole: bool) -> None:
    """Refuse questions whose own reference fails; of many a sample spread over them, or all."""
    from simulation.core.abilities import Auditing

    judge, wrong = stage.exact_judge, []
    if isinstance(judge, Auditing):
        for path, questions in (("pool", stage.pool), ("held-out", stage.held_out)):
            step = 1 if whole else max(1, len(questions) // AUDITED)
            lines = judge.audit([questions[place] for place in range(0, len(questions), step)])
            wrong += [stage.scenario.complaint("environment", f"{path} question {line}") for line in lines]
    if wrong:
        raise ScenarioError("\n".join(wrong))


def list_command(arguments: Namespace) -> int:
    """List components and scenarios, or write the scenario schema."""
    from simulation.listing import markdown, plain

    if arguments.schema is not None:
        from simulation.schema import scenario_schema

        text = json.dumps(scenario_schema(), indent=2)
        if arguments.schema == "-":
            print(text)
        else:
            Path(arguments.schema).parent.mkdir(parents=True, exist_ok=True)
            Path(arguments.schema).write_text(f"{text}\n", encoding="utf-8")
        return 0
    for line in (markdown if arguments.markdown else plain)(ROOT / "scenarios"):
        print(line)
    return 0


def doctor_command(arguments: Namespace) -> int:
    """Say what this machine has and lacks; exit code 1 where something is missing."""
    from simulation.doctor import complaints, examine
    from simulation.scenario import load_scenario
    from simulation.stage import set_stage

    found = examine(ROOT, [set_stage(load_scenario(scenario_file(path))) for path in arguments.scenario])
    lacking = complaints(found)
    if arguments.json:
        print(json.dumps({**found, "missing": lacking}))
    else:
        width = max(len(name) for values in found.values() for name in values)
        for section, values in found.items():
            print(section)
            for name, value in values.items():
                print(f"  {name:{width}} {value}")
        print(f"{len(lacking)} thing(s) missing" if lacking else "nothing is missing")
    return 1 if lacking else 0


def scenario_file(path: Path) -> Path:
    """Return `path`, or say which scenario may be meant."""
    try:
        missing = not path.exists()
    except OSError as error:
        raise ScenarioError(f"{str(path)!r:.80}: {error.strerror}") from error
    if missing:
        known = [str(each) for each in sorted(path.parent.glob("*.yaml"))] if path.parent.is_dir() else []
        hint = nearest(str(path), known).partition("known:")[0].strip()
        raise ScenarioError(f"{path}: no such file; {hint or f'`{PROGRAM} list` shows the scenarios'}")
    return path


def display(arguments: Namespace) -> "AbstractContextManager[Quiet]":
    """Return the display that the command line asks for."""
    from simulation.json_lines import JsonLines
    from simulation.progress import LiveDisplay, PlainLines, Quiet

    if arguments.json:
        return JsonLines(sys.stdout)
    if arguments.quiet:
        return Quiet()
    if sys.stdout.isatty():
        from rich.console import Console

        return LiveDisplay(Console())
    return PlainLines(sys.stdout)
