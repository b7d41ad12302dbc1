"""Claim: of one run each on 4,533 to 5,000 tests, few published differences of recommenders can be told apart.

Nobody published which tests were hit, so nothing pairs the runs. The unpaired test (score intervals, pooled p) is what
the tables support. Had the runs been paired, McNemar's p would lie between two bounds: where every hit of the worse is
a hit of the better (only the difference is discordant, the best case), and where no test is hit by both. How many tests
may at most be discordant for p < .05 says what pairing would have needed. Holm is taken over the pairs of one data set
at one measure. A run says nothing of other seeds. BIGRec's 113 rows fit 5,000 tests but for those that are named.
"""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import combinations
from math import sqrt
from pathlib import Path

from rich.console import Console

from benchmarks import record
from benchmarks.published_table import existing
from benchmarks.rejudged_tables import BIGREC_TESTS, MINIONEREC, BigrecRow, Row, read_bigrec
from simulation.measures.statistics import Tested, holm, mcnemar, unpaired_difference
from simulation.views.verdict_text import p_text

TABLE = record.ROOT.parent / "shared" / "data" / "published" / "bigrec_results_table.json"
LEVEL = 0.05
SHOWN = (1, 10, 50)
"""The cutoffs that are printed; the result holds all that were published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two runs at one cutoff; the difference is b - a."""

    a: str
    b: str
    cutoff: int
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


def compare(rows: Sequence[Row], cutoff: int) -> list[Compared]:
    """Return every pair of rows at one cutoff, as one family."""
    pairs = list(combinations(rows, 2))
    tests = [unpaired_difference(a.hits(cutoff), a.tests, b.hits(cutoff), b.tests) for a, b in pairs]
    adjusted = holm([test.p for test in tests])
    return [compared(a, b, cutoff, test, p) for (a, b), test, p in zip(pairs, tests, adjusted, strict=True)]


