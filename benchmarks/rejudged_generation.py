"""The published tables of GEM (Li et al. 2024, arXiv 2408.16673), judged from their numbers of tests.

Cross-entropy, GEM linear and GEM logsigmoid, one run each: Llama-3-8B on UltraFeedback, Qwen2.5-Math-7B on Numina.
Items were not published, so nothing pairs the runs. Of shares the unpaired test and its bounds are as elsewhere.
A mean in [0, 1] of graded values has at most the spread of a share of the same size, so the same test is the worst case
of it; beside it stands the standard deviation over prompts up to which two means are told apart, unpaired and paired.
Holm is taken over the three pairs of a row. Instructions of one prompt are counted as independent, and GSM8K's greedy
rows as if no unreadable answer had been left out: both favour telling apart.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt

from rich.console import Console

from benchmarks import record
from benchmarks.rejudged_pairs import LEVEL, Compared, Row, compare, fits, most_discordant
from simulation.measures.statistics.estimate import normal_quantile
from simulation.views.verdict_text import p_text

ARMS = ("cross-entropy", "linear", "logsigmoid")
ROUNDING = 0.5e-3
"""Published to a tenth of a percentage point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One row of a table: what was measured of the three arms."""

    study: str
    name: str
    tests: int
    values: tuple[float, float, float]
    """In the order of the arms."""
    share: bool = True
    """Whether it is the share of tests that were passed; else the mean of graded values."""
    bounded: bool = True
    """Whether the values lie in [0, 1]."""

    def rows(self) -> list[Row[str]]:
        """Return the arms as runs."""
        arms = zip(ARMS, self.values, strict=True)
        return [Row(name=arm, tests=self.tests, rates={self.name: value}) for arm, value in arms]


def percent(study: str, name: str, tests: int, *values: float, share: bool = True) -> Published:
    """Return a row that was published in per cent."""
    first, second, third = (value / 100 for value in values)
    return Published(study=study, name=name, tests=tests, values=(first, second, third), share=share)


PUBLISHED = (
    percent("IFEval", "prompts, strict", 541, 37.5, 38.6, 39.0),
    percent("IFEval", "instructions, strict", 834, 48.2, 49.0, 50.2),
    percent("IFEval", "prompts, loose", 541, 41.2, 42.3, 43.4),
    percent("IFEval", "instructions, loose", 834, 51.9, 52.3, 54.5),
    percent("GSM8K", "greedy", 1319, 47.2, 49.1, 48.0),
    percent("GSM8K", "majority of 32", 1319, 65.1, 66.1, 67.1),
    percent("GSM8K", "coverage of 32", 1319, 91.9, 93.3, 93.6),
    Published(
        study="chat", name="greatest reward of 8", tests=805, values=(2.24, 2.35, 2.32), share=False, bounded=False
    ),
    percent("poems", "distinct-n", 573, 44.4, 52.8, 51.5, share=False),
    percent("poems", "self-BLEU", 573, 65.1, 66.4, 66.6, share=False),
    percent("poems", "BERT", 573, 11.9, 13.2, 13.0, share=False),
    percent("stories", "distinct-n", 500, 48.1, 53.9, 52.6, share=False),
    percent("stories", "self-BLEU", 500, 75.9, 76.9, 77.3, share=False),
    percent("stories", "BERT", 500, 21.5, 23.7, 23.5, share=False),
    percent("mathematics", "GSM8K", 1319, 89.1, 90.0, 89.8),
    percent("mathematics", "MATH", 5000, 71.5, 71.7, 71.3),
    percent("mathematics", "OlympiadBench", 675, 37.0, 38.1, 37.6),
    percent("mathematics", "AMC23", 40, 45.0, 47.5, 52.5),
    percent("mathematics", "AIME24", 30, 6.7, 10.0, 10.0),
)
"""Numbers of tests: of the benchmarks as they are published; of prompts as the authors' scripts and data have them: 805
of AlpacaEval, 573 poems, the first 500 stories. Rates of MATH fit no whole number of its selection of 500."""


def rejudge_generation(console: Console) -> record.Result:
    """Compare the arms of every row, and print what is told apart."""
    shares, graded = [row for row in PUBLISHED if row.share], [row for row in PUBLISHED if not row.share]
    share_records = [judged_share(row) for row in shares]
    graded_records = [judged_graded(row) for row in graded]
    show_shares(console, share_records)
    show_graded(console, graded_records)
    return {
        "shares": share_records,
        "graded": graded_records,
        "rows": len(PUBLISHED),
        "shares_told_apart": sum(any(pair["tells"] for pair in row["pairs"]) for row in share_records),
        "graded_told_apart_at_any_spread": sum(any(pair["tells"] for pair in row["pairs"]) for row in graded_records),
    }


def judged_share(row: Published) -> record.Result:
    """Return the pairs of a row, whether its rates are shares of its tests, and what pairing would have needed."""
    return {
        "study": row.study,
        "name": row.name,
        "tests": row.tests,
        "values": row.values,
        "fit_no_whole_number": [value for value in row.values if not fits(value, row.tests, ROUNDING)],
        "pairs": [
            {**words_of(pair), "hits": pair.hits, "most_discordant": most_discordant(*pair.hits, row.tests)}
            for pair in compare(row.rows(), row.name)
        ],
    }


def judged_graded(row: Published) -> record.Result:
    """Return the pairs of a row of means: at the greatest spread that they can have, and the spread that would do."""
    z = normal_quantile(1 - LEVEL)
    pairs: Sequence[Compared[str] | None] = compare(row.rows(), row.name) if row.bounded else [None] * 3
    places = ((0, 1), (0, 2), (1, 2))
    records = []
    for (a, b), pair in zip(places, pairs, strict=True):
        difference = row.values[b] - row.values[a]
        records.append({
            "a": ARMS[a],
            "b": ARMS[b],
            "difference": difference,
            "p_at_the_greatest_spread": None if pair is None else pair.p,
            "p_adjusted": None if pair is None else pair.p_adjusted,
            "tells": pair is not None and pair.tells,
            "sd_over_prompts_at_most": abs(difference) * sqrt(row.tests / 2) / z,
            "sd_of_paired_differences_at_most": abs(difference) * sqrt(row.tests) / z,
        })  # fmt: skip
    greatest = max(sqrt(value * (1 - value)) for value in row.values) if row.bounded else None
    return {
        "study": row.study,
        "name": row.name,
        "tests": row.tests,
        "values": row.values,
        "greatest_sd": greatest,
        "pairs": records,
    }


def words_of(pair: Compared[str]) -> record.Result:
    """Return a pair's record without what its row says."""
    return {key: value for key, value in asdict(pair).items() if key != "of"}


