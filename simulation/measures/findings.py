"""What a comparison's results mean: each label's accuracy, the verdicts on all pairs, and both at equal budgets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from simulation.core.types import Question
from simulation.measures.arrays import COSTS, Results
from simulation.measures.reliability import Reliability
from simulation.measures.statistics import (
    Estimate,
    analyse,
    area_under_curve,
    at_budget,
    common_budget,
    interquartile_mean,
    mean_interval,
    paired_improvement,
    wilson,
)
from simulation.measures.verdicts import Family, Verdict, judge_pairs

Tables = Mapping[str, NDArray[np.float64]]
"""An array for each label."""

BUDGETS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "asked": (("asked",), "questions asked"),
    "trained": (("trained",), "experiences trained on"),
    "tokens": (("tokens",), "tokens trained on"),
    "put": (("asked", "scored", "measured"), "questions asked, scored or probed"),
}
"""What students may be given equally much of: the costs that it adds up, and its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSummary:
    """How one label did, over the seeds that are compared."""

    label: str
    first: Estimate
    """Accuracy at the first evaluation; intervals speak of other seeds and other questions."""
    last: Estimate
    deviation: float | None
    """Of the last accuracy from seed to seed; None for one seed."""
    middle: float
    """Interquartile mean of the last accuracy over seeds."""
    area: float
    """Mean accuracy over the turns: the area under the learning curve over its width."""
    gained: float
    """Held-out answers that were wrong at first and right at last, mean of the students."""
    lost: float
    """Held-out answers that were right at first and wrong at last, mean of the students."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One way to measure accuracy: each label's, and the verdicts on all pairs."""

    name: str
    budget: str
    """The key in `BUDGETS` of what all are given equally much of; "" where all are given the same turns."""
    accuracies: Mapping[str, Estimate]
    family: Family
    improvements: tuple[Estimate, ...]
    """Of each verdict: the probability that one more seed puts b above a."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that a comparison's report tells, as numbers."""

    results: Results
    labels: tuple[str, ...]
    """Those with a seed that came to the end."""
    seeds: tuple[int, ...]
    """Those at which all of these labels came to the end."""
    questions: tuple[Question, ...]
    """The held-out ones, in the order of the truths."""
    truths: Tables
    """[seeds, evaluations, questions] by label."""
    costs: Mapping[str, Tables]
    """[seeds, evaluations] by cost and label."""
    standings: tuple[LabelSummary, ...]
    measures: tuple[Measure, ...]
    """The first is the one that counts."""
    same: tuple[str, ...]
    """The keys in `BUDGETS` of which every student spent equally much, so that they show nothing new."""

    @property
    def families(self) -> list[Family]:
        """The verdicts of all measures."""
        return [measure.family for measure in self.measures]

    @property
    def turns(self) -> tuple[int, ...]:
        """The turns at which students were evaluated."""
        return self.results.turns

    def reliability(self, labels: Sequence[str]) -> Reliability:
        """Return the verdicts that the teacher gave on these labels' answers."""
        return Reliability.of(course.reliability for label in labels for course in self.results.courses(label))

    def spent(self, cost: str, label: str) -> float:
        """Return what one seed of a label spent to the end, mean over seeds."""
        return float(self.costs[cost][label][:, -1].mean())


def find(results: Results, questions: Sequence[Question]) -> Findings:
    """Work out all that the results tell; `questions` are the held-out ones in the order they were put."""
    labels = tuple(label for label in results.labels if results.whole([label]))
    seeds = tuple(results.whole(labels)) if labels else ()
    truths = {label: results.truths(label, seeds) for label in labels} if seeds else {}
    costs = {cost: {label: results.costs(label, seeds, cost) for label in truths} for cost in COSTS}
    measures, same = measure_all(results.turns, truths, costs) if len(truths) > 1 else ((), ())
    return Findings(
        results=results,
        labels=labels,
        seeds=seeds,
        questions=tuple(questions),
        truths=truths,
        costs=costs,
        standings=tuple(standing(label, results, seeds, table) for label, table in truths.items()),
        measures=measures,
        same=same,
    )


