"""Claim: the procedure behind the verdicts is calibrated, measured over simulated studies.

The same policy under two names is told apart in at most 6 % of the studies, also where all pairs of five names are
compared; where policies differ, the 95 % interval holds the true difference in 93 to 97 %; and the power that is
predicted before a study is within 5 points of the share of studies that tell. About a minute on a core.
"""

from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations, product

import numpy as np
from rich.console import Console

from benchmarks import record
from benchmarks.synthetic import SETTINGS, Synthetic, Truths
from simulation.measures.power import piloted, power
from simulation.measures.statistics import Crossed, Variances, analyse, wilson
from simulation.measures.verdicts import decide

DrawStudy = Callable[[np.random.Generator], tuple[Truths, Truths]]
"""Draws the truths [seeds, questions] of two policies in one study, on seeds and questions of its own."""
DrawRuns = Callable[[np.random.Generator], Sequence[Truths]]
"""Draws the truths of several runs in one study."""
EFFECT = 0.04
LABELS = 5
PILOTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What the procedure did over many studies; shares in [0, 1]."""

    studies: int
    seeds: int
    questions: int
    effect: float
    """The true difference, or the mean over all studies where it is not known."""
    told: float
    """Share of studies that told the policies apart: false alarms where the effect is 0, power where it is not."""
    covered: float
    """Share of studies whose interval held the effect."""
    half_width: float
    """Of the interval, on average."""
    predicted: float
    """The power predicted from the variances that all studies together show."""
    predicted_by_pilots: tuple[float, float, float]
    """Quartiles of the power predicted from the variances that a single study shows."""


def evaluate(draw_study: DrawStudy, *, studies: int, seed: int = 0, effect: float | None = None) -> Calibration:
    """Run the procedure on many studies; without `effect` the mean over all of them stands for the true difference."""
    tables = []
    for index in range(studies):
        first, second = draw_study(np.random.default_rng([seed, index]))
        tables.append(second - first)
    decisions = [decide([table])[0] for table in tables]
    values = np.array([decision.test for decision in decisions])
    true = float(values[:, 0].mean()) if effect is None else effect
    seeds, questions = tables[0].shape
    piloted_power = [power(true, piloted(table), seeds, questions) for table in tables[:PILOTS]]
    low, middle, high = np.quantile(piloted_power, [0.25, 0.5, 0.75])
    return Calibration(
        studies=studies,
        seeds=seeds,
        questions=questions,
        effect=true,
        told=float(np.mean([decision.tells for decision in decisions])),
        covered=float(np.mean((values[:, 1] <= true) & (true <= values[:, 2]))),
        half_width=float(np.mean(values[:, 2] - values[:, 1]) / 2),
        predicted=power(true, mean_variances([analyse(table) for table in tables]), seeds, questions),
        predicted_by_pilots=(float(low), float(middle), float(high)),
    )


def mean_variances(found: Sequence[Crossed]) -> Variances:
    """Return the variances that many studies show together; only their means are kept from falling below 0."""
    seed, question, residual = (
        float(np.mean([getattr(each, name) for each in found]))
        for name in ("seed_square", "question_square", "residual_square")
    )
    return Variances(
        max(0.0, seed - residual) / found[0].questions, max(0.0, question - residual) / found[0].seeds, residual
    )


def family_false_alarms(draw_runs: DrawRuns, *, studies: int, seed: int = 0) -> float:
    """Return the share of studies of one policy under several names in which any pair of them is told apart."""
    alarms = 0
    for index in range(studies):
        runs = draw_runs(np.random.default_rng([seed, index]))
        alarms += any(decision.tells for decision in decide([b - a for a, b in combinations(runs, 2)]))
    return alarms / studies


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Evaluate the procedure in all settings, without and with an effect, and over a family."""
    found: list[tuple[str, Calibration]] = []
    for name, (luck, preference) in SETTINGS.items():
        for seeds, questions, effect in product(arguments.seeds, arguments.questions, (0.0, EFFECT)):
            draw = Synthetic(seeds=seeds, questions=questions, effect=effect, own_luck=luck, preference=preference)
            found.append((name, evaluate(draw, studies=arguments.studies, seed=len(found), effect=effect)))
    show(console, found)
    draw = Synthetic()
    family = family_false_alarms(
        lambda generator: draw.runs(generator, [draw.accuracy] * LABELS), studies=arguments.studies
    )
    low, high = map(shown, wilson(family * arguments.studies, arguments.studies))
    console.print(f"{LABELS} names of one policy, any pair told apart: {shown(family)} % ({low} to {high})")
    summary = summarise([each for _, each in found])
    for key, value in summary.items():
        console.print(f"{key.replace('_', ' ')}: {shown(value)} %")
    return {
        "settings": [{"differences_by": name, **asdict(each)} for name, each in found],
        "family_false_alarms": family,
        "summary": summary,
    }


def summarise(found: Sequence[Calibration]) -> dict[str, float]:
    """Return the figures that the claim is about, over all settings."""
    null = [each for each in found if each.effect == 0]
    others = [each for each in found if each.effect != 0]
    return {
        "most_false_alarms": max(each.told for each in null),
        "mean_false_alarms": float(np.mean([each.told for each in null])),
        "least_coverage": min(each.covered for each in found),
        "most_coverage": max(each.covered for each in found),
        "mean_coverage": float(np.mean([each.covered for each in found])),
        "furthest_power_from_predicted": max(abs(each.told - each.predicted) for each in others),
    }


def show(console: Console, found: Sequence[tuple[str, Calibration]]) -> None:
    """Print a row for each setting."""
    rows = [
        [
            f"{name}, {each.seeds} x {each.questions}",
            f"{100 * each.effect:.3g}",
            f"{shown(each.told)} ({' to '.join(map(shown, wilson(each.told * each.studies, each.studies)))})",
            shown(each.predicted) if each.effect else "",
            " ".join(f"{100 * part:.0f}" for part in each.predicted_by_pilots) if each.effect else "",
            shown(each.covered),
            shown(each.half_width),
        ]
        for name, each in found
    ]
    columns = (
        "differences by, seeds x questions",
        "effect",
        "told apart, %",
        "predicted",
        "by a pilot",
        "covered, %",
        "+-",
    )
    console.print(record.table("The procedure over simulated studies; effects in points", columns, rows))


def shown(share: float) -> str:
    """Return a share in percent, or a difference in points."""
    return f"{100 * share:.1f}"


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--studies", type=int, default=2000, help="of each setting")
    parser.add_argument("--seeds", type=int, nargs="+", default=[5, 10])
    parser.add_argument("--questions", type=int, nargs="+", default=[100, 600])
    record.run("calibration", parser, measure)
