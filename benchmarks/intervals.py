"""Claim: of the intervals for a mean difference over seeds x questions, the one used covers what it says.

Five ways to put a 95 % interval around the same differences, over simulated studies of 5 to 10 seeds and 100 to 1,000
questions whose true difference is known: the crossed one that the verdicts use, the t with Satterthwaite's degrees of
freedom, the t over the seeds' means, the t over the questions' means, and the bootstrap of seeds and questions. Then
how often the first two reject what is true at the small levels that Holm asks for. About six minutes on a core.
"""

import math
from argparse import Namespace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from scipy.special import stdtrit  # type: ignore[import-untyped]

from benchmarks import record
from benchmarks.synthetic import SETTINGS, Synthetic
from simulation.measures.statistics import Crossed, Estimate, analyse, bootstrap, mean_interval

WAYS = ("crossed", "Satterthwaite", "t over seeds", "t over questions", "bootstrap")
EFFECT = 0.04
LEVELS = (0.05, 0.005, 0.001)


def satterthwaite(found: Crossed, tail: float = 0.025) -> float:
    """Return the half width from the sum of the variance components and Satterthwaite's degrees of freedom."""
    squares = found.seed_square, found.question_square, found.residual_square
    freedom = found.seeds - 1, found.questions - 1, (found.seeds - 1) * (found.questions - 1)
    total = max(squares[0] + squares[1] - squares[2], squares[0], squares[1])
    if total == 0:
        return 0.0
    combined = total**2 / sum(square**2 / each for square, each in zip(squares, freedom, strict=True))
    return -float(stdtrit(combined, tail)) * math.sqrt(total / (found.seeds * found.questions))


def intervals(differences_SQ: NDArray[np.float64], generator: np.random.Generator, draws: int) -> list[Estimate]:
    """Return the intervals of all ways, in their order."""
    found = analyse(differences_SQ)
    half = satterthwaite(found)
    return [
        found.estimate(),
        Estimate(found.mean, found.mean - half, found.mean + half),
        mean_interval(differences_SQ.mean(axis=1)),
        mean_interval(differences_SQ.mean(axis=0)),
        bootstrap(list(differences_SQ), generator=generator, shared_questions=True, draws=draws),
    ]


def covered(draw: Synthetic, *, studies: int, draws: int, seed: int) -> NDArray[np.float64]:
    """Return for each way the share of studies whose interval holds the effect, and its mean half width."""
    found = []
    for index in range(studies):
        generator = np.random.default_rng([seed, index])
        first, second = draw(generator)
        found.append(intervals(second - first, generator, draws))
    values = np.array(found)
    holds = (values[:, :, 1] <= draw.effect) & (draw.effect <= values[:, :, 2])
    return np.stack([holds.mean(axis=0), (values[:, :, 2] - values[:, :, 1]).mean(axis=0) / 2])


def rejections(seeds: int, questions: int, seed_share: float, *, studies: int, seed: int) -> dict[str, list[float]]:
    """Return how often a true null is rejected, in multiples of each of `LEVELS`, with normal effects.

    Mean squares are drawn from their chi-squared distributions. Questions vary as much as single answers;
    `seed_share` of the variance of the mean comes from the seeds.
    """
    generator = np.random.default_rng(seed)
    other = 1 / questions + 1 / (seeds * questions)
    by_seed = other * seed_share / (1 - seed_share)
    expected = 1 + questions * seeds * by_seed, 1.0 + seeds, 1.0
    freedom = seeds - 1, questions - 1, (seeds - 1) * (questions - 1)
    squares = [
        each * generator.chisquare(count, studies) / count for each, count in zip(expected, freedom, strict=True)
    ]
    means = generator.normal(0, math.sqrt(by_seed + other), studies)
    alarms = np.zeros((2, len(LEVELS)))
    for mean, seed_square, question_square, residual_square in zip(means, *squares, strict=True):
        found = Crossed(
            mean=mean,
            seeds=seeds,
            questions=questions,
            seed_square=seed_square,
            question_square=question_square,
            residual_square=residual_square,
            differing=questions,
        )
        for place, level in enumerate(LEVELS):
            alarms[0, place] += abs(mean) > found.half_width(level / 2)
            alarms[1, place] += abs(mean) > satterthwaite(found, level / 2)
    return dict(zip(WAYS, (alarms / studies / np.array(LEVELS)).tolist(), strict=False))


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Compare the ways in every setting."""
    rows: list[list[str]] = []
    coverage = {}
    for name, seeds, questions in product(SETTINGS, (5, 10), (100, 1000)):
        luck, preference = SETTINGS[name]
        draw = Synthetic(seeds=seeds, questions=questions, effect=EFFECT, own_luck=luck, preference=preference)
        found = covered(draw, studies=arguments.studies, draws=arguments.draws, seed=len(rows))
        key = f"{name}, {seeds} x {questions}"
        coverage[key] = {way: found[:, place].tolist() for place, way in enumerate(WAYS)}
        rows.append([key, *(f"{100 * share:.1f} ({100 * half:.1f})" for share, half in found.T)])
    columns = ("differences by, seeds x questions", *WAYS)
    console.print(record.table("True differences covered, % (mean half width, points)", columns, rows))
    levels = {
        f"{seeds} seeds, {100 * share:g} % of the variance": rejections(
            seeds, 300, share, studies=arguments.rejections, seed=seeds
        )
        for seeds, share in product((5, 10), (0.3, 0.7))
    }
    shown = [
        [key, *(" ".join(f"{times:.2f}" for times in found[way]) for way in WAYS[:2])] for key, found in levels.items()
    ]
    title = f"True nulls rejected over the level, at {', '.join(map(str, LEVELS))}"
    console.print(record.table(title, ("seeds bring", *WAYS[:2]), shown))
    return {"coverage_and_half_width": coverage, "rejections_in_multiples_of_the_level": levels, "levels": LEVELS}


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--studies", type=int, default=2000, help="of each setting")
    parser.add_argument("--draws", type=int, default=300, help="of the bootstrap in each study")
    parser.add_argument("--rejections", type=int, default=50_000, help="studies for the small levels")
    record.run("intervals", parser, measure)
