"""The commands on one study: `run`, `resume`, `report`, `replay`, `export`; those on a comparison are handed over."""

import shlex
import sys
from argparse import Namespace
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.commands.terminal import (
    PROGRAM,
    display,
    divided,
    measure_names,
    once,
    scenario_file,
    there,
    warn,
)
from simulation.core.errors import INTERRUPTED, ScenarioError
from simulation.core.ranks import rank
from simulation.views.streams import say
from simulation.views.text import shown

PORTABLE = "to hand them on, export them with --base-id and its name on the Hub, such as google/gemma-2b-it"

if TYPE_CHECKING:
    from simulation.scenario.prepare import Prepared
    from simulation.store import Study

MOST_NOTICES = 4
"""How many notices on a scenario `run` says."""


def run_command(arguments: Namespace) -> int:
    """Play a scenario as a new study."""
    from simulation.play.folders import refuse_inside
    from simulation.scenario.prepare import prepare
    from simulation.scenario.scenario import load_scenario
    from simulation.scenario.settling import settled

    name, overrides = scenario_and_overrides(arguments)
    scenario = load_scenario(scenario_file(Path(name)), overrides, arguments.preset)
    refuse_inside(arguments.out)
    if rank():
        return assist(prepare(scenario))
    say_loading(arguments, scenario.name)
    (scenario,) = settled([scenario])
    prepared = prepare(scenario)
    for line in [*noticed(prepared.notices, shlex.join([name, *overrides])), *prepared.ways]:
        say(f"notice: {line}", aside=True)
    from simulation.play.session import begin
    from simulation.store import new_folder

    folder = new_folder(arguments.out, prepared.scenario.name)
    with display(arguments) as watch:
        whole = begin(folder, prepared.scenario.resolved(), [prepared], watch, warn, keep=prepared.scenario.keep)
    return conclude(folder, whole, arguments)


def say_loading(arguments: Namespace, name: str) -> None:
    """Say what is being done where nothing is drawn: reading must not look like hanging."""
    if not (arguments.quiet or sys.stdout.isatty()):
        say(f"{name}: reading the questions and loading the models …", aside=True)


def noticed(notices: Sequence[str], checked: str) -> list[str]:
    """Return the first notices on a scenario; the last of them tells that `check` of these words has more."""
    first = [*notices[:MOST_NOTICES]]
    if len(notices) > len(first):
        first[-1] += f" ({len(notices) - len(first)} more: `{PROGRAM} check {checked}`)"
    return first


def scenario_and_overrides(arguments: Namespace) -> tuple[str, list[str]]:
    """Return the scenario that `run` is to play and all overrides, those of its short options too."""
    names, overrides = divided([arguments.scenario, *arguments.overrides])
    if not names:
        raise ScenarioError(f"run names no scenario, only {overrides[0]:.80}; write a scenario first")
    if len(names) > 1:
        raise ScenarioError(
            f"{names[1]!r:.80}: `run` plays one scenario, here {names[0]:.80}; write KEY=VALUE to change it, and to "
            "play several a line for each, or `compare` to play them side by side"
        )
    short = {"turns": arguments.turns, "threads": arguments.threads}
    short_texts = [f"{key}={value}" for key, value in short.items() if value is not None]
    return names[0], once([*overrides, *short_texts])


def resume_command(arguments: Namespace) -> int:
    """Go on with a study or a comparison that was stopped."""
    from simulation.commands import comparison
    from simulation.play.folders import is_comparison
    from simulation.play.session import go_on

    if rank():
        return assist(stored(arguments.study))
    if is_comparison(there(arguments.study)):
        return comparison.resume(arguments)
    for option in ("workers", "cohort"):
        if getattr(arguments, option) is not None:
            what = f"--{option} {getattr(arguments, option)}: {arguments.study} is one study, which one process plays"
            raise ScenarioError(f"{what}; leave it out")
    with display(arguments) as watch:
        whole = go_on(arguments.study, watch, warn, partial(say_loading, arguments))
    return conclude(arguments.study, whole, arguments)


