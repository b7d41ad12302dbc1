"""Claim: the published table of the student simulation cannot tell its four methods apart.

The report gives, for each method, one run and the number of wrong answers among 40 test questions at each evaluation.
Which questions they were is not known, so nothing pairs the methods, and one run says nothing of other seeds. The same
statistics as in a verdict (interval, p, Holm over the family, power) say what such a table can show, and what could.
"""

import json
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import combinations, groupby
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks import record
from simulation.core.errors import DataError
from simulation.measures.power import assumed, detectable_if_known, smallest_questions, smallest_seeds
from simulation.measures.statistics import holm, unpaired_difference
from simulation.views.verdict_text import better_text, p_text, unknown

WHAT = "student_sim_trace.json, the accuracies turn by turn that the student-learning simulation reported"
TABLE = record.ROOT.parent / "shared" / "data" / "published" / "student_sim_trace.json"
EFFECTS = (0.03, 0.05, 0.1)
ACCURACY = 0.3
CORRELATION, SEED_DEVIATION, SEED_CORRELATION = 0.8, 0.03, 0.7
"""Of a paired design, as `simulation.measures.power.assumed` takes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What the table says: right answers of each method at each evaluation, of so many questions."""

    questions: int
    turns: tuple[int, ...]
    right: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One pair of methods at one measure; differences b - a in accuracy units."""

    measure: str
    a: str
    b: str
    difference: float
    low: float
    high: float
    p: float
    p_adjusted: float
    tells: bool
    text: str


def read(path: Path) -> Published:
    """Read the published figures."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        questions = int(document["n_test"])
        methods = document["methods"]
        turns = {tuple(int(each["after_turn"]) for each in method["evals"]) for method in methods.values()}
        right = {
            name: tuple(questions - sum(each["wrong_by_category"]) for each in method["evals"])
            for name, method in methods.items()
        }
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path} is not the published table: {error!r}; expected n_test and methods, each with evals that hold "
            "after_turn and wrong_by_category"
        ) from error
    if len(turns) != 1:
        raise DataError(f"{path}: the methods were evaluated after unlike turns: {sorted(turns)}")
    return Published(questions=questions, turns=turns.pop(), right=right)


def compare(published: Published) -> list[Pair]:
    """Return every pair of methods at the last evaluation and averaged over them, each measure a family."""
    measures = {
        f"after turn {published.turns[-1]}": {name: float(counts[-1]) for name, counts in published.right.items()},
        "mean over evaluations": {name: float(np.mean(counts)) for name, counts in published.right.items()},
    }
    return [pair for measure, right in measures.items() for pair in compare_counts(measure, right, published.questions)]


def compare_counts(measure: str, right: Mapping[str, float], questions: int) -> list[Pair]:
    """Return the pairs of one family of counts, none of them paired."""
    names = list(combinations(right, 2))
    tests = [unpaired_difference(right[a], questions, right[b], questions) for a, b in names]
    adjusted = holm([test.p for test in tests])
    return [
        Pair(
            measure=measure,
            a=a,
            b=b,
            difference=test.value,
            low=test.low,
            high=test.high,
            p=test.p,
            p_adjusted=p,
            tells=test.tells(p),
            text=better_text(a, b, test, p, 1, len(names)) if test.tells(p) else unknown(a, b, test, p, len(names)),
        )
        for (a, b), test, p in zip(names, tests, adjusted, strict=True)
    ]


def needed(effect: float, comparisons: int) -> dict[str, int | None]:
    """Return what would show an effect: questions of two single runs, then seeds of a paired design.

    The seeds are those on 600 and on 3,000 questions; None where no number that can be run suffices.
    """
    apart = assumed(accuracy=ACCURACY, correlation=0.0)
    paired = assumed(
        accuracy=ACCURACY,
        correlation=CORRELATION,
        seed_deviation=SEED_DEVIATION,
        seed_correlation=SEED_CORRELATION,
    )
    return {
        "questions_unpaired": smallest_questions(effect, apart, 1, comparisons=comparisons),
        "questions_paired": smallest_questions(effect, paired, 1, comparisons=comparisons),
        "seeds_600": smallest_seeds(effect, paired, 600, comparisons=comparisons),
        "seeds_3000": smallest_seeds(effect, paired, 3000, comparisons=comparisons),
    }


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Compare the published methods."""
    published = read(arguments.table)
    pairs = compare(published)
    family = len(pairs) // len({pair.measure for pair in pairs})
    for name, group in groupby(pairs, key=lambda pair: pair.measure):
        rows = [[pair.text, p_text(pair.p), p_text(pair.p_adjusted)] for pair in group]
        columns = (f"{name}, {published.questions} questions, one run each", "p", "after Holm")
        console.print(record.table("The published table", columns, rows))
    shown = detectable_if_known(assumed(accuracy=ACCURACY, correlation=0.0), 1, published.questions)
    console.print(
        f"{published.questions} unpaired questions show {100 * shown:.1f} points (80 % power, 5 %, one pair), "
        "and one run says nothing of other seeds."
    )
    takes = {f"{100 * effect:g}": needed(effect, family) for effect in EFFECTS}
    show_needed(console, takes, family)
    return {
        "questions": published.questions,
        "pairs": [asdict(pair) for pair in pairs],
        "told_apart": sum(pair.tells for pair in pairs),
        "shown_by_unpaired_questions": shown,
        "needed_by_points": takes,
    }


def show_needed(console: Console, takes: Mapping[str, Mapping[str, int | None]], comparisons: int) -> None:
    """Print what would show effects of some sizes."""
    rows = [
        [points, *(f"{count:,}" if count else "out of reach" for count in found.values())]
        for points, found in takes.items()
    ]
    columns = ("points", "unpaired", "paired", "seeds on 600", "on 3,000")
    title = f"Questions for two runs, or paired seeds, to show them in each of {comparisons} pairs (80 % power, Holm)"
    console.print(record.table(title, columns, rows))
    console.print(
        f"Assumed: {100 * ACCURACY:g} % right; paired answers correlate by {CORRELATION:g}; accuracy scatters over "
        f"seeds by {100 * SEED_DEVIATION:g} points, of paired seeds with correlation {SEED_CORRELATION:g}. Questions "
        "of two runs tell those runs apart, not the methods: that takes seeds."
    )


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("table", nargs="?", type=record.lying(WHAT), default=str(TABLE), help=WHAT)
    record.run("published_table", parser, measure)
