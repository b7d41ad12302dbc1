"""What a comparison's results mean by one measure: each label's mean, and the verdicts on all pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from simulation.core.questions import Measure
from simulation.core.types import Question
from simulation.measures.arrays import COSTS, Results
from simulation.measures.frontier import Frontier, frontiers
from simulation.measures.methods import Values, estimate_of, family_of, moved
from simulation.measures.reliability import Reliability
from simulation.measures.statistics import (
    Estimate,
    area_under_curve,
    at_budget,
    common_budget,
    interquartile_mean,
    paired_improvement,
)
from simulation.measures.summary import Course
from simulation.measures.verdicts import Family, Verdict

Tables = Mapping[str, Values]
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
    """Mean at the first evaluation; intervals speak of other seeds and other questions."""
    last: Estimate
    curve: tuple[Estimate, ...]
    """The same of each evaluation."""
    deviation: float | None
    """Of the last mean from seed to seed; None for one seed."""
    middle: float
    """Interquartile mean of the last mean over seeds."""
    area: float
    """Mean over the turns: the area under the learning curve over its width."""
    rose: float
    """Held-out questions whose value rose from first to last, from wrong to right or by any step, mean of students."""
    fell: float
    """Held-out questions whose value fell, mean of the students."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aspect:
    """One way to look at a measure: each label's mean, and the verdicts on all pairs."""

    name: str
    budget: str
    """The key in `BUDGETS` of what all are given equally much of; "" where all are given the same turns."""
    means: Mapping[str, Estimate]
    family: Family
    improvements: tuple[Estimate, ...]
    """Of each verdict: the probability that one more seed puts b above a."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that a comparison's report tells of one measure, as numbers."""

    measure: Measure
    results: Results
    labels: tuple[str, ...]
    """Those with a seed that came to the end."""
    seeds: tuple[int, ...]
    """Those at which all of these labels came to the end."""
    questions: tuple[Question, ...]
    """The held-out ones, in the order of the values."""
    values: Tables
    """[seeds, evaluations, questions] by label."""
    costs: Mapping[str, Tables]
    """[seeds, evaluations] by cost and label."""
    standings: tuple[LabelSummary, ...]
    aspects: tuple[Aspect, ...]
    """The first is the one that counts."""
    same: tuple[str, ...]
    """The keys in `BUDGETS` of which every student spent equally much, so that they show nothing new."""
    frontiers: tuple[Frontier, ...] = ()
    """Of the truth over temperatures, where there are several, by each measure of difference."""

    @property
    def families(self) -> list[Family]:
        """The verdicts of all aspects."""
        return [aspect.family for aspect in self.aspects]

    @property
    def turns(self) -> tuple[int, ...]:
        """The turns at which students were evaluated."""
        return self.results.turns

    def courses(self, label: str) -> list[Course]:
        """Return the courses of a label's students that came to the end, by this measure."""
        return self.results.courses(label, self.measure)

    def reliability(self, labels: Sequence[str]) -> Reliability:
        """Return the verdicts that the teacher gave on these labels' answers."""
        return Reliability.of(course.reliability for label in labels for course in self.courses(label))

    def spent(self, cost: str, label: str) -> float:
        """Return what one seed of a label spent to the end, mean over seeds."""
        return float(self.costs[cost][label][:, -1].mean())


def find_all(results: Results, questions: Sequence[Question]) -> tuple[Findings, ...]:
    """Work out what the results tell by each of their measures; `questions` are the held-out ones as they were put."""
    return tuple(find(results, questions, measure) for measure in results.measures)


def find(results: Results, questions: Sequence[Question], measure: Measure) -> Findings:
    """Work out all that the results tell by one measure."""
    labels = tuple(label for label in results.labels if results.whole([label]))
    seeds = tuple(results.whole(labels)) if labels else ()
    values = {label: results.values(measure, label, seeds) for label in labels} if seeds else {}
    costs = {cost: {label: results.costs(label, seeds, cost) for label in values} for cost in COSTS}
    aspects, same = look_at(measure, results.turns, values, costs) if len(values) > 1 else ((), ())
    return Findings(
        measure=measure,
        results=results,
        labels=labels,
        seeds=seeds,
        questions=tuple(questions),
        values=values,
        costs=costs,
        standings=tuple(standing(label, results, seeds, measure, table) for label, table in values.items()),
        aspects=aspects,
        same=same,
        frontiers=frontiers(results, labels, seeds) if measure == results.truth else (),
    )