def stored(folder: Path) -> "Prepared":
    """Return what a study plays."""
    from simulation.scenario.entries import prepared_scenarios
    from simulation.store import Study

    with Study.open(folder) as study:
        return prepared_scenarios(study.scenario, study.folder, study.seats)[0]


def assist(prepared: "Prepared") -> int:
    """Join in the updates of the process that plays this, where torchrun started several."""
    from simulation.play.processes import distributed

    distributed(prepared.settings.trainer).assist()
    return 0


def conclude(folder: Path, whole: bool, arguments: Namespace) -> int:
    """Report a whole study; say of a stopped one how to go on."""
    name = shown(str(folder))
    if not whole:
        say(f"stopped; no finished turn is lost; go on with: {PROGRAM} resume {name}", aside=True)
        return INTERRUPTED
    show_report(folder, getattr(arguments, "measure", None), aside=arguments.json)
    if not arguments.json:
        say(f"turn by turn in the browser: {PROGRAM} view {name}")
        say(f"replay without the model: {PROGRAM} replay {name}")
        say("take it along, as jsonl, parquet or (LoRA students) peft:")
        say(f"  {PROGRAM} export {name} --to exports/{shown(folder.name)} --format jsonl")
    return 0


def report_command(arguments: Namespace) -> int:
    """Show what a study or a comparison found, and draw it."""
    from simulation.commands import comparison
    from simulation.play.folders import is_comparison

    if is_comparison(there(arguments.study)):
        return comparison.report(arguments)
    show_report(arguments.study, arguments.measure)
    return 0


def show_report(folder: Path, measure: str | None = None, *, aside: bool = False) -> None:
    """Print the report of a stored study, by the truth or another measure; on stderr where stdout is a machine's."""
    from rich.console import Console

    from simulation.core.errors import StoreError
    from simulation.measures.naming import chosen, known_in
    from simulation.scenario.entries import is_lineup
    from simulation.store import Study, StudySums
    from simulation.views.fitting import speak
    from simulation.views.report import report

    with Study.open(folder) as study:
        if is_lineup(study.scenario):
            raise StoreError(f"{folder} is a part of a comparison, which is told as a whole; report {folder.parent}")
        warn_of_edit(study)
        told_by, *others = chosen(measure_names(measure), known_in(study))
        if others:
            raise ScenarioError(f"--measure {measure:.80}: a study is told by one measure; name one")
        console = Console(stderr=aside)
        if report(study, StudySums(study, [told_by.name]), console, told_by) is not None:
            from simulation.views.web.report_page import write_report

            path = write_report(study)
            speak(console, f"all turns on one page: {shown(str(path))}")


def warn_of_edit(study: "Study") -> None:
    """Say where the readable copy beside a study was edited: what is told of it is what was played."""
    from simulation.store import SCENARIO, edit

    if sentence := edit(study.folder / SCENARIO, study.scenario):
        warn(f"{sentence}; the study is told as it was played; to play it as edited, begin a new one from the copy")


def replay_command(arguments: Namespace) -> int:
    """Re-play a study without its model and compare it byte for byte."""
    from simulation.replay.replay import replay
    from simulation.store import Study

    for folder in parts(arguments.study):
        with Study.open(folder) as study:
            warn_of_edit(study)
            say(str(replay(study)))
    return 0


def parts(folder: Path) -> list[Path]:
    """Return a study, or those of a comparison of which some may be missing, which is said."""
    from simulation.play.folders import Comparison, is_comparison, studies_in

    if is_comparison(there(folder)):
        comparison = Comparison.open(folder)
        comparison.refuse_edited()
        if comparison.gaps:
            warn(comparison.gaps)
    return studies_in(folder)


def export_command(arguments: Namespace) -> int:
    """Write a study in another format."""
    from simulation.store import Study
    from simulation.views.export import export

    for folder in parts(arguments.study):
        to = arguments.to if folder == arguments.study else arguments.to / folder.name
        with Study.open(folder) as study:
            warn_of_edit(study)
            for path in export(study, to, arguments.format, arguments.base_id):
                say(str(path))
            if arguments.format == "peft" and arguments.base_id is None and Path(study.base).is_absolute():
                warn(f"the adapters name their base by its place on this machine, {study.base}; {PORTABLE}")
    return 0