def standing(label: str, results: Results, seeds: Sequence[int], truths_SEQ: NDArray[np.float64]) -> LabelSummary:
    """Return how a label did over the seeds."""
    last_S = truths_SEQ[:, -1].mean(axis=1)
    ends = [
        (played.truths[0] >= 1.0, played.truths[-1] >= 1.0)
        for seed in seeds
        for played in results.students[label, seed]
    ]
    return LabelSummary(
        label=label,
        first=accuracy(truths_SEQ[:, 0]),
        last=accuracy(truths_SEQ[:, -1]),
        deviation=float(last_S.std(ddof=1)) if last_S.size > 1 else None,
        middle=interquartile_mean(last_S).value,
        area=float(area_under_curve(results.turns, truths_SEQ, axis=1).mean()),
        gained=float(np.mean([np.sum(~before & after) for before, after in ends])),
        lost=float(np.mean([np.sum(before & ~after) for before, after in ends])),
    )


def accuracy(truths_SQ: NDArray[np.float64]) -> Estimate:
    """Return the mean truth with an interval that speaks of other seeds and other questions, within [0, 1]."""
    seeds, questions = truths_SQ.shape
    if seeds == 1:
        return Estimate(float(truths_SQ.mean()), *wilson(float(truths_SQ.sum()), questions))
    estimate = mean_interval(truths_SQ[:, 0]) if questions == 1 else analyse(truths_SQ).estimate()
    return Estimate(estimate.value, max(0.0, estimate.low), min(1.0, estimate.high))


def measure_all(
    turns: Sequence[int], truths: Tables, costs: Mapping[str, Tables]
) -> tuple[tuple[Measure, ...], tuple[str, ...]]:
    """Return the measures of accuracy, and the budgets that would measure nothing new."""
    measures = [
        measured(f"accuracy at turn {turns[-1]}", {label: table[:, -1] for label, table in truths.items()}),
        measured(
            "mean accuracy over the turns",
            {label: area_under_curve(turns, table, axis=1) for label, table in truths.items()},
        ),
    ]
    same = []
    for key, (parts, unit) in BUDGETS.items():
        spent = {label: np.sum([costs[part][label] for part in parts], axis=0) for label in truths}
        budget = common_budget(*spent.values())
        if all((spent_SE[:, -1] == budget).all() for spent_SE in spent.values()):
            same.append(key)
        elif budget > 0:
            tables = {label: at_budget(*from_nothing(spent[label], table), budget) for label, table in truths.items()}
            measures.append(measured(f"accuracy after {budget:,.0f} {unit}", tables, key))
    return tuple(measures), tuple(same)


def from_nothing(
    spent_SE: NDArray[np.float64], truths_SEQ: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return costs and truths that begin with nothing spent: by the first evaluation a policy may have probed."""
    return np.insert(spent_SE, 0, 0.0, axis=1), np.concatenate([truths_SEQ[:, :1], truths_SEQ], axis=1)


def measured(name: str, tables: Tables, budget: str = "") -> Measure:
    """Judge all pairs by truths [seeds, questions]."""
    seed_means = {label: table.mean(axis=1) for label, table in tables.items()}
    return Measure(
        name=name,
        budget=budget,
        accuracies={label: accuracy(table) for label, table in tables.items()},
        family=judge_pairs(tables, measure=name),
        improvements=tuple(paired_improvement(seed_means[a], seed_means[b]) for a, b in combinations(tables, 2)),
    )


def leading(measure: Measure) -> tuple[str, list[str]]:
    """Return the label with the highest accuracy, and those that it is not told apart from."""
    leader = max(measure.accuracies, key=lambda label: measure.accuracies[label].value)
    others = [
        (verdict.b if verdict.a == leader else verdict.a, verdict)
        for verdict in measure.family.verdicts
        if leader in pair(verdict)
    ]
    return leader, [label for label, verdict in others if not verdict.tells]


def pair(verdict: Verdict) -> tuple[str, str]:
    """Return the labels of a verdict."""
    return verdict.a, verdict.b


def mastery(findings: Findings) -> dict[str, NDArray[np.float64]]:
    """Return truths `[labels, seeds, evaluations, questions]` by category, those with most questions first."""
    categories = [question.category for question in findings.questions]
    order = sorted(set(categories), key=lambda category: (-categories.count(category), category))
    truths_LSEQ = np.stack(list(findings.truths.values()))
    return {
        category: truths_LSEQ[..., [place for place, name in enumerate(categories) if name == category]]
        for category in order
    }


def equal_starts(findings: Findings) -> float:
    """Return the share of held-out answers before learning that are not the same under all labels."""
    starts_LSQ = np.stack([table[:, 0] for table in findings.truths.values()])
    return float((starts_LSQ != starts_LSQ[0]).any(axis=0).mean())
