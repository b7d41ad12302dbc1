"""Runs of which only shares were published, two at a time: what they tell unpaired, and what pairing would tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Generic, TypeVar

from simulation.measures.statistics import Tested, holm, mcnemar, unpaired_difference

LEVEL = 0.05
ROUNDING = 0.5e-4
"""Of what is published to four decimals."""
Key = TypeVar("Key", int, str)
"""The cutoff of a hit rate, or the name of a share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Generic[Key]):
    """One published run."""

    name: str
    tests: int
    rates: Mapping[Key, float]
    """The hit rate at each cutoff, or each share by name."""

    def hits(self, of: Key) -> int:
        """Return the whole number of hits nearest to the rate."""
        return round(self.rates[of] * self.tests)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared(Generic[Key]):
    """Two runs at one cutoff, or of one share; the difference is b - a."""

    a: str
    b: str
    of: Key
    difference: float
    low: float
    high: float
    p: float
    p_adjusted: float
    tells: bool
    paired_p_best: float
    """Had all hits of the worse been hits of the better."""
    paired_p_worst: float
    """Had no test been hit by both."""
    hits: tuple[int, int]


def compare(rows: Sequence[Row[Key]], of: Key) -> list[Compared[Key]]:
    """Return every pair of rows at one cutoff, or of one share, as one family."""
    pairs = list(combinations(rows, 2))
    tests = [unpaired_difference(a.hits(of), a.tests, b.hits(of), b.tests) for a, b in pairs]
    adjusted = holm([test.p for test in tests])
    return [compared(a, b, of, test, p) for (a, b), test, p in zip(pairs, tests, adjusted, strict=True)]


def compared(a: Row[Key], b: Row[Key], of: Key, test: Tested, p_adjusted: float) -> Compared[Key]:
    """Return one pair."""
    hits = a.hits(of), b.hits(of)
    best, worst = paired_bounds(min(hits), max(hits), a.tests)
    return Compared(
        a=a.name,
        b=b.name,
        of=of,
        difference=test.value,
        low=test.low,
        high=test.high,
        p=test.p,
        p_adjusted=p_adjusted,
        tells=test.tells(p_adjusted),
        paired_p_best=best,
        paired_p_worst=worst,
        hits=hits,
    )


@cache
def paired_bounds(first: int, second: int, tests: int) -> tuple[float, float]:
    """Return the least and the greatest McNemar's p of two counts of hits on the same tests."""
    shared_most, shared_least = min(first, second), max(0, first + second - tests)
    return mcnemar(first - shared_most, second - shared_most), mcnemar(first - shared_least, second - shared_least)


def most_discordant(first: int, second: int, tests: int) -> int | None:
    """Return how many tests may at most be hit by one alone for p < .05, None where it never is; p grows with them."""
    low, high = max(0, first + second - tests), min(first, second)
    if mcnemar(first - high, second - high) >= LEVEL:
        return None
    while low < high:  # the fewest tests hit by both with which p stays below the level
        middle = (low + high) // 2
        low, high = (low, middle) if mcnemar(first - middle, second - middle) < LEVEL else (middle + 1, high)
    return first + second - 2 * high


def fits(rate: float, tests: int, rounding: float = ROUNDING) -> bool:
    """Tell whether some whole number of hits among `tests` makes a rate, as it is rounded."""
    # the rounding of the nearest number of hits; a little slack for ties that round either way
    return abs(round(rate * tests) / tests - rate) <= rounding + 1e-9
