"""Which policies differ: a verdict in plain words on every pair of a family, from paired truths.

Truths hold a row a seed and a column a held-out question, the same seeds and questions in the same order under every
label. A pair is told apart where its p, adjusted by Holm over the family, is below .05 and its 95 % interval excludes
0; both come from the crossed analysis of variance (`measures.statistics.crossed`), so they speak of other seeds and
other questions. The exact sign-flip test over seeds stands beside it: it assumes less and says less.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.core.errors import DataError
from simulation.measures.statistics import (
    Tested,
    area_under_curve,
    at_budget,
    common_budget,
    crossed_difference,
    holm,
    sign_flip,
)
from simulation.measures.verdict_text import Goal, better_text, family_warnings, sparse_pairs, undecided_text

TARGET = 0.03
"""The difference, in accuracy units, for which a verdict says what would show it."""
CHANCE = 0.8
"""The power at which it would be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is known of one pair; differences are b - a in accuracy units, [-1, 1]."""

    a: str
    b: str
    difference: float
    low: float
    """End of the 95 % interval for this pair alone, like `high`."""
    high: float
    p: float
    """Adjusted by Holm over the family."""
    p_unadjusted: float
    sign_flip_p: float
    """Exact, over the seeds alone, unadjusted."""
    tells: bool
    """Whether the pair is told apart."""
    text: str
    """The verdict in points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The verdicts on all pairs of labels at one measure."""

    measure: str
    seeds: int
    questions: int
    verdicts: tuple[Verdict, ...]
    warnings: tuple[str, ...]
    """What the reader must know before believing any of them."""


def judge_pairs(
    truths: Mapping[str, ArrayLike], *, measure: str = "accuracy", target: float = TARGET, chance: float = CHANCE
) -> Family:
    """Return the verdicts on all pairs of labels, in their order; `truths` are [seeds, questions] in [0, 1].

    A truth may be a mean over evaluations (`area_under_curve`) or interpolated at a budget (`at_budget`). Where a pair
    is not told apart, the verdict says what would show `target` accuracy with this chance.
    """
    tables = checked(truths)
    seeds, questions = next(iter(tables.values())).shape
    pairs = list(combinations(tables, 2))
    goal = Goal(target, chance, len(pairs))
    differences = [tables[b] - tables[a] for a, b in pairs]
    verdicts = [
        verdict(pair, difference_SQ, decision, goal)
        for pair, difference_SQ, decision in zip(pairs, differences, decide(differences), strict=True)
    ]
    warnings = family_warnings(seeds, questions, len(pairs)) + sparse_pairs(pairs, differences)
    return Family(measure=measure, seeds=seeds, questions=questions, verdicts=tuple(verdicts), warnings=tuple(warnings))


class Decision(NamedTuple):
    """The test of one pair, its p adjusted over the family, and whether the pair is told apart."""

    test: Tested
    p: float
    tells: bool


def decide(differences: Sequence[NDArray[np.float64]]) -> list[Decision]:
    """Test the paired differences [S, Q] of all pairs of a family, and decide which are told apart."""
    tests = [crossed_difference(difference_SQ) for difference_SQ in differences]
    adjusted = holm([test.p for test in tests])
    return [Decision(test, p, test.tells(p)) for test, p in zip(tests, adjusted, strict=True)]


def verdict(pair: tuple[str, str], difference_SQ: NDArray[np.float64], decision: Decision, goal: Goal) -> Verdict:
    """Return the verdict on one pair in words."""
    test, p, tells = decision
    if tells:
        text = better_text(*pair, test, p, len(difference_SQ), goal.pairs)
    else:
        text = undecided_text(*pair, test, p, difference_SQ, goal)
    return Verdict(
        a=pair[0],
        b=pair[1],
        difference=test.value,
        low=test.low,
        high=test.high,
        p=p,
        p_unadjusted=test.p,
        sign_flip_p=sign_flip(difference_SQ.mean(axis=1)),
        tells=tells,
        text=text,
    )


def judge_curves(
    turns: Sequence[float],
    truths: Mapping[str, ArrayLike],
    *,
    spent: Mapping[str, ArrayLike] | None = None,
    unit: str = "training pairs",
    target: float = TARGET,
    chance: float = CHANCE,
) -> list[Family]:
    """Return a family each for the last evaluation, the area under the learning curve and, with `spent`, equal budgets.

    `truths` are [seeds, evaluations, questions] at increasing turns, `spent` cumulative costs [seeds, evaluations] in
    `unit`. Holm runs within each family: name the measure that counts before looking.
    """
    curves = {label: np.asarray(values, dtype=np.float64) for label, values in truths.items()}
    for label, curve in curves.items():
        if curve.ndim != 3 or curve.shape[1] != len(turns):
            raise DataError(
                f"learning curves of {label!r}: expected [seeds, {len(turns)} evaluations, questions], "
                f"got shape {curve.shape}; give the truth of every held-out answer at every evaluation"
            )
    measures = {
        f"accuracy at turn {turns[-1]:g}": {label: curve[:, -1] for label, curve in curves.items()},
        "mean accuracy over the turns": {
            label: area_under_curve(turns, curve, axis=1) for label, curve in curves.items()
        },
    }
    if spent is not None:
        budget = common_budget(*(spent[label] for label in curves))
        measures[f"accuracy after {budget:,g} {unit}"] = {
            label: at_budget(spent[label], curve, budget) for label, curve in curves.items()
        }
    return [judge_pairs(tables, measure=name, target=target, chance=chance) for name, tables in measures.items()]


def checked(truths: Mapping[str, ArrayLike]) -> dict[str, NDArray[np.float64]]:
    """Return the truths as tables of one shape, or say which label does not fit."""
    if len(truths) < 2:
        raise DataError(f"a comparison needs two labels or more, got {sorted(truths)}")
    tables: dict[str, NDArray[np.float64]] = {}
    for label, values in truths.items():
        try:
            table = np.asarray(values, dtype=np.float64)
        except ValueError as error:
            raise DataError(
                f"truths of {label!r}: the seeds answered unequal numbers of questions; "
                "evaluate every seed on the same held-out questions"
            ) from error
        if table.ndim != 2 or len(table) < 1 or table.shape[1] < 2:
            raise DataError(
                f"truths of {label!r}: expected [seeds, questions] with two questions or more, got shape {table.shape}"
            )
        if not ((table >= 0) & (table <= 1)).all():
            raise DataError(f"truths of {label!r} must lie in 0 to 1, got {table.min():g} to {table.max():g}")
        tables[label] = table
    first, *others = tables
    for label in others:
        if tables[label].shape != tables[first].shape:
            raise DataError(
                f"{label!r} has {_size(tables[label])}, {first!r} {_size(tables[first])}; "
                "pairing needs the same seeds and the same held-out questions under every label"
            )
    return tables


def _size(table: NDArray[np.float64]) -> str:
    return f"{table.shape[0]} seeds x {table.shape[1]} questions"
