"""Claim: the numbers of graded measures, with truths between 0 and 1, are as honest as those of right and wrong.

Over simulated studies of 5 seeds x 100 and 600 questions with effects of both: the 95 % interval of a mean covers it in
93 to 97 %; where all values came out equal although the law is to change them now and then, in 95 % or more; the same
policy twice is told apart in at most 5 %, one pair alone and any of the 10 pairs of five names after Holm; where two
policies differ, the interval covers the difference and the power is as predicted. A quarter of an hour on a core.

Studies of equal values: a question has another value with some chance, under all seeds alike. How many of the questions
do is drawn for each study, 0 to 20 on average and all equally likely, so that nothing is taken to be known of it; of
these studies those count in which none has. The mean is then not the value seen, and the interval has to reach it.
"""

import math
from argparse import Namespace
from collections.abc import Sequence
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from benchmarks import record
from benchmarks.calibration import mean_variances, shown
from benchmarks.graded_laws import LAWS, Law, RareChange, draw_truths
from benchmarks.synthetic import SETTINGS, Synthetic
from simulation.measures.power import power
from simulation.measures.statistics import Estimate, analyse, bounded_mean, crossed_difference
from simulation.measures.statistics.estimate import normal_quantile
from simulation.measures.verdicts import decide

LABELS = 5
LEVEL = 0.15
"""By which the second policy's latent values lie higher, in their standard deviations."""
MEAN_SETTINGS = {"questions": (1.0, 0.1), "both": (1.0, 0.3), "seeds": (0.5, 0.3)}
"""What a mean depends on besides single answers: ease and luck."""
MOST_RATE = 20.0
RATES = (0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0)
RARE: dict[str, tuple[float, tuple[float, ...]]] = {
    "all 0, else 1": (0.0, (1.0,)),
    "all 0, else 0 to 1": (0.0, ()),
    "all 1, else 0": (1.0, (0.0,)),
    "all 0.3, else 1": (0.3, (1.0,)),
    "all 0.3, else 0": (0.3, (0.0,)),
    "all 0.3, else 0 or 1": (0.3, (0.0, 1.0)),
    "all 0.3, else 0 to 1": (0.3, ()),
}
"""The value that is common, and those that questions have now and then."""


def error(share: float, studies: int) -> float:
    """Return the Monte-Carlo standard error of a share."""
    return math.sqrt(share * (1 - share) / studies)


def holds(estimates: Sequence[Estimate], true: float | NDArray[np.float64]) -> float:
    """Return the share of the intervals that hold the true value."""
    ends = np.array([(estimate.low, estimate.high) for estimate in estimates])
    return float(np.mean((ends[:, 0] <= true) & (true <= ends[:, 1])))


def mean_coverage(law: Law, draw: Synthetic, *, studies: int, seed: int) -> record.Result:
    """Return how often the interval of one measure's mean holds it, and the symmetric crossed one that is cut."""
    used, crossed = [], []
    for index in range(studies):
        (truths_SQ,) = draw_truths(law, draw, np.random.default_rng([seed, index]), [0.0])
        used.append(bounded_mean(truths_SQ, graded=law.graded))
        crossed.append(analyse(truths_SQ).estimate())
    return {
        "covered": holds(used, law.mean),
        "crossed_covered": holds(crossed, law.mean),
        "half_width": float(np.mean([estimate.high - estimate.low for estimate in used]) / 2),
        "out_of_bounds": float(np.mean([estimate.low < 0 or estimate.high > 1 for estimate in used])),
    }


def unchanged_coverage(rare: RareChange, *, studies: int, seed: int) -> record.Result:
    """Return how often the interval holds the mean in studies whose values came out equal, and its mean width."""
    generator = np.random.default_rng([seed, 1])
    estimates: list[Estimate] = []
    means: list[float] = []
    while len(estimates) < studies:
        rate = float(generator.uniform(0, MOST_RATE))
        values_SQ = rare(generator, rate)
        if (values_SQ == rare.common).all():
            estimates.append(bounded_mean(values_SQ, graded=True))
            means.append(rare.mean(rate))
    return {
        "covered": holds(estimates, np.array(means)),
        "width": float(np.mean([estimate.high - estimate.low for estimate in estimates])),
    }


