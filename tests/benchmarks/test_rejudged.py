"""Published tables are judged by tests that a count by hand confirms, and what cannot be is named."""

import json
from itertools import product
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest, norm  # type: ignore[import-untyped]

from benchmarks.rejudged import TABLE
from benchmarks.rejudged_generation import PUBLISHED, judged_graded, judged_share
from benchmarks.rejudged_pairs import Row, compare, fits, most_discordant, paired_bounds
from benchmarks.rejudged_tables import MINIONEREC, read_bigrec
from simulation.core.errors import DataError


def exact(first_alone: int, second_alone: int) -> float:
    """McNemar's exact p by the binomial distribution."""
    discordant = first_alone + second_alone
    return float(binomtest(first_alone, discordant).pvalue) if discordant else 1.0


@pytest.mark.parametrize(("first", "second", "tests"), [*product((0, 3, 11, 17), (2, 9, 18), (18, 40))])
def test_bounds_of_the_paired_p_are_those_of_all_overlaps(first: int, second: int, tests: int) -> None:
    overlaps = range(max(0, first + second - tests), min(first, second) + 1)
    every_p = {both: exact(first - both, second - both) for both in overlaps}
    assert paired_bounds(first, second, tests) == pytest.approx((min(every_p.values()), max(every_p.values())))
    telling = [first + second - 2 * both for both, p in every_p.items() if p < 0.05]
    assert most_discordant(first, second, tests) == max(telling, default=None)


def test_hits_fit_a_number_of_tests_where_their_share_rounds_to_the_rate() -> None:
    for tests in (100, 4583, 5000):
        shares = {round(hits / tests, 4) for hits in range(tests + 1)}
        for rate in (hundredth / 10_000 for hundredth in range(0, 1000, 7)):
            assert fits(rate, tests) == (round(rate, 4) in shares), (rate, tests)


@pytest.mark.parametrize("name", MINIONEREC)
def test_no_difference_of_minionerecs_runs_is_told_apart(name: str) -> None:
    rows = MINIONEREC[name]
    for cutoff in rows[0].rates:
        pairs = compare(rows, cutoff)
        assert len(pairs) == 6
        assert not any(pair.tells for pair in pairs)
        for pair in pairs:
            assert pair.p <= pair.p_adjusted
            assert pair.low < pair.difference < pair.high
            assert pair.paired_p_best <= pair.paired_p_worst


def test_a_large_difference_is_told_apart() -> None:
    rows = [Row(name=name, tests=5000, rates={10: rate}) for name, rate in (("a", 0.03), ("b", 0.05))]
    (pair,) = compare(rows, 10)
    assert pair.tells
    assert pair.difference == pytest.approx(0.02)
    assert pair.paired_p_worst < 0.05


def test_bigrecs_impossible_rows_are_named() -> None:
    if not TABLE.is_file():
        pytest.skip(f"the published table is not at {TABLE}")
    rows = read_bigrec(TABLE)
    assert len(rows) == 113
    misfits = [row for row in rows if row.misfits]
    assert [row.row.name.split(", ")[0] for row in misfits] == ["llama-7b"] * 6
    assert [row.row.name.split("epoch ")[1].split(",")[0] for row in misfits] == ["0", "6", "7", "8", "9", "10"]
    contradictions = [text for row in rows for text in row.contradictions]
    assert contradictions == ["HR@20 0.0042 is below HR@10 0.0310", "NDCG@5 0.0126 is below NDCG@3 0.0136"]
    grpo = [row.row for row in rows if row.grpo]
    assert len(grpo) == 30
    assert not any(pair.tells for pair in compare(grpo, 10))


@pytest.mark.parametrize("document", [{}, [], [{"section": "movie"}], "no JSON"])
def test_another_file_is_refused_in_a_sentence(tmp_path: Path, document: Any) -> None:
    path = tmp_path / "table.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    with pytest.raises(DataError, match="is not the published table"):
        read_bigrec(path)


def test_the_published_tables_of_gem_have_nineteen_rows_and_one_is_told_apart_for_certain() -> None:
    assert [sum(row.study == study for row in PUBLISHED) for study in ("IFEval", "GSM8K", "chat", "mathematics")] == [
        4, 3, 1, 5,
    ]  # fmt: skip
    shares = [judged_share(row) for row in PUBLISHED if row.share]
    graded = [judged_graded(row) for row in PUBLISHED if not row.share]
    assert (len(shares), len(graded)) == (12, 7)
    assert not any(pair["tells"] for row in shares for pair in row["pairs"])
    assert [(row["study"], row["name"]) for row in graded if any(pair["tells"] for pair in row["pairs"])] == [
        ("poems", "distinct-n")
    ]
    assert {row["name"]: row["fit_no_whole_number"] for row in shares if row["fit_no_whole_number"]} == {
        "instructions, loose": [0.545]  # 454 of 834 are 54.4 %, 455 are 54.6 %
    }
    (aime,) = [row for row in shares if row["name"] == "AIME24"]
    assert [pair["hits"] for pair in aime["pairs"]] == [(2, 3), (2, 3), (3, 3)]


def test_of_maths_five_hundred_no_rate_is_a_share() -> None:
    (row,) = [row for row in PUBLISHED if row.name == "MATH"]
    assert not any(fits(value, 500, 0.5e-3) for value in row.values)
    assert all(fits(value, 5000, 0.5e-3) for value in row.values)


def test_a_mean_is_told_apart_up_to_the_spread_that_is_named() -> None:
    (row,) = [row for row in PUBLISHED if row.name == "self-BLEU" and row.study == "poems"]
    (pair, *_) = judged_graded(row)["pairs"]
    for factor, tells in ((0.99, True), (1.01, False)):
        error = pair["sd_over_prompts_at_most"] * factor * sqrt(2 / row.tests)
        assert (2 * norm.sf(pair["difference"] / error) < 0.05) == tells
    assert pair["sd_of_paired_differences_at_most"] == pytest.approx(pair["sd_over_prompts_at_most"] * sqrt(2))


@pytest.mark.parametrize("seed", range(5))
def test_values_between_0_and_1_have_no_more_spread_than_the_worst_case(seed: int) -> None:
    values = np.random.default_rng(seed).beta(0.2, 0.3, 200)
    assert values.std() <= sqrt(values.mean() * (1 - values.mean()))
