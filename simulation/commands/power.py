"""The command `power`: how many seeds and questions a difference needs, from variances given or piloted."""

# ruff: noqa: T201  # the command line is what speaks

import json
from argparse import Namespace
from dataclasses import asdict
from itertools import combinations
from pathlib import Path

import numpy as np

from simulation.commands.terminal import measure_names
from simulation.core.errors import ScenarioError
from simulation.measures.arrays import known_to, read_results
from simulation.measures.naming import chosen
from simulation.measures.power import QUESTIONS, SEEDS, assumed, piloted, power_unknown
from simulation.measures.statistics import Variances
from simulation.play.folders import Comparison, is_comparison
from simulation.views.power_plan import make_plan, plan_lines, plan_table
from simulation.views.streams import say

BELIEVED = {
    "seed_sd": "seed_deviation",
    "seed_correlation": "seed_correlation",
    "accuracy": "accuracy",
    "question_correlation": "correlation",
}
"""The options that say what is believed of the runs, and what the calculation calls them."""


def power_command(arguments: Namespace) -> int:
    """Say how many seeds and questions a difference needs."""
    check(arguments)
    variances, source, graded = read_variances(arguments)
    plan = make_plan(
        arguments.points / 100,
        variances,
        seeds=(arguments.seeds,) if arguments.seeds else SEEDS,
        questions=(arguments.questions,) if arguments.questions else QUESTIONS,
        chance=arguments.chance,
        comparisons=arguments.pairs,
        graded=graded,
    )
    if arguments.json:
        print(json.dumps({**asdict(plan), "variances": variances._asdict(), "source": source}))
        return 0
    from rich.console import Console

    console = Console()
    say(source)
    for line in plan_lines(plan):
        say(line)
    console.print(plan_table(plan))
    return 0


def check(arguments: Namespace) -> None:
    """Refuse options that mean nothing beside one another."""
    believed_options = [name for name in BELIEVED if getattr(arguments, name) is not None]
    if arguments.pilot is not None and believed_options:
        raise ScenarioError(
            f"--{believed_options[0].replace('_', '-')} is not used with --pilot, which tells the variances; "
            "leave one of them out"
        )
    if arguments.measure is not None and arguments.pilot is None:
        raise ScenarioError(f"--measure {arguments.measure}: is of a comparison played; name it with --pilot")


def read_variances(arguments: Namespace) -> tuple[Variances, str, bool]:
    """Return the variances of a paired difference, in words where they are from, and whether values are graded."""
    if arguments.pilot is not None:
        return pilot(arguments.pilot, arguments.measure)
    assumptions = {
        parameter: getattr(arguments, name)
        for name, parameter in BELIEVED.items()
        if getattr(arguments, name) is not None
    }
    if "seed_deviation" in assumptions:
        assumptions["seed_deviation"] /= 100
    listed = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in assumptions.items())
    source = f"variances: assumed ({listed or 'nothing given, so what `power --help` says'})"
    return assumed(**assumptions), source, False


def pilot(folder: Path, name: str | None) -> tuple[Variances, str, bool]:
    """Return the mean variances over all pairs of a comparison's labels at its last evaluation, by a measure's name."""
    if not is_comparison(folder):
        raise ScenarioError(f"--pilot {folder}: is no comparison; give a folder that `compare` wrote")
    comparison = Comparison.open(folder)
    comparison.refuse_edited()
    measure, *others = chosen(measure_names(name), known_to(comparison.lineup, comparison.studies))
    if others:
        raise ScenarioError(f"--measure {name:.80}: a plan is made by one measure; name one")
    results = read_results(comparison.lineup, comparison.studies, [measure])
    seeds = results.whole(results.labels)
    if not seeds:
        raise ScenarioError(f"--pilot {folder}: no seed came to its end under every label; resume the comparison first")
    values_SQ = {label: results.values(measure, label, seeds)[:, -1] for label in results.labels}
    pair_variances = np.array(
        [piloted(values_SQ[second] - values_SQ[first]) for first, second in combinations(results.labels, 2)]
    )
    variances = Variances(*pair_variances.mean(axis=0).tolist())
    withheld = power_unknown(variances, len(seeds))
    if withheld:
        raise ScenarioError(f"--pilot {folder}, {len(seeds)} seeds: {withheld}; compare over more, or say your beliefs")
    pairs = f"means over the {len(pair_variances)} pair(s) of {folder.name}, {len(seeds)} seeds"
    return variances, f"variances of {measure.name}: {pairs}", measure.graded