def standing(label: str, results: Results, seeds: Sequence[int], measure: Measure, values_SEQ: Values) -> LabelSummary:
    """Return how a label did over the seeds."""
    last_S = values_SEQ[:, -1].mean(axis=1)
    changes = [
        moved(values[0], values[-1], graded=measure.graded)
        for seed in seeds
        for values in (played.values[measure.name] for played in results.students[label, seed])
    ]
    curve = tuple(estimate_of(values_SEQ[:, place], graded=measure.graded) for place in range(values_SEQ.shape[1]))
    return LabelSummary(
        label=label,
        first=curve[0],
        last=curve[-1],
        curve=curve,
        deviation=float(last_S.std(ddof=1)) if last_S.size > 1 else None,
        middle=interquartile_mean(last_S).value,
        area=float(area_under_curve(results.turns, values_SEQ, axis=1).mean()),
        rose=float(np.mean([rose for rose, _ in changes])),
        fell=float(np.mean([fell for _, fell in changes])),
    )


def look_at(
    measure: Measure, turns: Sequence[int], values: Tables, costs: Mapping[str, Tables]
) -> tuple[tuple[Aspect, ...], tuple[str, ...]]:
    """Return the ways to look at a measure, and the budgets that would show nothing new."""
    name, graded = measure.name, measure.graded
    aspects = [
        aspect_of(f"{name} at turn {turns[-1]}", {label: table[:, -1] for label, table in values.items()}, graded),
        aspect_of(
            f"mean {name} over the turns",
            {label: area_under_curve(turns, table, axis=1) for label, table in values.items()},
            graded,
        ),
    ]
    same = []
    for key, (parts, unit) in BUDGETS.items():
        spent = {label: np.sum([costs[part][label] for part in parts], axis=0) for label in values}
        budget = common_budget(*spent.values())
        if all((spent_SE[:, -1] == budget).all() for spent_SE in spent.values()):
            same.append(key)
        elif budget > 0:
            tables = {label: at_budget(*from_nothing(spent[label], table), budget) for label, table in values.items()}
            aspects.append(aspect_of(f"{name} after {budget:,.0f} {unit}", tables, graded, key))
    return tuple(aspects), tuple(same)


def from_nothing(spent_SE: NDArray[np.float64], values_SEQ: Values) -> tuple[NDArray[np.float64], Values]:
    """Return costs and values that begin with nothing spent: by the first evaluation a policy may have probed."""
    return np.insert(spent_SE, 0, 0.0, axis=1), np.concatenate([values_SEQ[:, :1], values_SEQ], axis=1)


def aspect_of(name: str, tables: Tables, graded: bool, budget: str = "") -> Aspect:
    """Judge all pairs by values [seeds, questions]."""
    seed_means = {label: table.mean(axis=1) for label, table in tables.items()}
    return Aspect(
        name=name,
        budget=budget,
        means={label: estimate_of(table, graded=graded) for label, table in tables.items()},
        family=family_of(tables, name=name, graded=graded),
        improvements=tuple(paired_improvement(seed_means[a], seed_means[b]) for a, b in combinations(tables, 2)),
    )


def leading(aspect: Aspect) -> tuple[str, list[str]]:
    """Return the label with the highest mean, and those that it is not told apart from."""
    leader = max(aspect.means, key=lambda label: aspect.means[label].value)
    others = [
        (verdict.b if verdict.a == leader else verdict.a, verdict)
        for verdict in aspect.family.verdicts
        if leader in pair(verdict)
    ]
    return leader, [label for label, verdict in others if not verdict.tells]


def pair(verdict: Verdict) -> tuple[str, str]:
    """Return the labels of a verdict."""
    return verdict.a, verdict.b


def mastery(findings: Findings) -> dict[str, Values]:
    """Return values `[labels, seeds, evaluations, questions]` by category, those with most questions first."""
    categories = [question.category for question in findings.questions]
    order = sorted(set(categories), key=lambda category: (-categories.count(category), category))
    values_LSEQ = np.stack(list(findings.values.values()))
    return {
        category: values_LSEQ[..., [place for place, name in enumerate(categories) if name == category]]
        for category in order
    }


def equal_starts(findings: Findings) -> float:
    """Return the share of held-out answers before learning that are not the same under all labels."""
    starts_LSQ = np.stack([table[:, 0] for table in findings.values.values()])
    return float((starts_LSQ != starts_LSQ[0]).any(axis=0).mean())
