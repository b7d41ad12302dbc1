"""What the command line does with comparisons: plays them, goes on with them, says what came out."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from simulation.commands.terminal import PROGRAM, display, divided, measure_names, once, scenario_file, warn
from simulation.core.errors import INTERRUPTED, ScenarioError
from simulation.core.machine import cores
from simulation.core.questions import Measure
from simulation.core.ranks import LaunchError, world_size
from simulation.measures.arrays import known_to
from simulation.measures.naming import chosen, known_before
from simulation.play.folders import Comparison, divide, refuse_inside
from simulation.play.places import end_with_parent, play_cohort, play_comparison, sensible_workers
from simulation.scenario.entries import read_lineup, read_seeds
from simulation.scenario.varying import refuse_unlisted
from simulation.store import new_folder
from simulation.views.boards import Board, JsonBoard, LiveBoard, PlainBoard
from simulation.views.json_lines import JsonLines
from simulation.views.streams import say
from simulation.views.text import Scale
from simulation.views.verdict_text import verdict_json


def compare_command(arguments: Namespace) -> int:
    """Play scenarios over seeds and say which differ."""
    alone()
    names, overrides = divided(arguments.scenarios)
    if not names:
        raise ScenarioError(f"compare names no scenario, only {overrides[0]:.80}; write a scenario first")
    overrides = once(overrides)
    for text in arguments.vary:
        refuse_unlisted(text)
    files = [scenario_file(Path(name)) for name in names]
    seeds = None if arguments.seeds is None else read_seeds(arguments.seeds)
    lineup = read_lineup(files, arguments.vary, overrides, seeds, arguments.preset)
    measures = chosen(measure_names(arguments.measure), known_before(lineup))
    workers = arguments.workers or sensible_workers(len(lineup.seeds))
    refuse_inside(arguments.out)
    folder = new_folder(arguments.out, "-".join(["compare", *(path.stem for path in files[:2])]))
    threads = max(1, cores() // workers) if workers > 1 else None
    lineup = lineup.settled()
    return play(Comparison.create(folder, lineup, divide(lineup, workers), threads), arguments, workers, measures)


def alone() -> None:
    """Refuse to play a comparison in each of several processes."""
    if world_size() > 1:
        raise LaunchError(
            f"{world_size()} processes were started, and a comparison starts its own; start it without torchrun"
        )


def measures_of(comparison: Comparison, arguments: Namespace) -> tuple[Measure, ...]:
    """Return the measures that a comparison is to be reported by; raises ScenarioError where one is not stored."""
    return chosen(measure_names(arguments.measure), known_to(comparison.lineup, comparison.studies))


def resume(arguments: Namespace) -> int:
    """Go on with a comparison, or as one of its workers with a cohort of it."""
    alone()
    if arguments.leash:
        end_with_parent()
    comparison = Comparison.open(arguments.study)
    if arguments.cohort is None:
        workers = arguments.workers or sensible_workers(len(comparison.cohorts))
        return play(comparison, arguments, workers, measures_of(comparison, arguments))
    if not 0 <= arguments.cohort < len(comparison.cohorts):
        raise ScenarioError(f"--cohort {arguments.cohort}: {comparison.folder} has {len(comparison.cohorts)} cohorts")
    with display(arguments) as watch:
        return 0 if play_cohort(comparison, arguments.cohort, watch, warn) else INTERRUPTED


def play(comparison: Comparison, arguments: Namespace, workers: int, measures: Sequence[Measure]) -> int:
    """Play what is left of a comparison and say what came out."""
    with board(comparison, arguments) as shows:
        outcome = play_comparison(comparison, workers, shows.hear, warn, JsonLines)
        shows.ended(outcome)
    for index, reason in sorted(outcome.failures.items()):
        say(f"cohort {index} failed: {reason}", aside=True)
    if outcome.stopped or outcome.failures:
        again = f"{PROGRAM} resume {comparison.folder}"
        say(f"no finished turn is lost; go on with: {again}", aside=True)
    if outcome.stopped:
        return INTERRUPTED
    conclude(comparison, shows, measures)
    return 1 if outcome.failures else 0


def report(arguments: Namespace) -> int:
    """Say again what a comparison found."""
    comparison = Comparison.open(arguments.study)
    comparison.refuse_edited()
    if comparison.gaps:
        warn(comparison.gaps)
    conclude(comparison, None, measures_of(comparison, arguments))
    return 0


def conclude(comparison: Comparison, shows: Board | None, measures: Sequence[Measure]) -> None:
    """Report a comparison; where stdout belongs to a machine it gets the verdicts, and stderr the report."""
    from rich.console import Console

    from simulation.views.comparison_report import conclude as write_report

    machine = shows if isinstance(shows, JsonBoard) else None
    results, all_findings = write_report(comparison, Console(stderr=machine is not None), measures)
    if machine is not None:
        for findings in all_findings:
            scale = Scale.of(findings.measure)
            for family in findings.families[:1]:  # the aspect that counts; verdicts.json holds them all
                for verdict in family.verdicts:
                    machine.emit("verdict", {"measure": family.measure, **verdict_json(verdict, family, scale)})
        machine.emit("finished", {"comparison": str(comparison.folder), "trace_hashes": list(results.trace_hashes)})


def board(comparison: Comparison, arguments: Namespace) -> Board:
    """Return the display that the command line asks for."""
    if arguments.json:
        return JsonBoard(comparison, sys.stdout)
    if arguments.quiet:
        return Board(comparison)
    if sys.stdout.isatty():
        from rich.console import Console

        return LiveBoard(comparison, Console())
    return PlainBoard(comparison, sys.stdout)