def show_shares(console: Console, rows: Sequence[record.Result]) -> None:
    """Print the pairs with cross-entropy; the result holds the third."""
    shown = [
        [
            f"{row['study']}, {row['name']} ({row['tests']:,})",
            f"{pair['b']} - {pair['a']}",
            f"{pair['hits'][1] - pair['hits'][0]:+,}",
            f"{pair['difference']:+.3f} [{pair['low']:+.3f}, {pair['high']:+.3f}]",
            p_text(pair["p"]),
            p_text(pair["p_adjusted"]),
            "none" if pair["most_discordant"] is None else f"{pair['most_discordant']:,}",
        ]
        for row in rows
        for pair in row["pairs"]
        if pair["a"] == ARMS[0]
    ]
    columns = ("GEM, one run each (tests)", "", "tests", "difference, 95 %", "p", "Holm", "discordant, at most")
    console.print(record.table("GEM, shares of tests", columns, shown))
    for row in rows:
        for value in row["fit_no_whole_number"]:
            console.print(
                f"{row['study']}, {row['name']}: {value:.1%} is no share of {row['tests']:,}, as it is rounded"
            )


def show_graded(console: Console, rows: Sequence[record.Result]) -> None:
    """Print the means of the arms, p at the greatest spread, and the spreads that would do."""
    shown = [
        [
            f"{row['study']}, {row['name']} ({row['tests']:,})",
            f"{pair['b']} - {pair['a']}",
            f"{pair['difference']:+.3f}",
            "unknown" if pair["p_at_the_greatest_spread"] is None else p_text(pair["p_at_the_greatest_spread"]),
            "unbounded" if row["greatest_sd"] is None else f"{row['greatest_sd']:.2f}",
            f"{pair['sd_over_prompts_at_most']:.2f}",
            f"{pair['sd_of_paired_differences_at_most']:.2f}",
        ]
        for row in rows
        for pair in row["pairs"]
        if pair["a"] == ARMS[0]
    ]
    columns = ("GEM, means (prompts)", "", "difference", "p at worst", "greatest sd", "told if sd ≤", "paired, if sd ≤")
    console.print(record.table("GEM, graded", columns, shown))
