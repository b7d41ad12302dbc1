"""How right and how different what students write is, over temperatures, and which are better at equal difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from simulation.core.questions import Measure
from simulation.measures.arrays import Results
from simulation.measures.methods import Values, estimate_of
from simulation.measures.statistics import Estimate, Tested
from simulation.measures.statistics.equal_difference import STEPS, Curves, common_reach, heights, temperature_at
from simulation.measures.verdicts import CHANCE, TARGET, Family, decide, verdict

DIFFERENCES = ("distinct", "distinct_n", "self_bleu", "vendi")
"""Measures of how different the answers to one question are, in the order in which they are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What a label writes at one temperature."""

    temperature: float
    right: Estimate
    different: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Where a label writes as differently as another does at the main temperature, and what remains there."""

    label: str
    other: str
    """Whose difference at the main temperature is matched."""
    difference: float
    """That difference, mean over the seeds."""
    temperature: float
    """Of `label`, mean over the seeds."""
    remains: Estimate
    """How much more often the other is right there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """The curves of a comparison by one measure of difference."""

    right: Measure
    different: Measure
    turn: int
    seeds: int
    samples: int
    """How many answers a question got at each temperature."""
    main: float
    """The temperature that stands for a label where no other is named."""
    points: Mapping[str, tuple[Point, ...]]
    """By label, in the order of the temperatures."""
    family: Family
    """Of each pair whose curves have differences in common, how much higher the second curve lies, mean over these."""
    reaches: Mapping[tuple[str, str], tuple[float, float] | None]
    """By pair, the differences that both curves reach; None where there are none."""
    matches: tuple[Match, ...]


def frontiers(results: Results, labels: Sequence[str], seeds: Sequence[int], at: int = -1) -> tuple[Frontier, ...]:
    """Return the frontiers of an evaluation, the last by default, by each measure of difference that was measured.

    None where fewer than two temperatures gave several answers a question.
    """
    exams = results.exams
    if exams is None or len(exams.names) < 2 or not seeds:
        return ()
    return tuple(
        frontier(results, Measure(name=name, graded=True), labels, seeds, at)
        for name in DIFFERENCES
        if all(results.measured(exam, name, label, seeds, at) for exam in exams.names for label in labels)
    )


def frontier(results: Results, different: Measure, labels: Sequence[str], seeds: Sequence[int], at: int) -> Frontier:
    """Return the frontier by one measure of difference."""
    exams, right = results.exams, results.truth
    assert exams is not None
    curves = {
        label: Curves(
            right_STQ=np.stack([results.exam(name, right.name, label, seeds, at) for name in exams.names], axis=1),
            different_STQ=np.stack(
                [results.exam(name, different.name, label, seeds, at) for name in exams.names], axis=1
            ),
        )
        for label in labels
    }
    family, reaches = compared(curves, f"{right.name} at equal {different.name}")
    return Frontier(
        right=right,
        different=different,
        turn=results.turns[at],
        seeds=len(seeds),
        samples=exams.samples,
        main=exams.main,
        points={label: points(exams.temperatures, own, right) for label, own in curves.items()},
        family=family,
        reaches=reaches,
        matches=matches(curves, exams.temperatures, exams.temperatures.index(exams.main)),
    )


def points(temperatures: Sequence[float], curves: Curves, right: Measure) -> tuple[Point, ...]:
    """Return a label's points."""
    return tuple(
        Point(
            temperature=temperature,
            right=estimate_of(curves.right_STQ[:, place], graded=right.graded),
            different=estimate_of(curves.different_STQ[:, place], graded=True),
        )
        for place, temperature in enumerate(temperatures)
    )


def compared(
    curves: Mapping[str, Curves], name: str
) -> tuple[Family, Mapping[tuple[str, str], tuple[float, float] | None]]:
    """Judge all pairs of labels over the differences that both reach, and return these."""
    reaches = {(a, b): common_reach([curves[a], curves[b]]) for a, b in combinations(curves, 2)}
    overlapping = {pair: reach for pair, reach in reaches.items() if reach is not None}
    tables = [gap_of(curves[a], curves[b], np.linspace(*reach, STEPS)) for (a, b), reach in overlapping.items()]
    verdicts = tuple(
        verdict(pair, table_SQ, decision)
        for pair, table_SQ, decision in zip(overlapping, tables, decide(tables, graded=True), strict=True)
    )
    seeds, _, questions = next(iter(curves.values())).right_STQ.shape
    family = Family(measure=name, seeds=seeds, questions=questions, verdicts=verdicts, target=TARGET, chance=CHANCE)
    return family, reaches


def gap_of(first: Curves, second: Curves, differences_D: Values) -> Values:
    """Return by how much the second curve lies above the first, `[S, Q]`, mean over these differences."""
    return heights(second, differences_D) - heights(first, differences_D)


def matches(curves: Mapping[str, Curves], temperatures: Sequence[float], main: int) -> tuple[Match, ...]:
    """Match the first label to each other one's difference at the main temperature, seed by seed, where it reaches."""
    first, *others = curves
    own = curves[first]
    matched = []
    for other in others:
        theirs = curves[other]
        differences_S = theirs.different_STQ[:, main].mean(axis=1)
        temperatures_S = [
            temperature_at(temperatures, different_TQ, at)
            for different_TQ, at in zip(own.different_STQ, differences_S, strict=True)
        ]
        if not np.isfinite(temperatures_S).all():
            continue
        at = float(differences_S.mean())
        if (reach := common_reach([own, theirs])) is None or not reach[0] <= at <= reach[1]:
            continue
        remains = tested(gap_of(own, theirs, np.array([at])))
        matched.append(
            Match(
                label=first,
                other=other,
                difference=at,
                temperature=float(np.mean(temperatures_S)),
                remains=Estimate(remains.value, remains.low, remains.high),
            )
        )
    return tuple(matched)


def tested(table_SQ: Values) -> Tested:
    """Return the mean of a table of differences with its interval."""
    return decide([table_SQ], graded=True)[0].test
