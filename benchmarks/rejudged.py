"""Claim: of one run each on 30 to 5,000 tests, few published differences of recommenders and of GEM can be told apart.

Nobody published which tests were hit, so nothing pairs the runs. The unpaired test (score intervals, pooled p) is what
the tables support. Had the runs been paired, McNemar's p would lie between two bounds: where every hit of the worse is
a hit of the better (only the difference is discordant, the best case), and where no test is hit by both. How many tests
may at most be discordant for p < .05 says what pairing would have needed. Holm is taken over the pairs of one data set
at one measure. A run says nothing of other seeds. BIGRec's 113 rows fit 5,000 tests but for those that are named.
GEM's tables are judged in `rejudged_generation`.
"""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from math import sqrt

from rich.console import Console

from benchmarks import record
from benchmarks.rejudged_generation import rejudge_generation
from benchmarks.rejudged_pairs import LEVEL, Compared, Row, compare, most_discordant
from benchmarks.rejudged_tables import BIGREC_TESTS, MINIONEREC, BigrecRow, read_bigrec
from simulation.measures.statistics import holm
from simulation.views.verdict_text import p_text

WHAT = "bigrec_results_table.json, the hit rates and gains that BIGRec's authors reported"
TABLE = record.ROOT.parent / "shared" / "data" / "published" / "bigrec_results_table.json"
SHOWN = (1, 10, 50)
"""The cutoffs that are printed; the result holds all that were published."""


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Judge the three studies."""
    minionerec = {name: rejudge_minionerec(name, rows, console) for name, rows in MINIONEREC.items()}
    bigrec = rejudge_bigrec(read_bigrec(arguments.table), console)
    return {"minionerec": minionerec, "bigrec": bigrec, "gem": rejudge_generation(console)}


def rejudge_minionerec(name: str, rows: Sequence[Row[int]], console: Console) -> record.Result:
    """Compare the runs of one data set at every cutoff, and print those against SFT."""
    pairs = [pair for cutoff in rows[0].rates for pair in compare(rows, cutoff)]
    discordant = [most_discordant(*pair.hits, rows[0].tests) for pair in pairs]
    shown = [
        [
            f"{pair.b} - {pair.a}",
            f"HR@{pair.of}",
            f"{pair.difference:+.4f} [{pair.low:+.4f}, {pair.high:+.4f}]",
            p_text(pair.p),
            p_text(pair.p_adjusted),
            f"{p_text(pair.paired_p_best)} to {p_text(pair.paired_p_worst)}",
            "none" if most is None else f"{most:,}",
        ]
        for pair, most in zip(pairs, discordant, strict=True)
        if pair.a == rows[0].name and pair.of in SHOWN
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


def counted(pairs: Sequence[Compared[int]]) -> dict[str, int]:
    """Return how many pairs are told apart."""
    return {
        "pairs": len(pairs),
        "without Holm": sum(pair.p < LEVEL for pair in pairs),
        "after Holm": sum(pair.tells for pair in pairs),
        "if paired at best, after Holm": sum(p < LEVEL for p in holm([pair.paired_p_best for pair in pairs])),
        "if paired at worst, after Holm": sum(p < LEVEL for p in holm([pair.paired_p_worst for pair in pairs])),
    }


def names_told_apart(pairs: Sequence[Compared[int]]) -> list[str]:
    """Return the pairs that are told apart after Holm, the better one first."""
    telling = [pair for pair in pairs if pair.tells]
    return [f"{pair.b} > {pair.a}" if pair.difference > 0 else f"{pair.a} > {pair.b}" for pair in telling]


def errors(row: Row[int]) -> dict[str, float]:
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
    parser.add_argument("table", nargs="?", type=record.lying(WHAT), default=str(TABLE), help=WHAT)
    record.run("rejudged", parser, measure)