def unchanged_pairs(rare: RareChange, *, studies: int, seed: int) -> record.Result:
    """Return the same of paired differences of which none came out other than 0, and what Agresti & Min would cover."""
    generator = np.random.default_rng([seed, 2])
    effects: list[float] = []
    while len(effects) < studies:
        rate = float(generator.uniform(0, MOST_RATE))
        if not rare(generator, rate).any():
            effects.append(rare.mean(rate))
    test = crossed_difference(np.zeros((rare.seeds, rare.questions)))
    half = normal_quantile(0.95) / (rare.questions + 2)
    return {
        "covered": holds([Estimate(*test[:3])], np.array(effects)),
        "width": test.high - test.low,
        "agresti_min_covered": holds([Estimate(0.0, -half, half)], np.array(effects)),
    }


def rare_coverage(rare: RareChange, rate: float, *, studies: int, seed: int) -> float:
    """Return how often the interval holds the mean over all studies, those in which something changed included."""
    generator = np.random.default_rng([seed, 3])
    return holds([bounded_mean(rare(generator, rate), graded=True) for _ in range(studies)], rare.mean(rate))


def same_policy(law: Law, draw: Synthetic, *, studies: int, seed: int) -> record.Result:
    """Return how often one policy under several names is told apart: one pair alone, and any pair after Holm."""
    alone = family = 0
    for index in range(studies):
        runs = list(draw_truths(law, draw, np.random.default_rng([seed, index]), [0.0] * LABELS))
        decisions = decide([b - a for a, b in combinations(runs, 2)], graded=law.graded)
        alone += decisions[0].test.tells()
        family += any(decision.tells for decision in decisions)
    return {"alone": alone / studies, "family": family / studies}


def differing_policies(law: Law, draw: Synthetic, *, studies: int, seed: int) -> record.Result:
    """Return how often the interval holds a true difference, how often it is told, and the power predicted."""
    effect = law.mean_at(LEVEL) - law.mean
    decisions, analyses = [], []
    for index in range(studies):
        first, second = draw_truths(law, draw, np.random.default_rng([seed, index]), [0.0, LEVEL])
        decisions += decide([second - first], graded=law.graded)
        analyses.append(analyse(second - first))
    return {
        "effect": effect,
        "covered": holds([Estimate(*decision.test[:3]) for decision in decisions], effect),
        "told": float(np.mean([decision.tells for decision in decisions])),
        "predicted": power(effect, mean_variances(analyses), draw.seeds, draw.questions),
    }


def with_error(share: float, studies: int) -> str:
    """Return a share with its Monte-Carlo standard error, in percent."""
    return f"{shown(share)} ± {100 * error(share, studies):.1f}"


def measure_means(arguments: Namespace, console: Console) -> list[record.Result]:
    """Measure the intervals of means under all laws."""
    rows: list[record.Result] = []
    for (name, law), (effects, (ease, luck)), questions in product(
        LAWS.items(), MEAN_SETTINGS.items(), arguments.questions
    ):
        draw = Synthetic(
            seeds=arguments.seeds, questions=questions, ease=ease, common_luck=luck, own_luck=0.0, preference=0.0
        )
        coverage = mean_coverage(law, draw, studies=arguments.studies, seed=len(rows))
        rows.append({"law": name, "effects": effects, "questions": questions, "mean": law.mean, **coverage})
    columns = ("law, effects, seeds x questions", "covered, %", "crossed and cut, %", "±, points")
    cells = [
        [
            f"{row['law']}, {row['effects']}, {arguments.seeds} x {row['questions']}",
            with_error(row["covered"], arguments.studies),
            shown(row["crossed_covered"]),
            shown(row["half_width"]),
        ]
        for row in rows
    ]
    console.print(record.table("Means: true ones covered", columns, cells))
    return rows