def compared(a: Row, b: Row, cutoff: int, test: Tested, p_adjusted: float) -> Compared:
    """Return one pair."""
    hits = a.hits(cutoff), b.hits(cutoff)
    best, worst = paired_bounds(min(hits), max(hits), a.tests)
    return Compared(
        a=a.name,
        b=b.name,
        cutoff=cutoff,
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


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Judge both studies."""
    minionerec = {name: rejudge_minionerec(name, rows, console) for name, rows in MINIONEREC.items()}
    return {"minionerec": minionerec, "bigrec": rejudge_bigrec(read_bigrec(arguments.table), console)}


def rejudge_minionerec(name: str, rows: Sequence[Row], console: Console) -> record.Result:
    """Compare the runs of one data set at every cutoff, and print those against SFT."""
    pairs = [pair for cutoff in rows[0].rates for pair in compare(rows, cutoff)]
    discordant = [most_discordant(*pair.hits, rows[0].tests) for pair in pairs]
    shown = [
        [
            f"{pair.b} - {pair.a}",
            f"HR@{pair.cutoff}",
            f"{pair.difference:+.4f} [{pair.low:+.4f}, {pair.high:+.4f}]",
            p_text(pair.p),
            p_text(pair.p_adjusted),
            f"{p_text(pair.paired_p_best)} to {p_text(pair.paired_p_worst)}",
            "none" if most is None else f"{most:,}",
        ]
        for pair, most in zip(pairs, discordant, strict=True)
        if pair.a == rows[0].name and pair.cutoff in SHOWN
    ]
    columns = ("one run each", "", "difference, 95 %", "p", "Holm", "p had they been paired", "discordant, at most")
    console.print(record.table(f"MiniOneRec, {name}, {rows[0].tests:,} tests", columns, shown))
    return {
        "tests": rows[0].tests,
        "pairs": [{**asdict(pair), "most_discordant": most} for pair, most in zip(pairs, discordant, strict=True)],
        "told_apart": sum(pair.tells for pair in pairs),
        "told_apart_without_holm": sum(pair.p < LEVEL for pair in pairs),
        "told_apart_if_paired_at_best": sum(pair.paired_p_best < LEVEL for pair in pairs),
        "told_apart_if_paired_at_worst": sum(pair.paired_p_worst < LEVEL for pair in pairs),
    }


def rejudge_bigrec(rows: Sequence[BigrecRow], console: Console) -> record.Result:
    """Name the rows that cannot be, and compare the others, all games, at three cutoffs."""
    misfits = [row for row in rows if row.misfits]
    contradictory = [row for row in rows if row.contradictions]
    sound = [row for row in rows if row.games and not row.misfits and not row.contradictions]
    named_misfits = {row.row.name: misfit(row) for row in misfits}
    named_contradictions = {row.row.name: row.contradictions for row in contradictory}
    console.print(f"BIGRec: {len(rows)} rows, of which {len(misfits)} fit no whole numbers of hits among 5,000 tests:")
    for name, words in named_misfits.items():
        console.print(f"  {name}: {words['words']}")
    console.print("and " + "; ".join(f"{name}: {', '.join(texts)}" for name, texts in named_contradictions.items()))
    families = {
        "all games": [row.row for row in sound],
        "Qwen2.5-0.5B, SFT and GRPO": [row.row for row in sound if "Qwen2.5-0.5B" in row.row.name],
        "GRPO alone": [row.row for row in sound if row.grpo],
    }
    pairs = {name: {cutoff: compare(family, cutoff) for cutoff in SHOWN} for name, family in families.items()}
    counts = {name: {cutoff: counted(row) for cutoff, row in by_cutoff.items()} for name, by_cutoff in pairs.items()}
    shown = [
        [f"{name} ({len(families[name])})", f"HR@{cutoff}", *(f"{count:,}" for count in row.values())]
        for name, by_cutoff in counts.items()
        for cutoff, row in by_cutoff.items()
    ]
    columns = ("rows", "", "pairs", "p < .05", "after Holm", "paired at best, Holm", "paired at worst, Holm")
    console.print(record.table("BIGRec, pairs told apart, 5,000 tests, one run each", columns, shown))
    return {
        "rows": len(rows),
        "standard_errors": {row.row.name: errors(row.row) for row in rows},
        "fit_no_whole_number_of_hits": named_misfits,
        "contradictions": named_contradictions,
        "compared": {name: [row.name for row in family] for name, family in families.items()},
        "counts": counts,
        "told_apart_by_hr@10": {name: names_told_apart(by_cutoff[10]) for name, by_cutoff in pairs.items()},
    }


def counted(pairs: Sequence[Compared]) -> dict[str, int]:
    """Return how many pairs are told apart."""
    return {
        "pairs": len(pairs),
        "without Holm": sum(pair.p < LEVEL for pair in pairs),
        "after Holm": sum(pair.tells for pair in pairs),
        "if paired at best, after Holm": sum(p < LEVEL for p in holm([pair.paired_p_best for pair in pairs])),
        "if paired at worst, after Holm": sum(p < LEVEL for p in holm([pair.paired_p_worst for pair in pairs])),
    }


def names_told_apart(pairs: Sequence[Compared]) -> list[str]:
    """Return the pairs that are told apart after Holm, the better one first."""
    telling = [pair for pair in pairs if pair.tells]
    return [f"{pair.b} > {pair.a}" if pair.difference > 0 else f"{pair.a} > {pair.b}" for pair in telling]


def errors(row: Row) -> dict[str, float]:
    """Return the standard error of each hit rate, as of independent tests."""
    return {f"HR@{cutoff}": sqrt(rate * (1 - rate) / row.tests) for cutoff, rate in row.rates.items()}


def misfit(row: BigrecRow) -> record.Result:
    """Say what of a row fits no whole number of hits, and how many tests it would fit."""
    tests, cutoffs = row.possible_tests, ", ".join(f"HR@{cutoff}" for cutoff in row.misfits)
    fitting = f"{len(tests)} numbers of tests from {min(tests):,} to {max(tests):,} fit" if tests else "none fits"
    return {
        "cutoffs": row.misfits,
        "possible_tests": tests,
        "words": f"{cutoffs} of {BIGREC_TESTS:,}; of 4,000 to 5,000 tests, {fitting}",
    }


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("table", nargs="?", type=existing, default=Path(TABLE), help="bigrec_results_table.json")
    record.run("rejudged", parser, measure)
