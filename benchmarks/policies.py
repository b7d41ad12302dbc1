"""Claim: how the four published question policies compare over 5 paired seeds.

All 20 students (4 policies x 5 seeds) play in one cohort on one base model, students of one seed with the same
candidates and the same first adapter. Policies differ in how many mistakes they provoke, so accuracy is also compared
after equally many training pairs. About 5 minutes on two quiet cores.
"""

import time
from argparse import Namespace

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from benchmarks import classroom, record
from benchmarks.classroom import Course, Entry, Played
from benchmarks.curves import draw
from benchmarks.learning import finite, points
from simulation.statistics import Estimate, paired_difference, sign_flip, smallest_sign_flip_p
from simulation.turn import play_turn

RULES = ("random", "category", "log_probability", "log_probability_category")
ENTRIES = [Entry(label=rule, scenario=f"{rule}_selection") for rule in RULES]
TIMED_TURNS = 3


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Play the policies and compare them with the random one."""
    settings = [*record.overrides(arguments), f"turns={arguments.turns}", f"evaluate.questions={arguments.questions}"]
    played = classroom.play(ENTRIES, range(arguments.seeds), settings, console)
    turns = played.of("random")[0].turns
    middle = max(turn for turn in turns if turn <= 8)
    budget = min(course.spent[-1] for course in played.courses.values())
    measures = {
        f"turn {middle}": lambda course: course.accuracy[middle],
        f"turn {turns[-1]}": lambda course: course.accuracy[turns[-1]],
        "mean over evaluations": lambda course: course.average,
        f"after {budget} pairs": lambda course: at_budget(course, budget),
    }
    values = {
        rule: {name: np.array([read(course) for course in played.of(rule)]) for name, read in measures.items()}
        for rule in RULES
    }
    seconds = {entry.label: turn_seconds(entry, settings) for entry in ENTRIES}
    show_values(console, values, played, seconds)
    differences = compare(values)
    show_differences(console, differences, arguments.seeds)
    curves = {rule: played.accuracies(rule) for rule in RULES}
    if arguments.write:
        title = f"Question policies, mean of {arguments.seeds} paired seeds with its 95 % t interval"
        draw(curves, turns, arguments.results / "policies.png", title=title)
    return {
        "values": {rule: {name: row.tolist() for name, row in each.items()} for rule, each in values.items()},
        "differences_to_random": {
            f"{rule}, {name}": {"difference": finite(estimate), "sign_flip_p": p}
            for (rule, name), (estimate, p) in differences.items()
        },
        "smallest_possible_p": smallest_sign_flip_p(arguments.seeds),
        "turn_seconds_of_one_student": seconds,
        "cohort_seconds": played.seconds,
        "courses": played.raw(),
    }


def at_budget(course: Course, pairs: int) -> float:
    """Return the accuracy when `pairs` were trained on, interpolated between evaluations."""
    return float(np.interp(pairs, course.spent, list(course.accuracy.values())))


def turn_seconds(entry: Entry, settings: list[str]) -> float:
    """Return the median seconds of a turn of one student alone, without evaluation."""
    world = classroom.open_classroom([entry], [0], [*settings, "evaluate.every=1000", f"turns={TIMED_TURNS + 2}"])
    taken = []
    for number in range(1, TIMED_TURNS + 2):
        began = time.perf_counter()
        play_turn(world, number)
        taken.append(time.perf_counter() - began)
    return float(np.median(taken[1:]))  # the first one warms up


def compare(values: dict[str, dict[str, NDArray[np.float64]]]) -> dict[tuple[str, str], tuple[Estimate, float]]:
    """Return each policy's paired difference to random, with its interval and sign-flip p."""
    first, *others = RULES
    return {
        (rule, name): (paired_difference(values[first][name], row), sign_flip(row - values[first][name]))
        for rule in others
        for name, row in values[rule].items()
    }


def show_values(
    console: Console,
    values: dict[str, dict[str, NDArray[np.float64]]],
    played: Played,
    seconds: dict[str, float],
) -> None:
    """Print accuracies with their spread, pairs, and the time of a turn."""
    rows = []
    for rule, each in values.items():
        cells = [f"{100 * row.mean():.1f} ({100 * row.std(ddof=min(1, len(row) - 1)):.1f})" for row in each.values()]
        pairs = float(np.mean([sum(course.trained) for course in played.of(rule)]))
        rows.append([rule, *cells, f"{pairs:.0f}", f"{seconds[rule]:.2f}"])
    columns = ("policy", *next(iter(values.values())), "pairs", "s a turn")
    console.print(record.table("Held-out accuracy, % (sd over seeds)", columns, rows))


def show_differences(console: Console, differences: dict[tuple[str, str], tuple[Estimate, float]], seeds: int) -> None:
    """Print the paired differences and what their p values can tell."""
    rows = [[rule, name, points(estimate), f"{p:.3f}"] for (rule, name), (estimate, p) in differences.items()]
    console.print(record.table("Paired differences to random", ("policy", "at", "difference", "sign-flip p"), rows))
    least = smallest_sign_flip_p(seeds)
    if least > 0.05:
        console.print(f"{seeds} seeds cannot reach p = 0.05 by sign flips: the smallest p there is is {least:.3f}.")


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--questions", type=int, default=600)
    record.run("policies", parser, measure)
