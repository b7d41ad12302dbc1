"""Claim: GEM's losses are told from cross-entropy at equal difference, on programs, on lines, and in self-training.

Plays `compare` of `scenarios/gem_code.yaml`, `gem_instructions.yaml`, `gem_math.yaml` or `gem_self_training.yaml` with
the seeds and temperatures of its file, and says of every label how right and how different it writes at each
temperature, who is ahead at equal difference after each turn, and where cross-entropy has the other's difference.
Beside the verdicts, the smallest difference that would have been shown. Four to ten minutes of two cores.
"""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from benchmarks import record, worlds
from benchmarks.compare import keep
from simulation.measures.arrays import Results, read_results
from simulation.measures.frontier import DIFFERENCES, Frontier, frontiers
from simulation.measures.power import detectable
from simulation.play.folders import Comparison
from simulation.views.frontier_words import frontier_json

SCENARIOS = ("gem_code", "gem_instructions", "gem_math", "gem_self_training")
BESIDE = (*DIFFERENCES, "distinct_right", "utility", "maj", "pass@10", "pass@16", "prompt_loose", "instruction_strict")
"""Told of every label and temperature, as far as it was measured."""
KEPT = ("tables.txt", "verdicts.json", "frontier.png", "learning_curves.png")


def played(name: str, arguments: Namespace, console: Console) -> record.Result:
    """Play one scenario's comparison, and return what came of it."""
    with TemporaryDirectory(prefix="gem-") as place:
        folder = Path(place) / "studies"
        command = ["compare", f"scenarios/{name}.yaml", *arguments.settings]
        ended = worlds.played([*command, *(["--seeds", str(arguments.seeds)] if arguments.seeds else [])], folder)
        if arguments.write:
            keep(folder, arguments.results / "gem" / (arguments.name or name), KEPT)
        (comparison_folder,) = folder.iterdir()
        comparison = Comparison.open(comparison_folder)
        results = read_results(comparison.lineup, comparison.studies, (), BESIDE)
    told = [by_turn(results, at) for at in range(len(results.turns))]
    for row in rows(told[-1]["frontiers"]):
        console.print(row, soft_wrap=True)
    costs = f"{ended.seconds:.0f} s, {ended.processor_seconds:.0f} CPU seconds, {ended.peak_bytes / 1e6:.0f} MB"
    console.print(f"{name}: {costs}")
    return {
        "labels": list(results.labels),
        "seeds": list(results.seeds),
        "seconds": round(ended.seconds, 1),
        "cpu_seconds": round(ended.processor_seconds, 1),
        "peak_bytes": ended.peak_bytes,
        "turns": told,
    }


def by_turn(results: Results, at: int) -> record.Result:
    """Return what an evaluation measured of every label, and the frontiers there."""
    return {
        "turn": results.turns[at],
        "means": {label: means(results, label, at) for label in results.labels},
        "frontiers": [
            {**frontier_json(frontier), "smallest_shown": smallest(frontier)}
            for frontier in frontiers(results, results.labels, results.seeds, at)
        ],
    }


def means(results: Results, label: str, at: int) -> dict[str, dict[str, list[float]]]:
    """Return the mean of every measure in every evaluation, a number a seed."""
    students = [played for seed in results.seeds for played in results.students[label, seed]]
    exams = students[0].exams
    return {
        exam: {name: [float(played.exams[exam][at][name].mean()) for played in students] for name in exams[exam][at]}
        for exam in exams
    }


def smallest(frontier: Frontier) -> list[float]:
    """Return of each verdict the smallest difference that the study would have shown with a chance of 80 %."""
    family = frontier.family
    return [
        detectable(verdict.variances, family.seeds, family.questions, comparisons=len(family.verdicts))
        for verdict in family.verdicts
    ]


def rows(frontiers_json: Sequence[record.Result]) -> list[str]:
    """Return the verdicts at equal difference as lines."""
    return [
        f"at equal {frontier['different']}: {verdict['text']} (would have shown {shown:.3f})"
        for frontier in frontiers_json
        for verdict, shown in zip(frontier["verdicts"], frontier["smallest_shown"], strict=True)
    ]


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Play the scenario."""
    return {"name": arguments.name or arguments.scenario, **played(arguments.scenario, arguments, console)}


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--name", help="of what is written, instead of the scenario's")
    parser.add_argument("--seeds", type=int, help="instead of those of the files")
    parser.add_argument("--settings", nargs="*", default=[], metavar="KEY=VALUE", help="overrides of the scenarios")
    record.run("gem", parser, measure)
