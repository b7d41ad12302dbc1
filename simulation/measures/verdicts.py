"""Which policies differ: a verdict on every pair of a family, from paired truths.

Truths hold a row a seed and a column a held-out question, the same seeds and questions in the same order under every
label. A pair is told apart where its p, adjusted by Holm over the family, is below .05 and its 95 % interval excludes
0; both come from the crossed analysis of variance (`measures.statistics.crossed`), so they speak of other seeds and
other questions. The exact sign-flip test over seeds stands beside it: it assumes less and says less. Truths may be
graded. Where no answer changed, the interval leaves room for what was not seen (`measures.statistics.unseen`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.core.errors import DataError
from simulation.measures.power import Showing, piloted, showing
from simulation.measures.statistics import (
    Tested,
    Variances,
    crossed_difference,
    holm,
    sign_flip,
)
from simulation.measures.statistics.crossed import differing

TARGET, CHANCE = 0.03, 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is known of one pair; differences are b - a in the measure's units, [-1, 1]."""

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
    variances: Variances
    """Of the paired differences, as far as they show them."""
    differing: int
    """The questions on which the two ever differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The verdicts on all pairs of labels at one measure."""

    measure: str
    seeds: int
    questions: int
    verdicts: tuple[Verdict, ...]
    target: float
    """The difference, in the measure's units, for which it can be said what would show it."""
    chance: float
    """The power at which it would be shown."""


def judge_pairs(
    truths: Mapping[str, ArrayLike],
    *,
    measure: str = "accuracy",
    graded: bool = False,
    target: float = TARGET,
    chance: float = CHANCE,
) -> Family:
    """Return the verdicts on all pairs of labels, in their order; `truths` are [seeds, questions] in [0, 1].

    A truth may be a mean over evaluations (`area_under_curve`) or interpolated at a budget (`at_budget`). `graded` says
    that a question's truth need not be right or wrong, as a gain or a share of conditions met. `target` and `chance`
    are for whoever says of a pair that is not told apart what would show such a difference.
    """
    tables = checked(truths)
    seeds, questions = next(iter(tables.values())).shape
    pairs = list(combinations(tables, 2))
    differences = [tables[b] - tables[a] for a, b in pairs]
    verdicts = tuple(
        verdict(pair, difference_SQ, decision)
        for pair, difference_SQ, decision in zip(pairs, differences, decide(differences, graded=graded), strict=True)
    )
    return Family(measure=measure, seeds=seeds, questions=questions, verdicts=verdicts, target=target, chance=chance)


class Decision(NamedTuple):
    """The test of one pair, its p adjusted over the family, and whether the pair is told apart."""

    test: Tested
    p: float
    tells: bool


def decide(differences: Sequence[NDArray[np.float64]], *, graded: bool = False) -> list[Decision]:
    """Test the paired differences [S, Q] of all pairs of a family, and decide which are told apart."""
    tests = [crossed_difference(difference_SQ, graded=graded) for difference_SQ in differences]
    adjusted = holm([test.p for test in tests])
    return [Decision(test, p, test.tells(p)) for test, p in zip(tests, adjusted, strict=True)]


def verdict(pair: tuple[str, str], difference_SQ: NDArray[np.float64], decision: Decision) -> Verdict:
    """Return the verdict on one pair."""
    test, p, tells = decision
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
        variances=piloted(difference_SQ),
        differing=differing(difference_SQ),
    )


def what_would_show(verdict: Verdict, family: Family) -> Showing | None:
    """Return what would show the family's target between this pair; None where power is not said (`power_unknown`)."""
    return showing(
        family.target,
        verdict.variances,
        family.seeds,
        family.questions,
        chance=family.chance,
        comparisons=len(family.verdicts),
    )


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