def measure_rare(arguments: Namespace, console: Console) -> tuple[list[record.Result], list[record.Result]]:
    """Measure the intervals where values are equal, and where few are not."""
    equal: list[record.Result] = []
    few: list[record.Result] = []
    for (name, (common, others)), questions in product(RARE.items(), arguments.questions):
        rare = RareChange(seeds=arguments.seeds, questions=questions, common=common, others=others)
        coverage = unchanged_coverage(rare, studies=arguments.studies, seed=len(equal))
        equal.append({"law": name, "questions": questions, **coverage})
        shares = [rare_coverage(rare, rate, studies=arguments.studies, seed=len(equal)) for rate in RATES]
        few.append({"law": name, "questions": questions, "covered_by_rate": dict(zip(RATES, shares, strict=True))})
    for name, others in (("pairs, gained", (1.0,)), ("pairs, gained or lost", (-1.0, 1.0))):
        for questions in arguments.questions:
            rare = RareChange(seeds=arguments.seeds, questions=questions, common=0.0, others=others)
            coverage = unchanged_pairs(rare, studies=arguments.studies, seed=len(equal))
            equal.append({"law": name, "questions": questions, **coverage})
    cells = [
        [
            f"{row['law']}, {arguments.seeds} x {row['questions']}",
            with_error(row["covered"], arguments.studies),
            f"{100 * row['width']:.2f}",
            shown(row["agresti_min_covered"]) if "agresti_min_covered" in row else "",
        ]
        for row in equal
    ]
    columns = ("law, seeds x questions", "covered, %", "width, points", "Agresti & Min, %")
    console.print(record.table("Nothing changed: true means covered", columns, cells))
    cells = [[f"{row['law']}, {row['questions']}", *map(shown, row["covered_by_rate"].values())] for row in few]
    title = "All studies, by how many questions are expected to change: covered, %"
    console.print(record.table(title, ("law, questions", *map(str, RATES)), cells))
    return equal, few


def measure_pairs(arguments: Namespace, console: Console) -> list[record.Result]:
    """Measure the verdicts on one policy under five names, and on two that differ, under all laws."""
    rows: list[record.Result] = []
    for (name, law), (effects, (luck, preference)), questions in product(
        LAWS.items(), SETTINGS.items(), arguments.questions
    ):
        draw = Synthetic(seeds=arguments.seeds, questions=questions, own_luck=luck, preference=preference)
        alarms = same_policy(law, draw, studies=arguments.studies, seed=len(rows))
        power_shown = differing_policies(law, draw, studies=arguments.studies, seed=1000 + len(rows))
        rows.append({"law": name, "effects": effects, "questions": questions, **alarms, **power_shown})
    cells = [
        [
            f"{row['law']}, {row['effects']}, {arguments.seeds} x {row['questions']}",
            with_error(row["alone"], arguments.studies),
            with_error(row["family"], arguments.studies),
            shown(row["effect"]),
            with_error(row["covered"], arguments.studies),
            shown(row["told"]),
            shown(row["predicted"]),
        ]
        for row in rows
    ]
    columns = ("law, differences by, S x Q", "A/A alone", "A/A, 10 pairs", "effect", "covered", "told", "predicted")
    title = "One policy under several names (A/A) and two that differ by so many points; all in %"
    console.print(record.table(title, columns, cells))
    return rows


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Measure means, equal values and pairs."""
    means = measure_means(arguments, console)
    equal, few = measure_rare(arguments, console)
    pairs = measure_pairs(arguments, console)
    graded = [row for row in means if LAWS[row["law"]].graded]
    limit = 0.05 + 2 * error(0.05, arguments.studies)
    summary = {
        "least_coverage_of_means": min(row["covered"] for row in graded),
        "most_coverage_of_means": max(row["covered"] for row in graded),
        "least_coverage_of_equal_values": min(row["covered"] for row in equal),
        "most_false_alarms_alone": max(row["alone"] for row in pairs),
        "most_false_alarms_in_a_family": max(row["family"] for row in pairs),
        "false_alarms_allowed": limit,
        "least_coverage_of_differences": min(row["covered"] for row in pairs),
        "most_coverage_of_differences": max(row["covered"] for row in pairs),
        "furthest_power_from_predicted": max(abs(row["told"] - row["predicted"]) for row in pairs),
    }
    for key, share in summary.items():
        console.print(f"{key.replace('_', ' ')}: {shown(share)} %")
    return {"means": means, "equal_values": equal, "few_changes": few, "pairs": pairs, "summary": summary}


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--studies", type=int, default=2000, help="of each setting")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--questions", type=int, nargs="+", default=[100, 600])
    record.run("graded", parser, measure)
