"""The table of recommenders rests on the definitions it states; counting gives on real data what it gave in trials."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.recommendation_data import CONTENDERS, Contender, Played, compared, play, self_taught
from benchmarks.recommendation_records import MOVIELENS, OFFICE, Record, chains, movielens, office, whole
from environments.logs.log import NONE, Windows
from simulation.core.errors import DataError
from simulation.core.kinds.next_items import NextItems
from tests.support.next_items import random_windows, small_catalogue

SHELF = small_catalogue()


def rows(*windows: tuple[int, list[int], int]) -> Windows:
    """Windows of users, histories and what was taken."""
    histories_WH = np.full((len(windows), 4), NONE, dtype=np.int32)
    for row, (_, history, _) in zip(histories_WH, windows, strict=True):
        row[4 - len(history) :] = history
    users_W = np.array([user for user, _, _ in windows], dtype=np.int32)
    return Windows(users_W, histories_WH, np.array([taken for _, _, taken in windows], dtype=np.int32))


def small() -> Record:
    learned = list(random_windows(1, len(SHELF.items), 60))
    pairs = [(tuple(history), taken) for history, taken in learned]
    return whole("small", SHELF, pairs, pairs[:30], {}, {})


def test_a_users_rows_become_one_chain_also_where_their_histories_are_cut() -> None:
    merged = chains(rows((0, [1, 2], 3), (1, [7], 8), (0, [1, 2, 3], 4), (0, [2, 3, 4], 5)))
    assert merged == [(1, 2, 3, 4, 5), (7, 8)]
    with pytest.raises(DataError, match="the rows of user 0 are no chain"):
        chains(rows((0, [1, 2], 3), (0, [1, 2], 4)))


def test_figures_are_those_of_ranks_and_a_shared_text_divides_its_hit() -> None:
    row = Played(
        name="by hand",
        rank_Q=np.array([1.0, 2.0, 0.0, 11.0]),
        sharers_Q=np.array([1.0, 2.0, 1.0, 1.0]),
        prefixes_LQ=np.array([[1.0, 1.0, 3.0, 2.0]]),
        no_item=0,
        seconds=0.0,
    )
    assert row.hits(1, divided=True).tolist() == [1.0, 0.0, 0.0, 0.0]
    assert row.hits(10, divided=True).tolist() == [1.0, 0.5, 0.0, 0.0]
    assert row.hits(50, divided=False).tolist() == [1.0, 1.0, 0.0, 1.0]
    assert row.gains(10, divided=False).tolist() == pytest.approx([1.0, 1 / np.log2(3), 0.0, 0.0])
    assert row.top_one_by_level() == [0.5, 0.25]


def test_every_recommender_is_played_and_compared_with_the_first_on_the_same_tests() -> None:
    recommenders = [one for one in CONTENDERS if one.name not in ("SASRec", "student from scratch")]
    brief = Contender(name="SASRec", recommend=self_taught("sasrec", passes=1, width=8))
    played = [play(one, small(), 0) for one in (*recommenders, brief)]
    figures = compared(played)
    assert [*figures] == [*(one.name for one in recommenders), "SASRec"]
    for row, numbers in zip(played, figures.values(), strict=True):
        assert numbers["item"]["hr@10"]["value"] == pytest.approx(row.hits(10, divided=True).mean())
        assert numbers["item"]["hr@10"]["low"] <= numbers["item"]["hr@10"]["value"] <= numbers["id"]["hr@10"]["value"]
        assert numbers["texts_that_are_no_item"] == 0
        assert len(numbers["top_1_up_to_level"]) == SHELF.depth
    assert "hr@10_minus_first" not in figures["window co-occurrence"]
    test = figures["popularity"]["hr@10_minus_first"]
    assert test["value"] == pytest.approx(
        figures["popularity"]["item"]["hr@10"]["value"] - figures["window co-occurrence"]["item"]["hr@10"]["value"]
    )


def test_office_is_what_it_was_and_co_occurrence_gives_what_it_gave() -> None:
    if not OFFICE.is_dir():
        pytest.skip(f"Office_Products is not at {OFFICE}")
    record = office(OFFICE)
    assert record.about == {
        "items": 3459, "texts": 3444, "lessons": 9851, "tests": 4866, "chains": 1795, "adjacent pairs": 9851,
    }  # fmt: skip
    figures = compared([play(one, record, 0) for one in CONTENDERS[:2]])
    window, symmetric = (row["id"] for row in figures.values())
    assert window["hr@10"]["value"] == pytest.approx(0.158, abs=0.003)
    assert window["hr@50"]["value"] == pytest.approx(0.229, abs=0.003)
    assert window["ndcg@10"]["value"] == pytest.approx(0.116, abs=0.003)
    assert symmetric["hr@10"]["value"] == pytest.approx(0.155, abs=0.003)
    assert figures["window co-occurrence"]["item"]["hr@10"]["value"] == pytest.approx(0.154, abs=0.003)


def test_counting_on_movielens_gives_what_it_gave_where_what_was_seen_is_left_out() -> None:
    if not (MOVIELENS / "ml-100k.inter").is_file():
        pytest.skip(f"MovieLens-100k is not at {MOVIELENS}; make build/ml-100k/ml-100k.inter fetches it")
    whole_record = movielens(MOVIELENS)
    record = replace(whole_record, tests=whole_record.tests[::4])
    for name, expected in (("popularity", 0.063), ("window co-occurrence", 0.194)):
        (recommender,) = (one for one in CONTENDERS if one.name == name)
        assert play(recommender, record, 0).hits(10, divided=False).mean() == pytest.approx(expected, abs=0.01)
    for question in record.tests[::25]:
        assert isinstance(question.form, NextItems)
        assert question.key.reference not in question.form.history
